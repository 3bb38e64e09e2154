"""Too many requests: who is counted, what is said, and that nobody uses up a stranger's allowance."""

import logging
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from homa_bridge.identity.chain import GUEST_COOKIE

from ..conftest import services_of
from ..signed import SECRET, signed
from .test_visitors import CALLS, call
from .wire import API, BODIES, RESTORE, SYNC, post_text, stored, told

Make = Callable[..., Flask]
HELD, OTHER = "guest_" + "a" * 32, "guest_" + "b" * 32
HERE, THERE = "192.0.2.1", "192.0.2.2"


class Timer:
    """A clock that a test moves, in the place of the module ``time``."""

    now = 7_200.0  # a window begins

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def timer(monkeypatch: pytest.MonkeyPatch) -> Timer:
    """Return the clock by which requests are counted."""
    timer = Timer()
    for module in ("limits.storage.memory", "limits.strategies", "homa_bridge.defences.limiter"):
        monkeypatch.setattr(f"{module}.time", timer)
    return timer


@pytest.fixture
def make(make_app: Make, tmp_path: Path, timer: Timer) -> Make:
    """Return what makes an application with limits, whose clock the test moves."""

    def limited(**environ: str) -> Flask:
        url = f"sqlite:///{tmp_path}/memory.sqlite3"
        return make_app(url, HOMA_RATE_LIMITS="on", HOMA_SHARED_SECRET=SECRET, **environ)

    return limited


def ask(app: Flask, address: str = HERE, cookie: str = "", method: str = "GET", path: str = RESTORE) -> TestResponse:
    """Ask as a browser that keeps no cookies."""
    return call(
        app.test_client(use_cookies=False),
        method,
        path,
        headers={"Cookie": cookie} if cookie else {},
        environ_base={"REMOTE_ADDR": address},
    )


def guest(token: str) -> str:
    return f"{GUEST_COOKIE}={token}"


def assert_refused(response: TestResponse, code: str = "homa_rate_limited") -> int:
    """Hold an answer to the shape of a refusal, and return the seconds to wait."""
    seconds = int(response.headers["Retry-After"])
    status, content = told(response)
    assert isinstance(content, dict)
    assert (status, content) == (429, {"code": code, "message": content["message"], "data": {"status": 429}})
    assert seconds >= 1
    assert f"{seconds} s" in content["message"]
    assert "Set-Cookie" not in response.headers
    return seconds


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_route_counts_for_all_of_them(make: Make, method: str, path: str) -> None:
    app = make(HOMA_RATE_LIMIT_VISITOR="3/minute")
    for _ in range(2):
        assert ask(app, cookie=guest(HELD), method=method, path=path).status_code == 200
    assert ask(app, cookie=guest(HELD)).status_code == 200
    rows = stored(app)
    assert_refused(ask(app, cookie=guest(HELD), method=method, path=path))
    assert_refused(ask(app, cookie=guest(HELD)))
    assert stored(app) == rows


@pytest.mark.parametrize("address", ["/healthz", "/status", "/", "/validate.html", "/docs/", "/openapi.json", "/nope"])
def test_what_is_no_memory_is_not_counted(make: Make, address: str) -> None:
    app = make(HOMA_RATE_LIMIT_ADDRESS="1/minute")
    for _ in range(4):
        with app.test_client().get(address) as response:
            assert response.status_code in {200, 302, 404}
    assert ask(app, "127.0.0.1").status_code == 200
    assert_refused(ask(app, "127.0.0.1"))


def test_after_the_time_that_is_told_it_works(make: Make, timer: Timer) -> None:
    app = make(HOMA_RATE_LIMIT_VISITOR="6/minute")
    for _ in range(6):
        ask(app, cookie=guest(HELD))
    timer.now += 6.5
    for _ in range(5):
        seconds = assert_refused(ask(app, cookie=guest(HELD)))
        timer.now += seconds - 0.999
        assert_refused(ask(app, cookie=guest(HELD)))
        timer.now += 0.999
        assert ask(app, cookie=guest(HELD)).status_code == 200


def test_a_visitor_does_not_use_up_what_others_have(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_VISITOR="2/minute", HOMA_RATE_LIMIT_ADDRESS="6/minute")
    for _ in range(20):
        last = ask(app, cookie=guest(HELD))
    assert_refused(last)
    for _ in range(2):
        assert ask(app, cookie=guest(OTHER)).status_code == 200, "the same address, another visitor"
    assert_refused(ask(app, THERE, cookie=guest(HELD)))


def test_the_visitor_s_limit_comes_first_also_where_its_unit_of_time_is_longer(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_VISITOR="2/hour", HOMA_RATE_LIMIT_ADDRESS="6/minute")
    for _ in range(20):
        last = ask(app, cookie=guest(HELD))
    assert_refused(last)
    assert [ask(app).status_code for _ in range(5)] == [200] * 4 + [429]


