"""Each layer is kept as long as it is set, by the site's wall clock, and the clean-up deletes nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from homa_bridge.clock import WALL_FORMAT
from homa_bridge.config import load_settings
from homa_bridge.errors import SettingsError
from homa_bridge.extensions import Model
from homa_bridge.identity.model import Visitor
from homa_bridge.jsontext import JSONText
from homa_bridge.omnistore.expiry import Retention, Swept
from homa_bridge.omnistore.tables import ChatMessage, ConversationSummary, Interest, Session, VaultEntry
from homa_bridge.persona.tables import PersonaScore

from ..conftest import services_of

GUEST = "guest_" + "0" * 32
RETENTION = {
    "HOMA_SITE_TIMEZONE": "Asia/Tehran",  # three and a half hours ahead of the database's clock
    "HOMA_GUEST_VAULT_HOURS": "2",
    "HOMA_USER_VAULT_DAYS": "30",
    "HOMA_INTEREST_DAYS": "90",
    "HOMA_CHAT_DAYS": "7",
}


def tehran(**ago: float) -> str:
    """Return the site's wall clock a while ago."""
    zone = services_zone()
    return (datetime.now(UTC).astimezone(zone) - timedelta(**ago)).strftime(WALL_FORMAT)


def services_zone() -> Any:
    return load_settings({**RETENTION, "HOMA_DATABASE_URL": "sqlite:////nowhere"}).zone


def add(app: Flask, model: type[Model], *rows: dict[str, object]) -> None:
    database = services_of(app).database
    with database.engine.connect() as connection:
        for row in rows:
            connection.execute(insert(database.table(model)).values(with_moments(row)))


MOMENTS = ("updated_at", "last_interaction", "created_at")


def names(app: Flask, model: type[Model], column: str) -> list[str]:
    table = services_of(app).database.table(model)
    with services_of(app).database.engine.connect() as connection:
        return [str(name) for (name,) in connection.execute(select(table.c[column]).order_by(table.c.id))]


def field(token: str, name: str, moment: str | None) -> dict[str, object]:
    return {"session_token": token, "context_key": name, "context_value": "1", "updated_at": moment}


def message(content: str, moment: str) -> dict[str, object]:
    of = {"session_id": "user_7", "user_identifier": "user_7", "message_type": "user"}
    return {**of, "message_content": content, "created_at": moment}


def interest(category: str, moment: str) -> dict[str, object]:
    return {"user_id_or_token": "user_7", "category_slug": category, "last_interaction": moment}


def test_each_layer_has_a_term_of_its_own(make_app: Callable[..., Flask], database_url: str) -> None:
    app = make_app(database_url, **RETENTION)
    add(
        app,
        VaultEntry,
        field(GUEST, "guest past", tehran(hours=2.1)),
        field(GUEST, "guest within", tehran(hours=1.9)),
        field(GUEST, "guest unknown", None),
        field("user_7", "user past", tehran(days=30.1)),
        field("user_7", "user within", tehran(days=29.9)),
    )
    add(app, Interest, interest("past", tehran(days=90.1)), interest("within", tehran(days=89.9)))
    add(app, ChatMessage, message("past", tehran(days=7.1)), message("within", tehran(days=6.9)))
    score: dict[str, object] = {"user_identifier": "user_7", "persona_type": "author", "updated_at": tehran(days=9_000)}
    add(app, PersonaScore, score)

    swept = list(services_of(app).omnistore.cleanup.sweep())

    assert swept == [Swept(fields=1), Swept(messages=1), Swept(fields=1), Swept(interests=1)]
    assert names(app, VaultEntry, "context_key") == ["guest within", "guest unknown", "user within"]
    assert names(app, Interest, "category_slug") == ["within"]
    assert names(app, ChatMessage, "message_content") == ["within"]
    assert names(app, PersonaScore, "persona_type") == ["author"], "PHP code keeps the scores"
    assert list(services_of(app).omnistore.cleanup.sweep()) == []


