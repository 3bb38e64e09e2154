"""Many write messages of one visitor at once: what was heard is what is stored, in its order, or neither."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pymysql
import pytest
from flask import Flask
from sqlalchemy import text

from homa_bridge.context.compressor import Message, compress
from homa_bridge.context.running import RunningSummary
from homa_bridge.errors import StorageUnavailable
from homa_bridge.identity.model import Visitor
from homa_bridge.omnistore.listening import Listener

from ..conftest import services_of

VISITOR = Visitor("user_7")
SAID = ["۵۰۰ نسخه کتاب میخوام", "هزار تا بشه", "گلاسه", "سلفون مات نمیخوام", "۲۰۰ صفحه", "تا ۱۵ آبان", "ارسال به شیراز"]


def stored(app: Flask) -> tuple[list[Message], list[tuple[str, str]]]:
    """Return the messages in their order, and state and summary of what was heard."""
    with services_of(app).database.engine.connect() as connection:
        messages = connection.execute(
            text("SELECT message_type, message_content FROM wp_homaye_chat_memory ORDER BY id")
        ).all()
        heard = connection.execute(text("SELECT state, summary FROM wp_homa_bridge_summaries")).all()
    return [Message(*message) for message in messages], [(state, summary) for state, summary in heard]


def test_the_state_is_that_of_the_stored_messages_in_their_order(
    make_app: Callable[..., Flask], mariadb_url: str
) -> None:
    apps = [make_app(mariadb_url) for _ in range(2)]  # two instances

    def write(number: int) -> None:
        services_of(apps[number % 2]).omnistore.add_message(VISITOR, "user", SAID[number % len(SAID)], None)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(60)))
    messages, heard = stored(apps[0])
    assert len(messages) == 60
    expected = RunningSummary().hear(*messages)
    assert heard == [(expected.to_state(), expected.text())]
    assert services_of(apps[1]).omnistore.recall(VISITOR.token, 5, with_chat=True).conversation == compress(messages)


def test_a_connection_lost_before_the_end_leaves_neither(
    make_app: Callable[..., Flask], mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(mariadb_url)
    omnistore = services_of(app).omnistore
    omnistore.add_message(VISITOR, "user", SAID[0], None)
    before = stored(app)
    follow = Listener._follow

    def lost(*arguments: object) -> None:
        raise pymysql.OperationalError(2013, "Lost connection")

    monkeypatch.setattr(Listener, "_follow", lost)
    with pytest.raises(StorageUnavailable):
        omnistore.add_message(VISITOR, "user", SAID[1], None)
    assert stored(app) == before
    monkeypatch.setattr(Listener, "_follow", follow)
    omnistore.add_message(VISITOR, "user", SAID[1], None)
    messages, [(state, summary)] = stored(app)
    assert (len(messages), summary) == (2, compress(messages))
    assert RunningSummary.from_state(state) == RunningSummary().hear(*messages)


def test_who_is_forgotten_meanwhile_stays_so(make_app: Callable[..., Flask], mariadb_url: str) -> None:
    """A message that is being stored while its visitor is forgotten brings nothing of the earlier ones back."""
    app = make_app(mariadb_url)
    services = services_of(app)
    services.omnistore.add_message(VISITOR, "user", SAID[0], None)

    def write() -> None:
        for number in range(30):
            services.omnistore.add_message(VISITOR, "user", f"سلام {number}", None)

    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(write)
        services.privacy.forget(VISITOR.token)
        writing.result(60)
    _, heard = stored(app)
    assert all("کتاب" not in state + summary for state, summary in heard)
