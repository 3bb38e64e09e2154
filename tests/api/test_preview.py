"""What the validation page asks beyond the contract: the prompt with its cost, and how many rows the tables have."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from homa_bridge.context.tokens import estimate_tokens
from homa_bridge.http import INTERNAL
from homa_bridge.identity.chain import GUEST_COOKIE
from homa_bridge.persona.who_am_i import STRANGER

from ..o200k import tokens
from ..signed import SECRET, signed
from .wire import SYNC, TRACK, post

GUEST = "guest_" + "0123456789abcdef" * 2
BUDGET = 200


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    return make_app(database_url, HOMA_SHARED_SECRET=SECRET, HOMA_PROMPT_TOKENS=str(BUDGET))


def test_it_is_what_the_sites_code_gets_with_its_cost(client: FlaskClient) -> None:
    client.set_cookie(GUEST_COOKIE, GUEST)
    post(client, SYNC, {"field": "paper_type", "value": "گلاسه"})
    post(client, TRACK, {"category": "novel", "score": 20})
    shown = client.get("/preview").get_json()
    known = signed(client, "GET", f"{INTERNAL}/context", guest=GUEST).get_json()
    assert "گلاسه" in shown["section"]
    assert shown == {
        "success": True,
        "session_token": GUEST,
        "section": known["section"],
        "tokens": estimate_tokens(known["section"]),
        "budget": BUDGET,
        "left_out": {},
        "shortened": {},
        "who_am_i": known["who_am_i"],
    }
    assert "نویسنده" in shown["who_am_i"]
    assert known["persona_prefix"] in shown["section"]


def test_the_budget_is_held_and_what_it_left_out_is_said(client: FlaskClient) -> None:
    client.set_cookie(GUEST_COOKIE, GUEST)
    for number in range(30):
        post(client, SYNC, {"field": f"field-{number}", "value": "کتاب " * 5})
    post(client, TRACK, {"category": "novel", "score": 20})
    shown = client.get("/preview").get_json()
    assert BUDGET / 2 < tokens(shown["section"]) <= shown["tokens"] <= BUDGET
    fields = shown["section"].count("- field-")
    assert fields > 1
    assert shown["left_out"]["fields"] == 30 - fields
    assert f"fields {30 - fields}" in shown["section"].splitlines()[-2]
    known = signed(client, "GET", f"{INTERNAL}/context", guest=GUEST).get_json()
    assert (known["left_out"], known["shortened"]) == (shown["left_out"], shown["shortened"])


def test_of_a_stranger_there_is_nothing_to_show(client: FlaskClient) -> None:
    shown = client.get("/preview").get_json()
    assert (shown["section"], shown["tokens"], shown["who_am_i"]) == ("", 0, STRANGER)
    assert GUEST_COOKIE in client.get("/preview").headers["Set-Cookie"]


def test_whoever_signs_is_shown_whom_they_name(client: FlaskClient) -> None:
    signed(client, "POST", "/wp-json/homaye-tabesh/v1" + SYNC, {"field": "pages", "value": 200}, user="7")
    shown = signed(client, "GET", "/preview", user="7", altered={"X-Forwarded-For": "192.0.2.1"}).get_json()
    assert shown["session_token"] == "user_7"
    assert "- pages: 200" in shown["section"]


def test_the_status_counts_rows(client: FlaskClient) -> None:
    for number in range(3):
        post(client, SYNC, {"field": f"field-{number}", "value": number})
    for answer in (client.get("/status"), signed(client, "GET", f"{INTERNAL}/status")):
        tables = {table["name"]: table for table in answer.get_json()["database"]["tables"]}
        assert (tables["wp_homa_vault"]["rows"], tables["wp_homa_vault"]["rows_are_estimated"]) == (3, False)
        assert tables["wp_homaye_chat_memory"]["rows"] == 0
