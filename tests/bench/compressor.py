"""What summaries of sales conversations keep and cost, beside two simple ways to shorten a conversation."""

import re
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path

from homa_bridge.context.compressor import Message, compress
from homa_bridge.context.metrics import KEYWORDS
from homa_bridge.context.remembering import Remembered
from homa_bridge.context.running import RunningSummary
from homa_bridge.context.vocabulary import load as vocabulary

from ..o200k import tokens
from ..unit.dialogue_scoring import OWN, Dialogue, Score, load, messages_of, score

SHARED = Path(__file__).parents[3] / "shared" / "data" / "dialogues_dev.json"
MOST_TOKENS, MOST_FACTS, MOST_CHARACTERS = 500, 10, 2_000
LENGTHS = (50, 100, 200, 400)  # messages
RUNNING = 1_000  # messages
LONG = 2_000  # tokens: from here on a summary must be five times shorter
UNITS = "صفحه|نسخه|عدد|تا|جلد|برگ|گرم|سانت|تومان|تومن|روز|pages|copies|pieces|gsm|cm"

_COUNTED = re.compile(rf"[0-9۰-۹][0-9۰-۹,٬.]*\s*(?:{UNITS})\b")

Messages = Sequence[Message]


def last_messages(messages: Messages) -> str:
    """Return the last messages that fit the tokens of a summary."""
    kept: list[str] = []
    for message in reversed(messages):
        if tokens("\n".join([message.content, *kept])) > MOST_TOKENS:
            break
        kept.insert(0, message.content)
    return "\n".join(kept)


def first_facts(messages: Messages) -> str:
    """Return the first numbers with a unit and the first keywords with the word after them, each once."""
    facts: dict[str, None] = {}
    for message in messages:
        if message.role == "user":
            facts.update(dict.fromkeys(_COUNTED.findall(message.content)))
            for keyword in KEYWORDS:
                facts.update(dict.fromkeys(re.findall(rf"\b{keyword}\b(?:\s+\w+)?", message.content)))
    return "، ".join(list(facts)[:MOST_FACTS])[:MOST_CHARACTERS]


WAYS: dict[str, Callable[[Messages], str]] = {
    "summary": compress,
    "last messages": last_messages,
    "ten facts": first_facts,
}


def run(_folder: Path, _seconds: int, rounds: int, only: str) -> None:
    """Print what each dialogue's summary keeps, then what all of them do, then the time."""
    everything: list[Dialogue] = []
    for path in [*OWN, *([SHARED] if SHARED.exists() else [])]:
        dialogues = [dialogue for dialogue in load(path) if only in dialogue["id"]]
        if dialogues:
            _print_set(path.stem, dialogues)
            everything += dialogues
    if everything:
        messages = [message for dialogue in everything for message in messages_of(dialogue)]
        _print_time(messages, rounds)
        _print_running(messages, rounds)


def _print_set(name: str, dialogues: Sequence[Dialogue]) -> None:
    print(f"{name}: recalled facts, violated must-nots, and tokens saved, by what stands for the conversation\n")
    print("| dialogue | tokens |" + "".join(f" {way} | v | saved |" for way in WAYS))
    print("|---|---:|" + "---:|" * 3 * len(WAYS))
    scores: dict[str, list[Score]] = {way: [] for way in WAYS}
    saved: dict[str, list[float]] = {way: [] for way in WAYS}
    long: dict[str, list[float]] = {way: [] for way in WAYS}
    for dialogue in dialogues:
        messages = messages_of(dialogue)
        full = tokens("\n".join(message.content for message in messages))
        row = f"| {dialogue['id']} | {full:,} |"
        for way, shorten in WAYS.items():
            text = shorten(messages)
            result, share = score(dialogue, text), 1 - tokens(text) / full
            scores[way].append(result)
            saved[way].append(share)
            if full > LONG:
                long[way].append(share)
            row += f" {result.facts - len(result.missed)}/{result.facts} | {len(result.violated)} | {share:.2f} |"
        print(row)
    print("| all | |" + "".join(_overall(scores[way], saved[way]) for way in WAYS))
    for way, shares in long.items():
        if shares:
            print(f"\n{way}: at least {min(shares):.3f} saved of each dialogue over {LONG:,} tokens")
    print()


def _overall(scores: Sequence[Score], saved: Sequence[float]) -> str:
    facts, rules = sum(each.facts for each in scores), sum(each.rules for each in scores)
    recalled = facts - sum(len(each.missed) for each in scores)
    violated = sum(len(each.violated) for each in scores)
    return f" {recalled / max(1, facts):.3f} | {violated}/{rules} | {statistics.mean(saved):.2f} |"


def _print_time(messages: Messages, rounds: int) -> None:
    """Print the medians over stretches of the dialogues, none of which holds a message twice, and of one message more.

    What people say in one dialogue they say in others: each length runs over all stretches as often as ``rounds`` says.
    A conversation is sent whole with each message, so most of it was read before; the words are known in any case.
    """
    distinct = list(dict.fromkeys(messages))
    print(f"{len(distinct):,} distinct messages; p50 of the processor's time, and by the clock\n")
    print("| messages | never read before, ms | by the clock | read before, ms | by the clock |")
    print("|---:|---:|---:|---:|---:|")
    for length in LENGTHS:
        stretches = [distinct[start : start + length] for start in range(0, max(1, len(distinct) - length + 1), length)]
        fresh, known = [], []
        for stretch in stretches * max(1, rounds):
            vocabulary().remembered = Remembered()
            fresh.append(_seconds(compress, stretch))
            compress(stretch)
            known.append(_seconds(compress, stretch))
        columns = (*zip(*fresh, strict=True), *zip(*known, strict=True))
        print(f"| {length} |" + "".join(f" {statistics.median(column) * 1e3:.2f} |" for column in columns))
    print()


def _print_running(messages: Messages, rounds: int) -> None:
    """Print what one more message costs after so many, heard from a state and heard with all that was said before."""
    told = list(islice(cycle(messages), RUNNING))
    state = RunningSummary().hear(*told).to_state()
    ways: dict[str, Callable[[], str]] = {
        "from its state, and put away again": lambda: _goes_on(state, messages[0]),
        "with all messages": lambda: compress([*told, messages[0]]),
    }
    print(f"| one message after {RUNNING:,} | p50 ms |\n|---|---:|")
    for way, run_once in ways.items():
        middle = statistics.median(_seconds(run_once)[0] for _ in range(max(1, rounds) * 5))
        print(f"| {way} | {middle * 1e3:.2f} |")
    print(f"\nthe state: {len(state.encode()):,} bytes\n")


def _goes_on(state: str, message: Message) -> str:
    summary = RunningSummary.from_state(state)
    assert summary is not None
    summary.hear(message).to_state()
    return summary.text()


def _seconds(work: Callable[..., object], *arguments: object) -> tuple[float, float]:
    """Return the processor's time that ``work`` takes, which neighbours disturb less, and the time by the clock."""
    begin, processor = time.perf_counter(), time.process_time()
    work(*arguments)
    return time.process_time() - processor, time.perf_counter() - begin