def test_there_is_no_double_burst_at_a_window_s_edge(make: Make, timer: Timer) -> None:
    app = make(HOMA_RATE_LIMIT_VISITOR="20/minute")
    timer.now += 59
    assert [ask(app, cookie=guest(HELD)).status_code for _ in range(30)].count(200) == 20
    timer.now += 2
    assert [ask(app, cookie=guest(HELD)).status_code for _ in range(30)].count(200) <= 1
    timer.now += 120
    assert [ask(app, cookie=guest(HELD)).status_code for _ in range(30)].count(200) == 20


@pytest.mark.parametrize("amount", [1, 2, 7, 30])
def test_whoever_waits_as_long_as_told_is_let_in_and_waits_no_longer_than_needed(
    make: Make, timer: Timer, amount: int
) -> None:
    app = make(HOMA_RATE_LIMIT_VISITOR=f"{amount}/minute")
    chance = random.Random(amount)
    for _ in range(25):
        for _ in range(chance.randint(1, 2 * amount)):
            answer = ask(app, cookie=guest(HELD))
        if answer.status_code == 429:
            seconds = assert_refused(answer)
            assert seconds <= 61
            timer.now += seconds - 1.01
            assert seconds == 1 or ask(app, cookie=guest(HELD)).status_code == 429
            timer.now += 1.01
            assert ask(app, cookie=guest(HELD)).status_code == 200
        timer.now += chance.uniform(0, 40)


def test_what_has_not_asked_for_long_is_forgotten(make: Make, timer: Timer) -> None:
    app = make(HOMA_RATE_LIMIT_ADDRESS="1000/minute")
    (extension,) = app.extensions["limiter"]
    kept = extension.storage.storage
    for number in range(50):
        assert ask(app, cookie=guest(f"guest_{number:032x}")).status_code == 200
    assert len(kept) == 51
    timer.now += 200
    for _ in range(100):  # the library looks after its keys shortly after a request
        ask(app, THERE)
        if len(kept) == 1:
            break
        time.sleep(0.02)
    assert len(kept) == 1


@pytest.mark.parametrize("storage", ["memory://", "redis://127.0.0.1:1/0"])
def test_the_log_names_nobody_who_asks_too_often(make: Make, caplog: pytest.LogCaptureFixture, storage: str) -> None:
    caplog.set_level(logging.DEBUG)
    app = make(
        HOMA_RATE_LIMIT_VISITOR="1/minute", HOMA_RATE_LIMIT_NEW_GUESTS="1/minute", HOMA_RATE_LIMIT_STORAGE=storage
    )
    for _ in range(3):
        last = ask(app, cookie=guest(HELD))
        write(app)
    assert_refused(last)
    assert_refused(write(app), "homa_too_many_new_guests")
    assert HELD not in caplog.text
    assert HERE not in caplog.text
    assert {record.levelno for record in caplog.records} <= {logging.WARNING}
    assert caplog.text.count("falling back to in-memory storage") == (storage != "memory://")


def test_made_up_cookies_end_at_the_address_s_limit(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_ADDRESS="5/minute")
    answers = [ask(app, cookie=guest(f"guest_{number:032x}")).status_code for number in range(9)]
    assert answers == [200] * 5 + [429] * 4
    assert ask(app, THERE).status_code == 200


def test_nobody_can_name_a_stranger_to_use_up_their_allowance(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_VISITOR="2/minute")
    unsigned = {"X-Homa-User": "7", "X-Homa-Guest": HELD, "X-Homa-Address": THERE, "X-Forwarded-For": THERE}
    for _ in range(5):
        client = app.test_client(use_cookies=False)
        call(client, "GET", f"{RESTORE}?session_token={HELD}", headers=unsigned, environ_base={"REMOTE_ADDR": HERE})
        ask(app, cookie=f"{GUEST_COOKIE}=user_7")
    assert ask(app, THERE, cookie=guest(HELD)).status_code == 200
    assert signed(app.test_client(), "GET", API + RESTORE, user="7").status_code == 200


def test_a_login_cookie_is_a_visitor_by_its_whole_value(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_VISITOR="2/minute")
    login = "wordpress_logged_in_0123abc=ali%7C1767225600%7Ctoken%7C"
    for _ in range(2):
        assert ask(app, cookie=login + "mac").status_code == 200
    assert_refused(ask(app, cookie=login + "mac"))
    assert ask(app, cookie=login + "other").status_code == 200
    assert ask(app, cookie="wordpress_test_cookie=1").status_code == 200


