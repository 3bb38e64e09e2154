"""The client against an endpoint that misbehaves in every way that is known."""

import email.utils
import socket
import threading
import time

import pytest

from homa_bridge.errors import ModelFailed
from homa_bridge.language_model import client as client_module
from homa_bridge.language_model.client import ANSWER_BYTES, Client
from homa_bridge.language_model.settings import ModelSettings

from ..model_stub import (
    KEY,
    ModelStub,
    Say,
    completion,
    cut_off,
    drip,
    drip_headers,
    hang,
    hang_up,
    held,
    model_stub,
    raw,
    status,
    text,
)

QUESTION = [{"role": "user", "content": "کتاب"}]


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "PAUSE", 0.01)


def ask(stub: ModelStub, timeout: int = 5) -> str:
    return Client(ModelSettings(stub.url, KEY, "small-model", timeout, 0)).ask(QUESTION)  # type: ignore[arg-type]


def failure(stub: ModelStub, timeout: int = 5) -> ModelFailed:
    with pytest.raises(ModelFailed) as caught:
        ask(stub, timeout)
    assert "secret-of-the-endpoint" not in caught.value.reason
    assert KEY not in caught.value.reason
    return caught.value


def test_it_asks_as_the_protocol_has_it() -> None:
    with model_stub(text("خلاصه")) as stub:
        assert ask(stub) == "خلاصه"
    assert stub.paths == ["/v1/chat/completions"]
    assert stub.authorizations == [f"Bearer {KEY}"]
    [asked] = stub.asked
    assert asked == {"model": "small-model", "messages": QUESTION, "temperature": 0, "max_tokens": 1_000}


def test_without_a_key_none_is_sent() -> None:
    with model_stub(text("x")) as stub:
        Client(ModelSettings(stub.url, None, "m", 5, 0)).ask([])
    assert stub.authorizations == [None]


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (status(400), "does not take the question"),
        (status(401), "does not accept the key: correct HOMA_MODEL_KEY (401)"),
        (status(403), "does not allow it"),
        (status(404), "has no such model"),
        (status(418), "refuses (418)"),
        (status(302, Location="http://127.0.0.1:1/elsewhere"), "leads elsewhere"),
        (status(307, Location="/v1/elsewhere"), "leads elsewhere"),
    ],
)
def test_a_refusal_is_told_in_words_and_not_tried_again(says: Say, reason: str) -> None:
    with model_stub(says) as stub:
        found = failure(stub)
    assert reason in found.reason
    assert found.is_refusal
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (raw(b"<html>"), "something else than JSON"),
        (raw(b"\xff\xfe"), "something else than JSON"),
        (raw(b""), "something else than JSON"),
        (raw(b"[" * 100_000), "JSON|another form"),
        (raw(b"{}"), "another form"),
        (raw(b"[]"), "another form"),
        (raw(b"null"), "another form"),
        (raw(b'{"choices": []}'), "another form"),
        (raw(b'{"choices": [null]}'), "another form"),
        (raw(b'{"choices": [{"message": "x"}]}'), "another form"),
        (raw(b'{"choices": [{"text": "x"}]}'), "another form"),
        (raw(completion(None)), "without a text"),
        (raw(completion(["x"])), "without a text"),
        (text("x", finish_reason="length"), "cut its text off"),
        (text("x", finish_reason="content_filter"), "cut its text off"),
        (raw(b" " * (ANSWER_BYTES + 1)), "more than 262,144 bytes"),
        (raw(b"\x1f\x8b\x08\x00", Content_Encoding="gzip"), "something else than JSON"),
    ],
)
def test_an_answer_that_is_none_is_told_and_not_tried_again(says: Say, reason: str) -> None:
    with model_stub(says) as stub:
        found = failure(stub)
    assert any(part in found.reason for part in reason.split("|"))
    assert len(stub.asked) == 1


@pytest.mark.parametrize("says", [status(429), status(500), status(503), cut_off, hang_up])
def test_what_passes_is_tried_once_more(says: Say) -> None:
    with model_stub(says, text("خلاصه")) as stub:
        assert ask(stub) == "خلاصه"
    with model_stub(says) as stub:
        failure(stub)
    assert len(stub.asked) == 2


def test_it_waits_as_long_as_it_is_told_or_not_at_all() -> None:
    with model_stub(status(429, Retry_After="0.3"), text("خلاصه")) as stub:
        begun = time.monotonic()
        assert ask(stub) == "خلاصه"
        assert time.monotonic() - begun >= 0.3
    with model_stub(status(429, Retry_After="60")) as stub:
        assert failure(stub).retry_after == 60
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("7200", 3_600, 3_600),
        ("-5", 0, 0),
        ("Sat, 99 Foo", None, None),
        ("nan", None, None),
        ("inf", None, None),
    ],
)
def test_how_long_it_wants_to_rest_is_read_and_bounded(said: str, least: float | None, most: float | None) -> None:
    with model_stub(status(429, Retry_After=said)) as stub:
        found = failure(stub).retry_after
    assert (found is None) if least is None or most is None else (found is not None and least <= found <= most)


def test_how_long_it_wants_to_rest_may_be_a_date() -> None:
    with model_stub(status(429, Retry_After=email.utils.formatdate(time.time() + 100, usegmt=True))) as stub:
        assert 60 < (failure(stub).retry_after or 0) < 101


@pytest.mark.parametrize("says", [hang, drip, drip_headers])
def test_all_of_it_together_takes_no_longer_than_the_timeout(says: Say) -> None:
    with model_stub(says) as stub:
        begun = time.monotonic()
        assert failure(stub, timeout=1).reason == "has not answered within 1 s"
        assert time.monotonic() - begun < 3
    assert len(stub.asked) == 1, "what is slow is not tried again"


def test_nobody_there_is_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(ModelFailed, match="cannot be reached"):
        Client(ModelSettings(f"http://127.0.0.1:{port}/v1", KEY, "m", 2, 0)).ask([])


def test_a_certificate_that_nobody_knows_is_not_trusted() -> None:
    with model_stub(text("x")) as stub:
        url = stub.url.replace("http:", "https:")  # it speaks no TLS at all
        with pytest.raises(ModelFailed, match="certificate"):
            Client(ModelSettings(url, KEY, "m", 2, 0)).ask([])


def test_closing_ends_the_question_that_is_under_way() -> None:
    with model_stub(held("x")) as stub:
        client = Client(ModelSettings(stub.url, KEY, "m", 60, 0))
        reasons: list[str] = []

        def run() -> None:
            with pytest.raises(ModelFailed) as caught:
                client.ask([])
            reasons.append(caught.value.reason)

        thread = threading.Thread(target=run)
        thread.start()
        assert stub.was_asked.acquire(timeout=10)
        client.close()
        thread.join(5)
        assert not thread.is_alive()
        assert reasons == ["broke off its answer"]
    assert len(stub.asked) == 1
