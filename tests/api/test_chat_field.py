"""The conversation that the site's script keeps in one field reaches every prompt compressed, and none as a list."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ..signed import SECRET, signed
from .test_facade import ask, tell
from .wire import API, RESTORE, SUMMARY, SYNC

FIELD = "chat_messages"
SAID: list[dict[str, object]] = [
    {"role": "user", "content": "میخوام کتاب چاپ کنم، ۵۰۰ نسخه", "timestamp": 1},
    {"role": "assistant", "content": "کاغذ گلاسه باشد؟", "timestamp": 2},
    {"role": "user", "content": "بله، شماره‌ام ۰۹۱۲۳۴۵۶۷۸۹ است", "timestamp": 3},
]
PAIRS = [each for message in SAID for each in (message, message)]
BROKEN: list[Any] = ["x", None, 5, [], [[PAIRS]], {}, {"role": "user"}, {"role": 5, "content": {"content": "x"}}]
KEPT = {
    "pairs": PAIRS,
    "each twice, in any order": [*SAID[:2], *SAID[:2], *SAID[2:], *SAID[2:]],
    "with what is broken": [each for message in PAIRS for each in (*BROKEN, message)],
}


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    return make_app(database_url, HOMA_SHARED_SECRET=SECRET)


def prompts(client: FlaskClient, kept: Any) -> dict[str, str]:
    """Return every text that goes into a prompt, by where it comes from."""
    tell(client, SYNC, {"field": FIELD, "value": kept})
    tell(client, SYNC, {"field": "tirage", "value": 500})
    known = ask(client, "/context")
    texts = {
        "summary route": signed(client, "GET", API + SUMMARY, user="7").get_json()["memory_summary"],
        "get_memory_summary": known["memory_summary"],
        "section": known["section"],
        "preview": signed(client, "GET", "/preview", user="7").get_json()["section"],
    }
    form = {FIELD: kept, "pages": 200}
    contexts: dict[str, object] = {"memory": {}, "session": {"session": form}, "form_data": {"form_data": form}}
    contexts["list"] = {FIELD: kept}
    for name, context in contexts.items():
        texts[f"enrich by {name}"] = ask(client, "/enrich", {"message": "قیمت؟", "context": context})["text"]
    return texts


@pytest.mark.parametrize("kept", KEPT.values(), ids=KEPT)
def test_it_reaches_every_prompt_compressed(client: FlaskClient, kept: Any) -> None:
    for where, text in prompts(client, kept).items():
        assert "500 نسخه" in text, where
        assert "گلاسه" in text, where
        for part in (FIELD, "timestamp", '"role"', "{", "0912", "۰۹۱۲"):
            assert part not in text, (where, part)
        assert text.count("میخوام کتاب چاپ کنم") <= 1, where
    assert ask(client, "/form-summary", {"form": {FIELD: kept, "pages": 200}})["text"] == "تعداد صفحات: 200"


@pytest.mark.parametrize("kept", KEPT.values(), ids=KEPT)
def test_the_last_messages_are_told_once_and_in_order(client: FlaskClient, kept: Any) -> None:
    text = prompts(client, kept)["get_memory_summary"]
    assert text.split("\n")[-5:-2] == [
        "Recent messages:",
        "- user: میخوام کتاب چاپ کنم، 500 نسخه",
        "- assistant: کاغذ گلاسه باشد؟",
    ]
    assert text.split("\n")[-2].startswith("- user: بله، شماره‌ام")


def test_raw_it_stays_where_the_contract_says_raw(client: FlaskClient) -> None:
    tell(client, SYNC, {"field": FIELD, "value": KEPT["with what is broken"]})
    for answer in (signed(client, "GET", API + RESTORE, user="7").get_json(), ask(client, "/memory")):
        assert answer["vault_data"][FIELD]["value"] == KEPT["with what is broken"]


@pytest.mark.parametrize("kept", [BROKEN, *BROKEN, [], "", 0, False, "x" * 200_000], ids=lambda kept: repr(kept)[:20])
def test_what_is_broken_is_no_memory_and_breaks_no_prompt(client: FlaskClient, kept: Any) -> None:
    ask(client, "/vault", {"field": FIELD, "value": kept, "insight": None})
    for path in (API + SUMMARY, "/preview", "/internal/context"):
        text = signed(client, "GET", path, user="7").get_json()
        assert (text.get("section", ""), text.get("memory_summary", "")) == ("", "")
    for context in ({}, {"session": {FIELD: kept}}, {"form_data": {FIELD: kept}}, {FIELD: kept}):
        assert ask(client, "/enrich", {"message": "قیمت؟", "context": context})["text"] == "پیام فعلی: قیمت؟"


def test_an_empty_list_does_not_hide_the_chat_memory(client: FlaskClient) -> None:
    tell(client, SYNC, {"field": FIELD, "value": []})
    tell(client, "/chat/memory", {"message_type": "user", "message_content": "۳۰۰ جلد رمان با کاغذ بالک می‌خوام"})
    for text in (ask(client, "/context")["memory_summary"], ask(client, "/enrich", {"message": "x"})["text"]):
        assert "300" in text
