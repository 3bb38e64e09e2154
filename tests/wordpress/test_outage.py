"""With the service away: pages do not wait, nothing answered with success is lost, nothing is done twice."""

import re
import signal
import threading
import time
from pathlib import Path

import pytest

from ..servers import serving
from .between import Mode
from .bridge import Bridge
from .client import Answer, Client

FAILING = [Mode.HANG, Mode.GARBAGE, Mode.CUT, Mode.DEAF, Mode.LATE]


def answered_with_success(answer: Answer) -> bool:
    return answer.status == 200 and answer.json["success"] is True


@pytest.mark.parametrize("mode", FAILING)
def test_a_write_is_kept_and_done_once(bridge: Bridge, mode: Mode) -> None:
    guest = bridge.guest()
    with bridge.between.failing(mode):
        assert answered_with_success(guest.call("POST", "/interest/track", {"category": "book", "score": 5}))
        assert answered_with_success(guest.call("POST", "/interest/track", {"category": "book", "score": 2}))
    time.sleep(0.3)  # what comes late has come by then
    assert len(bridge.kept()) == 2
    bridge.let_the_trial_come()
    assert guest.call("GET", "/vault/restore").json["interests"][0]["score"] == 7
    assert bridge.kept() == []
    assert bridge.score_of(guest, "book") == 7


def test_what_arrives_after_its_replay_is_not_done_again(bridge: Bridge) -> None:
    guest = bridge.guest()
    with bridge.between.failing(Mode.LATE):
        guest.call("POST", "/vault/sync", {"field": "a", "value": "old"})
        bridge.between.mode = Mode.PASS  # another worker of the service is well
        bridge.let_the_trial_come()
        assert answered_with_success(guest.call("POST", "/vault/sync", {"field": "a", "value": "new"}))
        assert bridge.kept() == []
    time.sleep(0.5)  # and now the first one wakes
    assert bridge.fields_of(guest) == {"a": '"new"'}


def test_every_kind_of_write_is_kept_with_the_service_s_own_answer(bridge: Bridge) -> None:
    guest = bridge.guest()
    writes = [
        ("/vault/sync", {"field": "tirage", "value": {"n": 1.0, "o": {}}, "page_url": "https://shop.test/a"}),
        ("/session/snapshot", {"form_snapshot": {"x": {}}, "chat_summary": None}),
        ("/interest/track", {"category": "book-printing", "score": "3", "source": "torob"}),
        ("/chat/memory", {"message_type": "user", "message_content": "سلام", "ai_metadata": {}}),
    ]
    usual = [guest.call("POST", route, body).json for route, body in writes]
    guest.call("POST", "/vault/clear", {"scope": "all"})
    bridge.between.refuse()
    try:
        assert [guest.call("POST", route, body).json for route, body in writes] == usual
        assert [row["path"].removeprefix("/wp-json/homaye-tabesh/v1") for row in bridge.kept()] == [
            route for route, _ in writes
        ]
    finally:
        bridge.between.listen()
    bridge.let_the_trial_come()
    restored = guest.call("GET", "/vault/restore")
    assert '"tirage":{"value":{"n": 1.0, "o": {}}' in restored.text
    assert restored.json["session"]["form_snapshot"] == {"x": {}}
    assert [(i["category"], i["score"], i["source"]) for i in restored.json["interests"]] == [
        ("book-printing", 3, "torob")
    ]
    assert [message["content"] for message in restored.json["chat_messages"]] == ["سلام"]
    assert bridge.kept() == []


def test_a_new_guest_s_write_is_kept_under_the_token_of_the_answer(bridge: Bridge) -> None:
    guest = bridge.site.guest()
    with bridge.between.failing(Mode.DEAF):
        answer = guest.call("POST", "/vault/sync", {"field": "a", "value": 1})
    assert guest.cookies["homa_session_token"] == answer.json["session_token"]
    assert len(answer.set_cookies) == 1
    bridge.let_the_trial_come()
    assert guest.call("GET", "/vault/restore").json["vault_data"]["a"]["value"] == 1
    assert len(bridge.site.query("SELECT id FROM `{prefix}homa_vault`")) == 1


