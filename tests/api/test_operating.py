"""What whoever operates the service asks of it: health, readiness, measurements, and ids of requests."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from homa_bridge import create_app
from homa_bridge.config import load_settings
from homa_bridge.status.readiness import KEPT_SECONDS, Readiness

from ..conftest import services_of
from ..signed import SECRET, signed
from .wire import API, COMPRESS, RESTORE, SYNC, get, post, told

TOKEN = "m" * 32
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def measured(client: FlaskClient, **headers: str) -> Samples:
    """Return all measurements by name and labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.data
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def change(app: Flask, statement: str) -> None:
    with services_of(app).database.engine.connect() as connection:
        connection.execute(text(statement))


def test_it_is_alive_without_a_database(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(f"sqlite:///{tmp_path}/m.sqlite3", HOMA_RATE_LIMITS="on", HOMA_RATE_LIMIT_ADDRESS="1/minute")
    services_of(app).database.close()
    for _ in range(3):
        assert told(app.test_client().get("/healthz")) == (200, {"alive": True})
        assert app.test_client().get("/readyz").status_code == 200


def test_readiness_is_looked_at_once_a_second(app: Flask) -> None:
    now = 100.0
    ready = Readiness(services_of(app).database, timer=lambda: now)
    assert ready.obstacle() is None
    change(app, "DROP TABLE wp_homa_vault")
    assert ready.obstacle() is None, "what was seen holds for a second"
    now += KEPT_SECONDS
    assert ready.obstacle() == "tables"


@pytest.mark.parametrize(
    "statement",
    ["DROP TABLE wp_homa_sessions", "DROP TABLE wp_homa_bridge_locks", "ALTER TABLE wp_homa_vault DROP ai_insight"],
)
def test_it_is_not_ready_without_its_tables_and_tells_strangers_a_word(app: Flask, statement: str) -> None:
    change(app, statement)
    answer = app.test_client().get("/readyz", environ_base=ELSEWHERE)
    assert told(answer) == (
        503,
        {
            "code": "homa_not_ready",
            "message": "The memory cannot answer now. `homa-bridge check` says why.",
            "data": {"status": 503, "reason": "tables"},
        },
    )
    assert answer.headers["Retry-After"] == "5"


def test_it_is_not_ready_while_the_database_is_away(tmp_path: Path) -> None:
    client = create_app(load_settings({"HOMA_DATABASE_URL": "mysql://u:p@127.0.0.1:1/d"}, tmp_path)).test_client()
    status, content = told(client.get("/readyz"))
    assert (status, content["data"]["reason"]) == (503, "database")  # type: ignore[index]
    assert measured(client)["homa_database_up", ()] == 0
    assert client.get("/healthz").status_code == 200


def test_an_extra_column_is_nobody_s_obstacle(app: Flask) -> None:
    change(app, "ALTER TABLE wp_homa_vault ADD extra int")
    assert app.test_client().get("/readyz").status_code == 200


def test_measurements_are_for_this_machine_and_for_whoever_holds_a_secret(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/m.sqlite3"
    app = make_app(url, HOMA_SHARED_SECRET=SECRET, HOMA_METRICS_TOKEN=TOKEN)
    local, stranger = app.test_client(), app.test_client()
    stranger.environ_base.update(ELSEWHERE)
    assert local.get("/metrics").status_code == 200
    assert local.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 401, "handed on by a proxy"
    for sent in ("", "Bearer", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer ü"):
        assert stranger.get("/metrics", headers={"Authorization": sent} if sent else {}).status_code == 401, sent
    assert stranger.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert stranger.get("/metrics", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200
    assert stranger.get("/status", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 401, "no more than that"
    assert signed(stranger, "GET", "/metrics").status_code == 200
    without = make_app(url, HOMA_SHARED_SECRET=SECRET).test_client()
    without.environ_base.update(ELSEWHERE)
    for sent in ("Bearer ", "Bearer None", f"Bearer {TOKEN}"):
        assert without.get("/metrics", headers={"Authorization": sent}).status_code == 401


def test_requests_are_measured_by_route_method_and_kind_of_status(client: FlaskClient) -> None:
    for _ in range(3):
        get(client, RESTORE)
    post(client, SYNC, {"field": "a", "value": 1})
    post(client, SYNC, {"field": "a"})
    for path in ("/nope", "/wp-admin/1", API + "/other"):
        client.get(path)
    client.open("/nope", method="PROPFIND")
    client.open("/nope", method="BREW7")
    found = {
        labels: value for (name, labels), value in measured(client).items() if name == "homa_request_seconds_count"
    }

    def kind(route: str, method: str, status: str) -> tuple[tuple[str, str], ...]:
        return (("method", method), ("route", route), ("status", status))

    assert found == {
        kind(API + RESTORE, "GET", "2xx"): 3,
        kind(API + SYNC, "POST", "2xx"): 1,
        kind(API + SYNC, "POST", "4xx"): 1,
        kind("unmatched", "GET", "4xx"): 3,
        kind("unmatched", "other", "4xx"): 2,
    }
    again = measured(client)
    assert again["homa_request_seconds_count", kind("/metrics", "GET", "2xx")] == 1
    assert again["homa_request_seconds_sum", kind(API + RESTORE, "GET", "2xx")] > 0


def test_statements_and_connections_are_measured(client: FlaskClient) -> None:
    measured(client)  # counts what has made the tables, too
    before = measured(client)
    get(client, RESTORE)
    after = measured(client)
    statements = after["homa_statements_total", ()] - before["homa_statements_total", ()]
    assert 3 <= statements <= 12, "those of the restore, and of the measurements"
    assert after["homa_database_seconds_total", ()] > before["homa_database_seconds_total", ()]
    assert after["homa_pool_connections", ()] == 8, "of two pools, of four threads each"
    assert after["homa_pool_connections_in_use", ()] == 0
    assert after["homa_pool_waits_total", ()] == 0
    assert after["homa_database_up", ()] == 1


def test_a_wait_for_a_connection_is_measured(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(f"sqlite:///{tmp_path}/m.sqlite3", HOMA_THREADS="1")
    database = services_of(app).database
    with database.engine.connect():
        services_of(app).meters.look()
        services_of(app).database._each.pool._timeout = 0.05  # type: ignore[attr-defined]
        assert get(app.test_client(), RESTORE).status_code == 503
    assert measured(app.test_client())["homa_pool_waits_total", ()] == 1


def test_refusals_and_compressions_are_measured(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    limits = {"HOMA_RATE_LIMITS": "on", "HOMA_RATE_LIMIT_VISITOR": "2/minute", "HOMA_RATE_LIMIT_NEW_GUESTS": "1/minute"}
    app = make_app(f"sqlite:///{tmp_path}/m.sqlite3", **limits)
    known = app.test_client()
    post(known, SYNC, {"field": "a", "value": 1})
    assert post(app.test_client(), SYNC, {"field": "a", "value": 1}).status_code == 429, "a second new guest"
    for _ in range(3):
        last = post(known, COMPRESS, {"messages": [{"role": "user", "content": "۵۰۰ نسخه کتاب"}]})
    assert last.status_code == 429
    found = measured(app.test_client())
    assert found["homa_rate_limited_total", (("limit", "visitor"),)] >= 1
    assert found["homa_rate_limited_total", (("limit", "new guest"),)] == 1
    assert found["homa_compressions_total", ()] == 2


def test_what_the_plugin_keeps_and_whether_it_trusts_the_service_is_measured(app: Flask) -> None:
    client = app.test_client()
    names = {name for name, _ in measured(client)}
    assert not [name for name in names if name.startswith(("homa_outbox", "homa_breaker"))], "no plugin, no tables"
    change(app, "CREATE TABLE wp_options (option_name varchar(191), option_value text)")
    change(app, "CREATE TABLE wp_homa_bridge_outbox (id int PRIMARY KEY, created_at datetime)")
    found = measured(client)
    assert (found["homa_outbox_rows", ()], found["homa_outbox_oldest_seconds", ()]) == (0, 0)
    assert (found["homa_breaker_open", ()], found["homa_breaker_open_seconds", ()]) == (0, 0)

    now = services_of(app).clock.now().timestamp()
    utc = (
        "datetime('now', '-90 seconds')"
        if services_of(app).database.is_sqlite
        else "UTC_TIMESTAMP() - INTERVAL 90 SECOND"
    )
    change(app, f"INSERT INTO wp_homa_bridge_outbox VALUES (1, {utc}), (2, {utc.replace('90', '10')})")
    change(app, f"INSERT INTO wp_options VALUES ('homa_bridge_breaker', '{int(now) + 9}|{int(now) - 30}')")
    found = measured(client)
    assert found["homa_outbox_rows", ()] == 2
    assert 89 <= found["homa_outbox_oldest_seconds", ()] <= 95
    assert found["homa_breaker_open", ()] == 1
    assert 30 <= found["homa_breaker_open_seconds", ()] <= 35


def test_a_request_has_an_id_that_it_may_bring(client: FlaskClient) -> None:
    def answered(*given: str) -> str:
        headers = {"X-Request-ID": given[0]} if given else {}
        return client.get(API + RESTORE, headers=headers).headers["X-Request-ID"]

    first, second = answered(), answered()
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert re.fullmatch("[0-9a-f]{16}", second)
    assert first != second
    for good in ("a", "A-1_b.c", "f" * 64):
        assert answered(good) == good
    for bad in ("", "f" * 65, "a b", "a\tb", 'a"', "ä", "a{}", "\u0661", "a/b", "<b>"):
        assert re.fullmatch("[0-9a-f]{16}", answered(bad)), bad
    assert client.get("/nope", headers={"X-Request-ID": "mine"}).headers.getlist("X-Request-ID") == ["mine"]