def test_who_signs_speaks_for_a_visitor(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_VISITOR="2/minute", HOMA_RATE_LIMIT_ADDRESS="9/minute")
    client = app.test_client(use_cookies=False)
    visitors: list[dict[str, Any]] = [{"user": "7"}, {"guest": HELD}, {"user": "8", "guest": HELD}]
    for visitor in visitors:
        for _ in range(2):
            assert signed(client, "GET", API + RESTORE, **visitor).status_code == 200
        assert_refused(signed(client, "GET", API + RESTORE, **visitor))
    for _ in range(3):
        assert signed(client, "GET", API + RESTORE).status_code == 200  # a guest without a token
    assert_refused(signed(client, "GET", API + RESTORE))
    assert signed(client, "GET", API + RESTORE, address=THERE).status_code == 200, "the address is the visitor's"
    assert ask(app, "127.0.0.1").status_code == 200, "and not the site's"


@pytest.mark.parametrize("address", ["", "unknown", "unix", "192.0.2.256"])
def test_where_the_site_tells_no_address_its_own_counts(make: Make, address: str) -> None:
    app = make(HOMA_RATE_LIMIT_ADDRESS="2/minute")
    for _ in range(2):
        assert signed(app.test_client(), "GET", API + RESTORE, address=address).status_code == 200
    assert_refused(ask(app, "127.0.0.1"))


def test_of_the_site_s_own_routes_only_what_is_sent_counts(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_VISITOR="1/minute")
    client = app.test_client(use_cookies=False)
    for _ in range(5):
        assert signed(client, "GET", "/internal/context", guest=HELD).status_code == 200
    body = {"field": "a", "value": 1}
    assert signed(client, "POST", "/internal/vault", body, guest=HELD).status_code == 200
    assert_refused(signed(client, "POST", "/internal/vault", body, guest=HELD))
    assert stored(app) == {"homa_vault": 1}
    assert signed(client, "GET", "/internal/context", guest=HELD).status_code == 200


def test_clients_of_ipv6_share_their_network_s_limit(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_ADDRESS="3/minute")
    answers = [ask(app, f"2001:db8::{number:x}").status_code for number in range(1, 6)]
    assert answers == [200] * 3 + [429] * 2
    assert ask(app, "2001:db8:0:1::1").status_code == 200


def test_behind_a_named_proxy_the_visitor_counts(make: Make) -> None:
    def through(app: Flask, header: str) -> int:
        headers = {"X-Forwarded-For": header}
        environ = {"REMOTE_ADDR": "10.0.0.1"}
        return app.test_client().get(API + RESTORE, headers=headers, environ_base=environ).status_code

    app = make(HOMA_RATE_LIMIT_ADDRESS="2/minute", HOMA_TRUSTED_PROXIES="10.0.0.0/24")
    assert [through(app, f"192.0.2.9, {HERE}, 10.0.0.2") for _ in range(3)] == [200, 200, 429]
    assert through(app, THERE) == 200
    app = make(HOMA_RATE_LIMIT_ADDRESS="2/minute")
    assert [through(app, f"192.0.2.{number}") for number in range(3)] == [200, 200, 429]


def test_a_refused_body_counts_and_asks_nobody(make: Make) -> None:
    client = make(HOMA_RATE_LIMIT_ADDRESS="2/minute").test_client()
    for _ in range(2):
        response = post_text(client, SYNC, "{")
        assert (response.status_code, response.headers.getlist("Set-Cookie")) == (400, [])
    assert_refused(post_text(client, SYNC, "{"))


def test_off_is_off(make_app: Make, tmp_path: Path) -> None:
    tight = dict.fromkeys(("VISITOR", "ADDRESS", "NEW_GUESTS"), "1/hour")
    environ: dict[str, Any] = {f"HOMA_RATE_LIMIT_{name}": text for name, text in tight.items()}
    app = make_app(f"sqlite:///{tmp_path}/memory.sqlite3", HOMA_RATE_LIMITS="off", **environ)
    assert (services_of(app).limiter, services_of(app).newcomers) == (None, None)
    assert "limiter" not in app.extensions
    for _ in range(3):
        assert ask(app, method="POST", path=SYNC).status_code == 200


# ---- new guests

WRITING = [path for path in BODIES if path in {SYNC, "/session/snapshot", "/interest/track", "/chat/memory"}]
FORGETTING = ["/vault/clear", "/chat/memory/clear"]


def write(app: Flask, address: str = HERE, cookie: str = "", path: str = SYNC) -> TestResponse:
    return ask(app, address, cookie, "POST", path)


@pytest.mark.parametrize("path", WRITING)
def test_guests_without_cookies_cannot_fill_the_tables(make: Make, path: str) -> None:
    app = make(HOMA_RATE_LIMIT_NEW_GUESTS="3/minute")
    assert [write(app, path=path).status_code for _ in range(6)] == [200] * 3 + [429] * 3
    assert sum(stored(app).values()) == (6 if path == SYNC else 3)
    assert_refused(write(app, path=path), "homa_too_many_new_guests")
    assert write(app, THERE, path=path).status_code == 200