def test_a_user_s_writes_are_kept_for_the_user(bridge: Bridge) -> None:
    user = bridge.site.login("customer")
    bridge.between.refuse()
    try:
        assert user.call("POST", "/vault/sync", {"field": "a", "value": 1}).json["session_token"] == "user_2"
    finally:
        bridge.between.listen()
    bridge.let_the_trial_come()
    assert user.call("GET", "/vault/restore").json["vault_data"]["a"]["value"] == 1


def test_order_is_kept_when_the_service_dies_in_the_middle_of_a_replay(bridge: Bridge) -> None:
    guest = bridge.guest()
    texts = [f"پیام {number}" for number in range(12)]
    bridge.between.refuse()
    try:
        for text in texts:
            guest.call("POST", "/chat/memory", {"message_type": "user", "message_content": text})
    finally:
        bridge.between.listen()
    for survived in (5, 3):
        bridge.between.failing_after = survived  # the one after it is done, and the answer lost
        bridge.let_the_trial_come()
        assert guest.call("GET", "/chat/memory").status == 503
    bridge.between.failing_after = None
    assert 0 < len(bridge.kept()) < len(texts)
    assert answered_with_success(guest.call("POST", "/chat/memory", {"message_type": "user", "message_content": "آخر"}))
    bridge.let_the_trial_come()
    messages = guest.call("GET", "/chat/memory").json["messages"]
    assert [message["content"] for message in messages] == [*texts, "آخر"]
    assert bridge.kept() == []


def test_a_killed_service_loses_and_doubles_nothing(bridge: Bridge, tmp_path: Path) -> None:
    """Writers go on while the service is killed again and again; every success that they saw is there once."""
    guests = [bridge.guest() for _ in range(4)]
    seen: dict[int, list[int]] = {number: [] for number in range(4)}
    stop = threading.Event()

    def write(number: int, guest: Client) -> None:
        for count in range(400):
            if stop.is_set():
                return
            if answered_with_success(
                guest.call("POST", "/chat/memory", {"message_type": "user", "message_content": str(count)})
            ):
                seen[number].append(count)

    threads = [threading.Thread(target=write, args=item) for item in enumerate(guests)]
    for thread in threads:
        thread.start()
    environ = {"HOMA_WP_CONFIG": str(bridge.site.wp_config)}
    usual = bridge.between.target
    for _ in range(4):
        with serving(environ, tmp_path) as service:
            bridge.between.target = service.port
            bridge.trust()
            time.sleep(0.7)
            service.process.stop(signal.SIGKILL)
            time.sleep(0.2)
    bridge.between.target = usual
    stop.set()
    for thread in threads:
        thread.join()
    bridge.trust()
    for number, guest in enumerate(guests):
        messages = guest.call("GET", "/chat/memory?limit=0").json["messages"]
        assert [int(message["content"]) for message in messages] == seen[number]
        assert len(seen[number]) > 20
    assert bridge.kept() == []


def test_reads_are_refused_with_the_time_to_wait(bridge: Bridge) -> None:
    guest = bridge.guest()
    bridge.between.refuse()
    try:
        for route in ("/vault/restore", "/persona/analyze", "/vault/interests", "/memory/summary", "/chat/memory"):
            answer = guest.call("GET", route)
            assert (answer.status, answer.json["code"]) == (503, "homa_service_unavailable")
            assert 1 <= int(answer.headers["Retry-After"]) <= 15
        changes: list[tuple[str, object]] = [
            ("/vault/clear", {}),
            ("/chat/memory/clear", {}),
            ("/context/compress", {"messages": []}),
        ]
        for route, body in changes:
            assert guest.call("POST", route, body).status == 503
    finally:
        bridge.between.listen()


def test_a_write_that_the_service_would_refuse_is_not_kept(bridge: Bridge) -> None:
    guest = bridge.guest()
    bridge.between.refuse()
    try:
        answer = guest.call("POST", "/vault/sync", {"field": "x" * 51})
        assert (answer.status, answer.json["code"]) == (400, "rest_missing_callback_param")
        assert bridge.kept() == []
    finally:
        bridge.between.listen()


def test_a_write_does_not_overtake_what_is_kept(bridge: Bridge) -> None:
    guest = bridge.guest()
    bridge.between.refuse()
    guest.call("POST", "/vault/sync", {"field": "a", "value": "old"})
    bridge.between.listen()
    bridge.let_the_trial_come()
    guest.call("POST", "/vault/sync", {"field": "a", "value": "new"})
    wait_until_empty(bridge)
    assert bridge.fields_of(guest) == {"a": '"new"'}


