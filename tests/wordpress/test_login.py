"""A guest logs in: the memory is the user's from then on, also where the service is away at that moment."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .between import Mode
from .bridge import GUEST, Bridge
from .client import Client

COLUMNS = {
    "homa_vault": "session_token",
    "homa_sessions": "session_token",
    "homa_user_interests": "user_id_or_token",
    "homaye_chat_memory": "session_id",
    "homa_bridge_outbox": "visitor",
}


def rows_under(bridge: Bridge, token: str) -> dict[str, int]:
    """Return how many rows are a token's, by table; tables without any are left out."""
    counts = {
        table: bridge.site.query(f"SELECT COUNT(*) AS n FROM `{{prefix}}{table}` WHERE {column} = %s", token)[0]["n"]
        for table, column in COLUMNS.items()
    }
    return {table: count for table, count in counts.items() if count}


def type_something(client: Client, value: int = 1000) -> None:
    """Store something in every table."""
    for route, body in (
        ("/vault/sync", {"field": "tirage", "value": value, "page_url": "http://shop.test/calc"}),
        ("/interest/track", {"category": "book", "score": 2}),
        ("/chat/memory", {"message_type": "user", "message_content": "سلام"}),
    ):
        answer = client.call("POST", route, body)
        assert (answer.status, answer.json["success"]) == (200, True)


def user_id(bridge: Bridge, name: str = "customer") -> str:
    return bridge.site.php(f"echo get_user_by( 'login', '{name}' )->ID;")


def log_in(bridge: Bridge, client: Client, name: str = "customer") -> str:
    """Log in and return the user's token."""
    client.log_in(name, bridge.site.passwords[name])
    return f"user_{user_id(bridge, name)}"


def memory(client: Client) -> Any:
    answer = client.call("GET", "/vault/restore")
    assert answer.status == 200
    return answer.json


def test_logging_in_takes_the_memory_along(bridge: Bridge) -> None:
    client = bridge.guest()
    type_something(client)
    guest = client.cookies[GUEST]
    bridge.between.paths()
    user = log_in(bridge, client)
    assert "/internal/merge" in bridge.between.paths()
    assert rows_under(bridge, guest) == {}
    assert len(rows_under(bridge, user)) == 4
    assert client.cookies[GUEST] == guest  # until a request has found nothing left to move
    found = memory(client)
    assert (found["session_token"], found["vault_data"]["tirage"]["value"]) == (user, 1000)
    assert GUEST not in client.cookies


def test_another_device_of_the_user_sees_it(bridge: Bridge) -> None:
    first, second = bridge.guest(), bridge.site.login("second")
    type_something(first)
    log_in(bridge, first, "second")
    assert memory(second)["vault_data"]["tirage"]["value"] == 1000


def test_who_logs_in_without_a_token_asks_nobody(bridge: Bridge) -> None:
    client = bridge.site.guest()
    bridge.between.paths()
    log_in(bridge, client)
    assert bridge.between.paths() == []
    assert GUEST not in client.cookies


def test_the_next_guest_at_the_same_browser_begins_anew(bridge: Bridge) -> None:
    client = bridge.guest()
    type_something(client)
    guest = client.cookies[GUEST]
    log_in(bridge, client)
    memory(client)
    for cookie in list(client.jar):
        client.jar.clear(cookie.domain, cookie.path, cookie.name)
    found = memory(client)
    assert found["vault_data"] == {}
    assert client.cookies[GUEST] != guest


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.GARBAGE])
def test_logging_in_works_without_the_service_and_the_first_request_takes_the_memory_along(
    bridge: Bridge, mode: Mode
) -> None:
    client = bridge.guest()
    type_something(client)
    guest = client.cookies[GUEST]
    with bridge.between.failing(mode):
        began = time.monotonic()
        user = log_in(bridge, client)
        assert time.monotonic() - began < 6  # two seconds for the service, and WordPress
        assert len(rows_under(bridge, guest)) == 4
    bridge.let_the_trial_come()
    assert memory(client)["session_token"] == user
    assert rows_under(bridge, guest) == {}
    assert len(rows_under(bridge, user)) == 4


def test_what_was_kept_of_the_guest_becomes_the_users(bridge: Bridge) -> None:
    client = bridge.guest()
    type_something(client, 1)
    guest = client.cookies[GUEST]
    with bridge.between.failing(Mode.GARBAGE):
        client.call("POST", "/vault/sync", {"field": "tirage", "value": 2})
        client.call("POST", "/interest/track", {"category": "book", "score": 5})
        user = log_in(bridge, client)
        client.call("POST", "/vault/sync", {"field": "tirage", "value": 3})
        assert {row["visitor"] for row in bridge.kept()} == {user}
    bridge.let_the_trial_come()
    found = memory(client)
    assert found["vault_data"]["tirage"]["value"] == 3
    assert found["interests"][0]["score"] == 7
    assert rows_under(bridge, guest) == {}
    assert bridge.kept() == []


def test_what_was_kept_is_the_users_also_when_the_schedule_hands_it_over(bridge: Bridge) -> None:
    client = bridge.guest()
    guest = client.cookies[GUEST]
    with bridge.between.failing(Mode.GARBAGE):
        type_something(client, 1)
        user = log_in(bridge, client)
        client.call("POST", "/vault/sync", {"field": "paper", "value": "گلاسه"})
    bridge.let_the_trial_come()
    bridge.site.php("do_action( 'homa_bridge_replay_outbox' );")
    assert bridge.kept() == []
    assert rows_under(bridge, guest) == {}
    assert rows_under(bridge, user)["homa_vault"] == 2


def test_the_login_and_the_first_requests_may_race(bridge: Bridge) -> None:
    for number in range(3):
        client = bridge.guest()
        type_something(client, number)
        guest = client.cookies[GUEST]
        before = memory(client)["interests"]
        other = bridge.site.login("admin")
        token = f"user_{user_id(bridge, 'admin')}"
        known = {row["category"]: row["score"] for row in memory(other)["interests"]}
        other.jar.set_cookie(next(cookie for cookie in client.jar if cookie.name == GUEST))
        with ThreadPoolExecutor(3) as pool:
            hook = pool.submit(log_in, bridge, client, "admin")
            requests = [pool.submit(other.call, "GET", "/vault/restore") for _ in range(2)]
            assert [request.result().status for request in requests] == [200, 200]
            assert hook.result() == token
        found = memory(client)
        assert rows_under(bridge, guest) == {}
        assert found["vault_data"]["tirage"]["value"] == number
        assert found["interests"][0]["score"] == known.get("book", 0) + before[0]["score"]