def test_guests_with_made_up_tokens_cannot_either(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_NEW_GUESTS="3/minute")
    answers = [write(app, cookie=guest(f"guest_{number:032x}")) for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 3
    assert_refused(answers[-1], "homa_too_many_new_guests")
    assert write(app, cookie=guest(f"guest_{0:032x}")).status_code == 200, "who is known already may go on"


def test_a_guest_of_another_worker_s_is_known(make: Make) -> None:
    assert write(make(), cookie=guest(HELD)).status_code == 200
    app = make(HOMA_RATE_LIMIT_NEW_GUESTS="1/minute")
    write(app)
    assert write(app).status_code == 429
    for _ in range(3):
        assert write(app, cookie=guest(HELD)).status_code == 200


def test_after_the_time_that_is_told_a_new_guest_may_come(make: Make, timer: Timer) -> None:
    app = make(HOMA_RATE_LIMIT_NEW_GUESTS="3/minute")
    for _ in range(3):
        write(app)
    seconds = assert_refused(write(app), "homa_too_many_new_guests")
    timer.now += seconds
    assert write(app).status_code == 200


def test_a_write_that_failed_opens_no_door(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_NEW_GUESTS="4/minute")
    database, newcomers = services_of(app).database, services_of(app).newcomers
    assert newcomers is not None
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER no_more BEFORE INSERT ON wp_homa_vault BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    for cookie in (guest(HELD), guest(HELD), ""):
        assert write(app, cookie=cookie).status_code in {400, 503}
    assert len(newcomers._known) == 0
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER no_more")
    assert write(app, cookie=guest(HELD)).status_code == 200
    assert HELD in newcomers._known
    assert len(newcomers._known) == 1
    assert write(app, cookie=guest(OTHER)).status_code == 429, "and each of them has counted"


def test_users_never_count(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_NEW_GUESTS="1/minute")
    client = app.test_client(use_cookies=False)
    for number in range(1, 6):
        assert signed(client, "POST", API + SYNC, BODIES[SYNC], user=str(number)).status_code == 200
    assert signed(client, "POST", API + SYNC, BODIES[SYNC]).status_code == 200
    assert_refused(signed(client, "POST", API + SYNC, BODIES[SYNC]), "homa_too_many_new_guests")


def test_signed_guests_count_by_the_address_that_is_signed(make: Make) -> None:
    app = make(HOMA_RATE_LIMIT_NEW_GUESTS="2/minute")
    client = app.test_client(use_cookies=False)

    def begin(number: int, address: str, target: str = "/internal/vault") -> int:
        body = {"field": "a", "value": 1}
        return signed(client, "POST", target, body, guest=f"guest_{number:032x}", address=address).status_code

    assert [begin(number, HERE) for number in range(4)] == [200, 200, 429, 429]
    assert begin(4, HERE, API + SYNC) == 429
    assert begin(5, THERE) == 200


@pytest.mark.parametrize("path", FORGETTING)
def test_to_forget_is_open_to_every_guest(make: Make, path: str) -> None:
    app = make(HOMA_RATE_LIMIT_NEW_GUESTS="1/minute")
    for number in range(4):
        assert write(app, cookie=guest(f"guest_{number:032x}"), path=path).status_code == 200
        clear = {"what": "chat"}
        assert signed(app.test_client(), "POST", "/internal/clear", clear, address=HERE).status_code == 200
    assert write(app).status_code == 200, "and has not counted"
    assert write(app).status_code == 429
    assert write(app, path=path).status_code == 200


READING = [(method, path) for method, path in CALLS if method == "GET" or path == "/context/compress"]


@pytest.mark.parametrize(("method", "path"), READING)
def test_to_read_never_counts_and_leaves_no_row(make: Make, method: str, path: str) -> None:
    app = make(HOMA_RATE_LIMIT_NEW_GUESTS="1/minute")
    for number in range(3):
        assert ask(app, cookie=guest(f"guest_{number:032x}"), method=method, path=path).status_code == 200
    assert stored(app) == {}
    assert write(app).status_code == 200
    assert write(app).status_code == 429
    assert ask(app, method=method, path=path).status_code == 200


def test_a_known_guest_s_write_costs_no_query_more(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make()
    omnistore, asked = services_of(app).omnistore, list[str]()

    def holds(token: str) -> bool:
        asked.append(token)
        return omnistore.holds(token)

    monkeypatch.setattr(services_of(app).newcomers, "_holds", holds)
    for _ in range(3):
        assert write(app, cookie=guest(HELD)).status_code == 200
        assert write(app).status_code == 200
    assert asked == [HELD]
