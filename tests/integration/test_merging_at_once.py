"""Guests become users while others write: nothing is lost, doubled or left behind, and nobody fails."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from ..api.wire import API, CHAT, PAGE, RESTORE, SYNC, TRACK, rows_under
from ..conftest import services_of
from ..signed import SECRET, signed

USER = "user_7"


@pytest.fixture
def threads(database_url: str) -> int:
    return 6 if database_url.startswith("sqlite") else 24


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str, threads: int) -> Flask:
    return make_app(database_url, HOMA_SHARED_SECRET=SECRET, HOMA_THREADS=str(threads))


def guest(number: int) -> str:
    return f"guest_{number:032x}"


def ask(app: Flask, method: str, path: str, body: object = None, **visitor: Any) -> int:
    client = app.test_client(use_cookies=False)
    return signed(client, method, path, body, **visitor).status_code


def at_once(count: int, act: Callable[[int], list[int]]) -> Counter[int]:
    """Let some threads act, all starting together; count the statuses."""
    start = Barrier(count)

    def begin(number: int) -> list[int]:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return Counter(status for statuses in pool.map(begin, range(count)) for status in statuses)


def fill(app: Flask, token: str, number: int) -> None:
    """Store fields, some of them every guest's, a snapshot, interests and messages."""
    for body in ({"field": "same", "value": number}, {"field": f"own{number}", "value": number, "page_url": PAGE}):
        assert ask(app, "POST", API + SYNC, body, guest=token) == 200
    for category in ("book", f"own{number}"):
        assert ask(app, "POST", API + TRACK, {"category": category, "score": 2}, guest=token) == 200
    message = {"message_type": "user", "message_content": str(number)}
    assert ask(app, "POST", API + CHAT, message, guest=token) == 200
    score = {"persona": "author", "score": 3}
    assert ask(app, "POST", "/internal/persona-score", score, guest=token) == 200


def memory(app: Flask) -> Any:
    client = app.test_client(use_cookies=False)
    return signed(client, "GET", "/internal/memory?interests=100&messages=0", user="7").get_json()


def scores(app: Flask) -> list[Any]:
    with services_of(app).database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT user_identifier, score FROM wp_homaye_persona_scores")
        return [tuple(row) for row in found]


def assert_all_is_there(app: Flask, devices: int) -> None:
    """See that the user has what the guests had, once, and they nothing."""
    found = memory(app)
    owns = [f"own{number}" for number in range(devices)]
    assert sorted(found["vault_data"]) == sorted([*owns, "same"])
    assert found["vault_data"]["same"]["value"] in range(devices)
    assert sorted(found["session"]["form_snapshot"]) == sorted(owns)
    expected = {"book": 2 * devices, **dict.fromkeys(owns, 2)}
    assert {row["category"]: row["score"] for row in found["interests"]} == expected
    assert sorted(int(message["content"]) for message in found["chat_messages"]) == list(range(devices))
    assert scores(app) == [(USER, 3 * devices)]
    assert rows_under(app, USER)["homa_vault"] == devices + 1
    assert all(rows_under(app, guest(number)) == {} for number in range(devices))


def test_all_devices_of_a_user_at_once(app: Flask, threads: int) -> None:
    for number in range(threads):
        fill(app, guest(number), number)

    def first_request(number: int) -> list[int]:
        return [ask(app, "GET", API + RESTORE, user="7", guest=guest(number))]

    assert at_once(threads, first_request) == {200: threads}
    assert_all_is_there(app, threads)


def test_the_login_hook_and_the_first_requests_race(app: Flask, threads: int) -> None:
    for round_of in range(5):
        first = round_of * 2
        for number in (first, first + 1):
            fill(app, guest(number), number)

        def race(number: int, first: int = first) -> list[int]:
            token = guest(first + number % 2)
            if number < 2:
                return [ask(app, "POST", "/internal/merge", {}, user="7", guest=token)]
            return [ask(app, "GET", API + RESTORE, user="7", guest=token)]

        assert at_once(threads, race) == {200: threads}
    assert_all_is_there(app, 10)


def test_one_guest_on_two_browsers_of_two_users_goes_to_one_of_them_whole(app: Flask, threads: int) -> None:
    for number in range(6):
        token = guest(number)
        fill(app, token, number)
        before = rows_under(app, token)

        def become(which: int, token: str = token, number: int = number) -> list[int]:
            user = f"{100 + number * 2 + which % 2}"
            return [ask(app, "GET", API + RESTORE, user=user, guest=token)]

        assert at_once(threads, become) == {200: threads}
        owners = [rows_under(app, f"user_{100 + number * 2 + which}") for which in (0, 1)]
        assert sorted(map(len, owners)) == [0, 5]
        assert before in owners
        assert rows_under(app, token) == {}


def test_what_the_guest_and_the_user_write_meanwhile_is_kept(app: Flask, threads: int) -> None:
    token, calls = guest(1), 8

    def act(number: int) -> list[int]:
        done = []
        for call in range(calls):
            visitor = {"user": "7", "guest": token} if number % 2 else {"guest": token}
            writes = [
                (TRACK, {"category": "book", "score": 1}),
                (TRACK, {"category": f"own{number}-{call}", "score": 1}),
                (SYNC, {"field": f"f{number}-{call}", "value": call, **({"page_url": PAGE} if call % 2 else {})}),
                (CHAT, {"message_type": "user", "message_content": f"{number}-{call}"}),
            ]
            done += [ask(app, "POST", API + path, body, **visitor) for path, body in writes]
            score = {"persona": "author", "score": 1}
            done.append(ask(app, "POST", "/internal/persona-score", score, **visitor))
        return done

    assert at_once(threads, act) == {200: threads * calls * 5}
    assert ask(app, "GET", API + RESTORE, user="7", guest=token) == 200
    assert rows_under(app, token) == {}
    each = [f"{number}-{call}" for number in range(threads) for call in range(calls)]
    found = memory(app)
    assert sorted(found["vault_data"]) == sorted(f"f{name}" for name in each)
    assert rows_under(app, USER)["homa_vault"] == len(each)
    shown = {row["category"]: row["score"] for row in found["interests"]}
    assert shown["book"] == len(each)
    assert rows_under(app, USER)["homa_user_interests"] == len(each) + 1
    assert sorted(message["content"] for message in found["chat_messages"]) == sorted(each)
    assert scores(app) == [(USER, len(each))]