def test_a_forgetting_does_not_overtake_what_is_kept(bridge: Bridge) -> None:
    guest = bridge.guest()
    bridge.between.refuse()
    guest.call("POST", "/vault/sync", {"field": "a", "value": 1})
    bridge.between.listen()
    bridge.let_the_trial_come()
    assert guest.call("POST", "/vault/clear", {"scope": "all"}).status == 200
    assert guest.call("GET", "/vault/restore").json["vault_data"] == {}
    assert bridge.kept() == []


def test_everybody_s_writes_are_handed_over_after_the_first_answer(bridge: Bridge) -> None:
    guests = [bridge.guest() for _ in range(3)]
    bridge.between.refuse()
    for guest in guests:
        guest.call("POST", "/vault/sync", {"field": "a", "value": 1})
    bridge.between.listen()
    bridge.let_the_trial_come()
    assert bridge.site.guest().call("GET", "/vault/restore").status == 200
    wait_until_empty(bridge)
    assert [bridge.fields_of(guest) for guest in guests] == [{"a": "1"}] * 3


def test_cron_hands_over_what_nobody_asks_for(bridge: Bridge) -> None:
    guest = bridge.guest()
    bridge.between.refuse()
    guest.call("POST", "/vault/sync", {"field": "a", "value": 1})
    bridge.between.listen()
    bridge.let_the_trial_come()
    assert bridge.site.php("echo wp_next_scheduled( 'homa_bridge_replay_outbox' ) - time();").lstrip("-").isdigit()
    assert bridge.site.option("homa_bridge_outbox") == "1"
    bridge.site.php("do_action( 'homa_bridge_replay_outbox' );")
    assert bridge.site.option("homa_bridge_outbox") == ""  # so that nobody looks into the table for nothing
    assert bridge.kept() == []
    assert bridge.fields_of(guest) == {"a": "1"}


def test_one_visitor_s_failing_write_holds_up_nobody_else(bridge: Bridge) -> None:
    first, second = bridge.guest(), bridge.guest()
    bridge.between.refuse()
    first.call("POST", "/vault/sync", {"field": "a", "value": 1})
    second.call("POST", "/vault/sync", {"field": "a", "value": 2})
    bridge.between.listen()
    # The session's table is locked away from the first one's write: the database is there, and cannot.
    bridge.site.query(
        "UPDATE `{prefix}homa_bridge_outbox` SET path = '/internal/nothing-of-the-kind' WHERE id = %s",
        bridge.kept()[0]["id"],
    )
    bridge.let_the_trial_come()
    second.call("GET", "/vault/restore")
    wait_until_empty(bridge)
    assert bridge.fields_of(second) == {"a": "2"}
    assert "write_refused" in (bridge.site.option("homa_bridge_failures") or "")


def test_what_cannot_be_done_now_holds_its_visitor_s_later_writes_up(bridge: Bridge) -> None:
    """More are kept than are read at once: the later ones must not go first."""
    guest, other = bridge.guest(), bridge.guest()
    texts = [str(number) for number in range(60)]
    bridge.between.refuse()
    for text in texts:
        guest.call("POST", "/chat/memory", {"message_type": "user", "message_content": text})
    other.call("POST", "/vault/sync", {"field": "a", "value": 1})
    bridge.between.listen()
    bridge.let_the_trial_come()
    bridge.between.busy_for = 1
    bridge.site.php("do_action( 'homa_bridge_replay_outbox' );")
    assert len(bridge.kept()) == 60
    assert bridge.fields_of(other) == {"a": "1"}
    bridge.site.php("do_action( 'homa_bridge_replay_outbox' );")
    messages = guest.call("GET", "/chat/memory?limit=0").json["messages"]
    assert [message["content"] for message in messages] == texts


