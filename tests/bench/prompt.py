"""What a prompt's section costs where a visitor's memory is full, with the SQL and after it."""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from homa_bridge import create_app
from homa_bridge.application import KEY, Services
from homa_bridge.config import load_settings
from homa_bridge.context.compressor import Message, compress
from homa_bridge.persona.service import recognise

from ..o200k import tokens
from ..servers import MariaDB
from ..unit.dialogue_scoring import OWN, load, messages_of
from .service import create_tables

FIELDS, MESSAGES, CALLS = 200, 1_000, 100
IN_MEMORY, IN_FIELD = "user_1", "user_2"
PLACES = {"chat memory": IN_MEMORY, "chat_messages, each twice": IN_FIELD}


def run(_folder: Path, _seconds: int, rounds: int, _only: str) -> None:
    """Print the milliseconds of a section, by where the conversation lies."""
    server = MariaDB()
    try:
        url = server.create_database("bench")
        create_tables(url)
        _fill(server, conversation())
        app = create_app(load_settings({"HOMA_DATABASE_URL": url}))
        services: Services = app.extensions[KEY]
        try:
            print(
                f"A section of the prompt: {FIELDS} fields, {MESSAGES:,} messages and their summary; "
                f"{rounds * CALLS} calls in one process, MariaDB over its socket\n"
            )
            print("| messages in | p50 ms | p99 ms | after the SQL, p50 ms | p99 ms | o200k tokens | left out |")
            print("|---|---:|---:|---:|---:|---:|---|")
            for place, token in PLACES.items():
                print(_row(services, place, token, rounds))
        finally:
            services.database.close()
        print()
    finally:
        server.remove()


def conversation() -> list[Message]:
    """Return as many messages as one visitor may store."""
    said = [message for path in OWN for dialogue in load(path) for message in messages_of(dialogue)]
    return [said[number % len(said)] for number in range(MESSAGES)]


def _fill(server: MariaDB, said: Sequence[Message]) -> None:
    """Give two visitors the same memory, with the conversation in one place or the other."""
    summary = compress(said[-50:])
    twice = [
        {"role": message.role, "content": message.content, "timestamp": number}
        for number, message in enumerate(said)
        for _ in range(2)
    ]
    fields = [
        (f"field_{number}", json.dumps(said[number].content[:80], ensure_ascii=False)) for number in range(FIELDS)
    ]
    with server.connect("bench") as connection, connection.cursor() as cursor:
        for token in PLACES.values():
            cursor.executemany(
                "INSERT INTO wp_homa_vault (session_token, context_key, context_value) VALUES (%s, %s, %s)",
                [(token, *field) for field in fields],
            )
            cursor.execute(
                "INSERT INTO wp_homa_sessions (session_token, form_snapshot, chat_summary, expires_at) "
                "VALUES (%s, '{}', %s, NOW() + INTERVAL 48 HOUR)",
                (token, summary),
            )
            cursor.executemany(
                "INSERT INTO wp_homa_user_interests (user_id_or_token, category_slug, interest_score) "
                "VALUES (%s, %s, 9)",
                [(token, slug) for slug in ("book-printing", "cover-design", "packaging", "novel", "cards")],
            )
        cursor.execute(
            "INSERT INTO wp_homa_vault (session_token, context_key, context_value) VALUES (%s, 'chat_messages', %s)",
            (IN_FIELD, json.dumps(twice, ensure_ascii=False)),
        )
        cursor.executemany(
            "INSERT INTO wp_homaye_chat_memory (session_id, user_identifier, message_type, message_content) "
            "VALUES (%s, %s, %s, %s)",
            [(IN_MEMORY, IN_MEMORY, message.role, message.content) for message in said],
        )


def _row(services: Services, place: str, token: str, rounds: int) -> str:
    prompts = services.prompts
    memory = prompts.recall(token)
    built = prompts.fenced(memory, recognise(memory))
    whole = _spent(lambda: services.facade.know(token, None), rounds)
    after = _spent(lambda: prompts.fenced(memory, recognise(memory)), rounds)
    left_out = ", ".join(f"{kind} {number}" for kind, number in built["left_out"].items())
    return f"| {place} | {whole} | {after} | {tokens(built['section']):,} | {left_out} |"


def _spent(call: Callable[[], object], rounds: int) -> str:
    """Return the median and the 99th percentile of a call's milliseconds as cells."""
    call()
    spent = []
    for _ in range(max(1, rounds) * CALLS):
        start = time.perf_counter()
        call()
        spent.append((time.perf_counter() - start) * 1e3)
    return f"{statistics.median(spent):.2f} | {statistics.quantiles(spent, n=100)[98]:.2f}"
