"""What the settings change in summaries, through every way that one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ..unit.dialogue_scoring import CAKES_TRADE

API = "/wp-json/homaye-tabesh/v1"
PHONE, ADDRESS = "09123456789", "ali@example.com"
SAID = f"۵۰۰ تا کارت ویزیت میخوام. شماره‌ام {PHONE} و ایمیلم {ADDRESS} هست"


@pytest.fixture
def make(make_app: Callable[..., Flask], database_url: str) -> Callable[..., FlaskClient]:
    return lambda **settings: make_app(database_url, **settings).test_client()


def post(client: FlaskClient, path: str, **body: Any) -> Any:
    answer = client.post(API + path, json=body)
    assert answer.status_code == 200
    return answer.get_json()


def summaries(client: FlaskClient) -> list[str]:
    """Return what each way says: the route, the summary of the memory, the prompt's section."""
    compressed = post(client, "/context/compress", messages=[{"role": "user", "content": SAID}])
    post(client, "/chat/memory", message_type="user", message_content=SAID)
    memory = client.get(API + "/memory/summary").get_json()
    return [compressed["compressed_summary"], memory["memory_summary"], client.get("/preview").get_json()["section"]]


def test_contacts_stay_out_unless_the_owner_wants_them(make: Callable[..., FlaskClient]) -> None:
    for text in summaries(make()):
        assert "500" in text
        assert PHONE not in text
        assert ADDRESS not in text


def test_contacts_stand_in_every_summary_if_the_owner_wants_them(make: Callable[..., FlaskClient]) -> None:
    for text in summaries(make(HOMA_SUMMARY_CONTACTS="on")):
        assert "500" in text
        assert PHONE in text
        assert ADDRESS in text


def test_every_summary_is_of_the_trade_that_is_set(make: Callable[..., FlaskClient]) -> None:
    client = make(HOMA_TRADE=str(CAKES_TRADE))
    said = "یک کیک ۲ کیلویی وانیلی میخوام"
    post(client, "/chat/memory", message_type="user", message_content=said)
    for text in (
        post(client, "/context/compress", messages=[{"role": "user", "content": said}])["compressed_summary"],
        client.get(API + "/memory/summary").get_json()["memory_summary"],
    ):
        assert "طعم وانیل" in text
        assert "چاپ" not in text