def test_too_much_is_told_with_the_time_to_wait_and_loses_nothing_that_is_kept(bridge: Bridge, tmp_path: Path) -> None:
    guest, usual = bridge.guest(), bridge.between.target
    bridge.between.refuse()
    for number in range(8):
        body = {"message_type": "user", "message_content": str(number)}
        assert answered_with_success(guest.call("POST", "/chat/memory", body))
    bridge.between.listen()
    environ = {"HOMA_WP_CONFIG": str(bridge.site.wp_config), "HOMA_RATE_LIMITS": "on", "HOMA_WORKERS": "1"}
    with serving({**environ, "HOMA_RATE_LIMIT_VISITOR": "4/hour"}, tmp_path) as strict:
        bridge.between.target = strict.port
        bridge.let_the_trial_come()
        refused = guest.call("GET", "/vault/restore")
        assert (refused.status, refused.json["code"]) == (429, "homa_rate_limited")
        assert 1 <= int(refused.headers["Retry-After"]) <= 3_601
        assert answered_with_success(guest.call("POST", "/vault/sync", {"field": "a", "value": 1})), "kept, after those"
        bridge.site.php("do_action( 'homa_bridge_replay_outbox' );")
        assert [row["path"][-6:] for row in bridge.kept()] == ["memory"] * 4 + ["t/sync"]
        bridge.between.target = usual
    bridge.site.php("do_action( 'homa_bridge_replay_outbox' );")
    assert bridge.kept() == []
    messages = guest.call("GET", "/chat/memory").json["messages"]
    assert [message["content"] for message in messages] == [str(number) for number in range(8)]
    assert bridge.fields_of(guest) == {"a": "1"}


def test_a_new_guest_who_is_one_too_many_gets_no_token(bridge: Bridge, tmp_path: Path) -> None:
    usual = bridge.between.target
    environ = {"HOMA_WP_CONFIG": str(bridge.site.wp_config), "HOMA_RATE_LIMITS": "on", "HOMA_WORKERS": "1"}
    with serving({**environ, "HOMA_RATE_LIMIT_NEW_GUESTS": "2/hour"}, tmp_path) as strict:
        bridge.between.target = strict.port
        for _ in range(2):
            assert bridge.site.guest().call("POST", "/vault/sync", {"field": "a", "value": 1}).status == 200
        late = bridge.site.guest()
        refused = late.call("POST", "/vault/sync", {"field": "a", "value": 1})
        bridge.between.target = usual
    assert (refused.status, refused.json["code"], refused.set_cookies) == (429, "homa_too_many_new_guests", [])
    assert int(refused.headers["Retry-After"]) >= 1
    assert len(bridge.site.query("SELECT 1 FROM `{prefix}homa_vault`")) == 2
    assert late.call("POST", "/vault/sync", {"field": "a", "value": 1}).status == 200


def test_a_write_that_a_busy_service_refuses_is_kept_and_the_service_trusted(bridge: Bridge) -> None:
    guest = bridge.guest()
    bridge.between.busy_for = 1
    assert answered_with_success(guest.call("POST", "/interest/track", {"category": "book", "score": 5}))
    assert len(bridge.kept()) == 1
    assert not bridge.is_distrusted()
    assert answered_with_success(guest.call("POST", "/interest/track", {"category": "book", "score": 2}))
    assert (bridge.kept(), bridge.score_of(guest, "book")) == ([], 7)


def test_reads_that_a_busy_service_refuses_are_told_when_to_come_again(bridge: Bridge) -> None:
    guest = bridge.guest()
    bridge.between.busy_for = 1
    answer = guest.call("GET", "/vault/restore")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert not bridge.is_distrusted()
    assert guest.call("GET", "/vault/restore").status == 200


def test_the_outbox_is_small(bridge: Bridge) -> None:
    guest = bridge.guest()
    bridge.between.refuse()
    try:
        bridge.site.query(
            "INSERT INTO `{prefix}homa_bridge_outbox` (nonce, visitor, path, referer, caller, body, created_at) "
            "SELECT REPEAT('0', 32), 'nobody', '/x', '', '{}', '{}', NOW() FROM seq_1_to_10000"
        )
        assert guest.call("POST", "/vault/sync", {"field": "a", "value": 1}).status == 503
        assert len(bridge.kept()) == 10_000
    finally:
        bridge.site.query("DELETE FROM `{prefix}homa_bridge_outbox`")
        bridge.between.listen()