def test_a_summary_goes_with_the_oldest_message_that_it_tells_of(
    make_app: Callable[..., Flask], database_url: str
) -> None:
    app = make_app(database_url, **RETENTION)
    omnistore = services_of(app).omnistore
    visitors = [Visitor("user_7"), Visitor("user_8")]
    for visitor in visitors:
        omnistore.sync(visitor, "a", JSONText("1"), "http://shop.test/")
        omnistore.add_message(visitor, "user", "۵۰۰ نسخه کتاب میخوام", None)
        omnistore.add_message(visitor, "user", "کاغذ گلاسه", None)
    past = f"'{tehran(days=7.1)}'"
    with services_of(app).database.engine.connect() as connection:
        for statement in (
            f"UPDATE wp_homaye_chat_memory SET created_at = {past} WHERE session_id = 'user_7' "
            "AND message_content LIKE '%نسخه%'",
            f"UPDATE wp_homa_bridge_summaries SET oldest = {past} WHERE session_token = 'user_7'",
        ):
            connection.execute(text(statement))
    assert list(omnistore.cleanup.sweep()) == [Swept(messages=1), Swept()]
    assert names(app, ConversationSummary, "session_token") == ["user_8"]
    restored = [omnistore.restore(visitor.token).session for visitor in visitors]
    assert [session and session.chat_summary for session in restored] == [
        None,
        names(app, ConversationSummary, "summary")[0],
    ]
    told = [omnistore.recall(visitor.token, 5, with_chat=True).conversation for visitor in visitors]
    assert "کتاب" not in told[0]
    assert "گلاسه" in told[0]
    assert "کتاب" in told[1]


def test_a_field_s_summary_goes_with_the_field(make_app: Callable[..., Flask], database_url: str) -> None:
    app = make_app(database_url, **RETENTION)
    omnistore = services_of(app).omnistore
    chat = JSONText('[{"role": "user", "content": "۵۰۰ نسخه کتاب میخوام"}]')
    for visitor in (Visitor("user_7"), Visitor("user_8"), Visitor("user_9")):
        omnistore.sync(visitor, "chat_messages", chat, None)
    with services_of(app).database.engine.connect() as connection:
        connection.execute(text("DELETE FROM wp_homa_vault WHERE session_token <> 'user_7'"))
        past = tehran(hours=2.1)
        connection.execute(
            text(f"UPDATE wp_homa_bridge_summaries SET oldest = '{past}' WHERE session_token <> 'user_9'")
        )
    assert list(omnistore.cleanup.sweep()) == [Swept()]
    assert names(app, ConversationSummary, "session_token") == ["user_7", "user_9"], "a new one may yet get its field"


def test_by_default_users_interests_and_chats_are_kept_for_good(app: Flask) -> None:
    long_ago = "2001-01-01 00:00:00"
    add(app, VaultEntry, field("user_7", "kept", long_ago))
    add(app, Interest, interest("kept", long_ago))
    add(app, ChatMessage, message("kept", long_ago))
    assert list(services_of(app).omnistore.cleanup.sweep()) == []
    assert services_of(app).settings.retention == Retention(48, 48, 0, 0, 0)


def test_a_guest_s_form_stays_while_the_session_lives(make_app: Callable[..., Flask], database_url: str) -> None:
    app = make_app(database_url, **RETENTION)
    add(app, VaultEntry, field(GUEST, "old", tehran(hours=20)))
    add(app, Session, {"session_token": GUEST, "expires_at": datetime.now(UTC) + timedelta(days=1)})
    assert list(services_of(app).omnistore.cleanup.sweep()) == []
    assert names(app, VaultEntry, "context_key") == ["old"]


def test_a_form_may_be_kept_longer_than_its_snapshot(make_app: Callable[..., Flask], database_url: str) -> None:
    app = make_app(database_url, **{**RETENTION, "HOMA_GUEST_VAULT_HOURS": "100"})
    add(app, VaultEntry, field(GUEST, "kept", tehran(hours=99)), field(GUEST, "old", tehran(hours=101)))
    add(app, Session, {"session_token": GUEST, "expires_at": datetime(2001, 1, 1)})
    assert list(services_of(app).omnistore.cleanup.sweep()) == [Swept(sessions=1, fields=1)]
    assert names(app, VaultEntry, "context_key") == ["kept"]