def test_a_distrusted_secret_loses_nothing(bridge: Bridge, tmp_path: Path) -> None:
    guest = bridge.guest()
    usual = bridge.between.target
    environ = {
        "HOMA_WP_CONFIG": str(bridge.site.wp_config),
        "HOMA_SHARED_SECRET": "another secret, of forty characters in all",
    }
    with serving(environ, tmp_path) as other:
        bridge.between.target = other.port
        assert answered_with_success(guest.call("POST", "/vault/sync", {"field": "a", "value": 1}))
        assert guest.call("GET", "/vault/restore").status == 503
        bridge.between.target = usual
    assert '"secret"' in (bridge.site.option("homa_bridge_failures") or "")
    bridge.let_the_trial_come()
    assert guest.call("GET", "/vault/restore").json["vault_data"]["a"]["value"] == 1


def test_the_service_may_be_a_socket_s_file(bridge: Bridge, tmp_path: Path) -> None:
    path = tmp_path / "homa.sock"
    environ = {"HOMA_WP_CONFIG": str(bridge.site.wp_config)}
    guest = bridge.guest()
    with serving(environ, tmp_path, "--host", f"unix:{path}"):
        bridge.site.configure(HOMA_BRIDGE_ADDRESS=f"unix:{path}")
        assert guest.call("POST", "/vault/sync", {"field": "a", "value": 1}).status == 200
        assert "- a: 1" in page(guest)[1]
    assert guest.call("GET", "/vault/restore").status == 503
    assert bridge.between.paths() == []


# How long pages take


@pytest.mark.parametrize("mode", [None, *FAILING])
def test_pages_do_not_wait_after_the_first_failure(bridge: Bridge, mode: Mode | None) -> None:
    """The memory's share of a page is measured inside PHP: machines are noisy, and the page is WordPress's."""
    guest = bridge.guest()
    guest.call("POST", "/vault/sync", {"field": "a", "value": 1})
    if mode is None:
        bridge.between.refuse()
    try:
        with bridge.between.failing(mode or Mode.PASS):
            first, summary = page(guest)
            assert first < 2_300
            assert summary == ""
            shares = [page(guest) for _ in range(5)]
            bridge.let_the_trial_come()
            shares += [page(guest) for _ in range(3)]
    finally:
        if mode is None:
            bridge.between.listen()
    assert [summary for _, summary in shares] == [""] * 8
    assert max(milliseconds for milliseconds, _ in shares) <= 50
    assert bridge.is_distrusted()
    bridge.let_the_trial_come()
    _, summary = page(guest)
    assert "- a: 1" in summary
    assert not bridge.is_distrusted()


def test_between_two_trials_nobody_asks(bridge: Bridge) -> None:
    guest = bridge.guest()
    with bridge.between.failing(Mode.GARBAGE):
        guest.call("GET", "/vault/restore")
        bridge.between.paths()
        time.sleep(1.1)  # within the same second the state would stay as it is, whoever claims the trial
        for _ in range(3):
            guest.call("GET", "/vault/restore")
            guest.call("POST", "/vault/sync", {"field": "a", "value": 1})
            page(guest)
        assert bridge.between.paths() == []


def test_of_several_that_claim_a_trial_one_gets_it(bridge: Bridge) -> None:
    claims = bridge.site.php("""
        update_option( 'homa_bridge_breaker', '1|1' );
        $breakers = array_map( fn() => new HomaBridge\\Breaker(), array( 1, 2, 3 ) );
        foreach ( $breakers as $breaker ) { $breaker->is_open(); } // each knows the state of before
        foreach ( $breakers as $breaker ) { echo (int) $breaker->claim_trial(); sleep( 1 ); }
    """)
    assert claims == "100"


def test_one_request_at_a_time_tries(bridge: Bridge) -> None:
    guest = bridge.guest()
    with bridge.between.failing(Mode.HANG):
        guest.call("GET", "/vault/restore")
        bridge.between.paths()
        bridge.let_the_trial_come()
        threads = [threading.Thread(target=guest.call, args=("GET", "/vault/restore")) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(bridge.between.paths()) == 1


def page(guest: Client) -> tuple[float, str]:
    """Open the page that asks for the prompt, and return the milliseconds that the memory took of it, and the text."""
    answer = guest.ajax("prompt_timer")
    found = re.fullmatch(r"([0-9.]+) ms\n(.*)", answer.text, re.DOTALL)
    assert found, answer.text
    return float(found[1]), found[2]


def wait_until_empty(bridge: Bridge) -> None:
    for _ in range(50):
        if not bridge.kept():
            return
        time.sleep(0.1)
    raise AssertionError("writes are still kept")