def test_the_clean_up_works_in_small_batches_and_goes_on_where_it_stopped(
    make_app: Callable[..., Flask], database_url: str
) -> None:
    app = make_app(database_url, **RETENTION)
    past, within = tehran(days=8), tehran(days=1)
    add_many(app, ChatMessage, [message(f"{n}", past if n % 2 else within) for n in range(2_400)])
    batches = services_of(app).omnistore.cleanup.sweep()
    assert next(batches) == Swept(messages=500)
    del batches
    assert list(services_of(app).omnistore.cleanup.sweep()) == [Swept(messages=500), Swept(messages=200)]
    assert len(names(app, ChatMessage, "id")) == 1_200


def add_many(app: Flask, model: type[Model], rows: list[dict[str, object]]) -> None:
    database = services_of(app).database
    with database.engine.connect() as connection:
        connection.execute(insert(database.table(model)), [with_moments(row) for row in rows])


def with_moments(row: dict[str, object]) -> dict[str, object]:
    return {**row, **{name: datetime.fromisoformat(str(row[name])) for name in MOMENTS if row.get(name)}}


def test_a_row_that_was_written_again_meanwhile_stays(make_app: Callable[..., Flask], database_url: str) -> None:
    app = make_app(database_url, **RETENTION)
    add(app, ChatMessage, *[message(f"{n}", tehran(days=8)) for n in range(3)])
    (rows,) = (rows for rows in services_of(app).omnistore.cleanup._aged if rows.layer == "messages")
    database = services_of(app).database
    ids, _ = database.read(rows.find)
    with database.engine.connect() as connection:
        connection.execute(text(f"UPDATE wp_homaye_chat_memory SET created_at = '{tehran()}' WHERE id = {ids[1]}"))
    assert database.write(lambda cursor: rows.delete(cursor, ids)) == 2
    assert names(app, ChatMessage, "message_content") == ["1"]


def test_what_a_visitor_is_writing_holds_up_nobody(make_app: Callable[..., Flask], mariadb_url: str) -> None:
    """A visitor's uncommitted write locks its own rows; the clean-up of all others does not wait for it."""
    app = make_app(mariadb_url, **RETENTION)
    add(app, VaultEntry, field("user_8", "busy", tehran()))
    add(app, ChatMessage, message("busy", tehran()))
    add_many(
        app, VaultEntry, [field("user_9", f"{n}", tehran()) for n in range(2_000)]
    )  # else it reads the whole table
    add_many(app, ChatMessage, [message(f"{n}", tehran()) for n in range(2_000)])
    add(app, VaultEntry, field("user_7", "past", tehran(days=31)))
    add(app, ChatMessage, message("past", tehran(days=8)))
    with services_of(app).database.engine.connect() as connection:
        connection.execute(text("ANALYZE TABLE wp_homa_vault, wp_homaye_chat_memory"))
    with services_of(app).database._whole.connect() as visitor:
        lock(visitor, "UPDATE wp_homa_vault SET context_value = '2' WHERE session_token = 'user_8'")
        lock(visitor, "UPDATE wp_homaye_chat_memory SET message_content = 'busy' WHERE message_content = 'busy'")
        assert list(services_of(app).omnistore.cleanup.sweep()) == [Swept(fields=1), Swept(messages=1)]
        with services_of(app).database._whole.connect() as other, pytest.raises(OperationalError):
            lock(other, "SELECT id FROM wp_homa_vault WHERE session_token = 'user_8' FOR UPDATE NOWAIT")
        visitor.rollback()


def lock(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))


@pytest.mark.parametrize("name", ["HOMA_USER_VAULT_DAYS", "HOMA_INTEREST_DAYS", "HOMA_CHAT_DAYS"])
@pytest.mark.parametrize("value", ["-1", "3651", "a while"])
def test_a_wrong_term_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} is '{value}': use a whole number from 0 to 3,650\.$"):
        load_settings({"HOMA_DATABASE_URL": "sqlite:////nowhere", name: value})


def test_a_guest_s_form_is_kept_for_an_hour_at_least() -> None:
    with pytest.raises(SettingsError, match=r"^HOMA_GUEST_VAULT_HOURS is '0': use a whole number from 1 to"):
        load_settings({"HOMA_DATABASE_URL": "sqlite:////nowhere", "HOMA_GUEST_VAULT_HOURS": "0"})
