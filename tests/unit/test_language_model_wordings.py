"""What becomes of a model's answer, whatever it is."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from homa_bridge.context.message import Message
from homa_bridge.context.running import RunningSummary
from homa_bridge.errors import ModelFailed
from homa_bridge.language_model import client as client_module
from homa_bridge.language_model.breaker import FAILURES
from homa_bridge.language_model.conversations import Spoken
from homa_bridge.language_model.service import Wordings
from homa_bridge.language_model.settings import ModelSettings

from ..model_stub import KEY, ModelStub, Say, hang, held, model_stub, status, text

SAID = [
    Message("user", "سلام، می‌خوام کتاب چاپ کنم. ۲۰۰ صفحه، ۵۰۰ نسخه، کاغذ گلاسه، صحافی شومیز"),
    Message("user", "شماره‌ام ۰۹۱۲۳۴۵۶۷۸۹"),
]
GOOD = "کاربر کتاب می‌خواهد: 200 صفحه، 500 نسخه، کاغذ گلاسه، صحافی شومیز."
TOKEN = "guest_" + "5b1e" * 8


class Notebook:
    """One conversation, and what is kept of it."""

    def __init__(self, *messages: Message) -> None:
        self.messages = messages
        self.kept: dict[str, str] = {}

    def unworded(self, token: str) -> Spoken | None:
        running = RunningSummary().hear(*self.messages)
        return None if running.text() in self.kept else Spoken(self.messages, running.text(), running.ledger)

    def keep_wording(self, token: str, rules: str, text: str) -> bool:
        self.kept[rules] = text
        return True


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "PAUSE", 0.01)


@contextmanager
def wordings(notebook: Notebook, *answers: Say, timeout: int = 5) -> Iterator[tuple[Wordings, ModelStub]]:
    with model_stub(*answers) as stub:
        found = Wordings(ModelSettings(stub.url, KEY, "small-model", timeout, 0), notebook)
        yield found, stub
        found.stop()


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (GOOD, GOOD),
        ("\n  " + GOOD.replace("، ", "،\n") + "\n", GOOD),
        ("", ""),
        (GOOD.replace("500", "5000"), ""),
        (GOOD + " نکته: " + "خیلی " * 200, ""),
        (GOOD + " تلفن ۰۹۱۲۳۴۵۶۷۸۹", ""),
    ],
)
def test_a_wording_is_kept_if_it_says_the_same_and_not_asked_for_again(answer: str, kept: str) -> None:
    notebook = Notebook(*SAID)
    with wordings(notebook, text(answer)) as (found, stub):
        found.word(TOKEN)
        assert list(notebook.kept.values()) == [kept]
        found.word(TOKEN)
        assert len(stub.asked) == 1
    sent = str(stub.asked)
    assert "0912" not in sent
    assert TOKEN not in sent


def test_small_talk_is_no_matter_for_a_model() -> None:
    with wordings(Notebook(Message("user", "سلام، خوبی؟")), text("سلام")) as (found, stub):
        found.word(TOKEN)
        assert stub.asked == []


@pytest.mark.parametrize("says", [status(500), hang])
def test_an_endpoint_that_does_not_answer_leaves_all_as_it_is_and_is_left_alone(
    says: Say, caplog: pytest.LogCaptureFixture
) -> None:
    notebook = Notebook(*SAID)
    with wordings(notebook, says, timeout=1) as (found, stub):
        for _ in range(FAILURES):
            found.word(TOKEN)
        asked = len(stub.asked)
        assert asked >= FAILURES
        found.word(TOKEN)
        found.hear(TOKEN)
        assert not found._background._due
        assert len(stub.asked) == asked
    assert notebook.kept == {}
    assert len(caplog.records) == 1, "it is told once"
    assert KEY not in caplog.text
    assert "secret-of-the-endpoint" not in caplog.text


def test_that_it_answers_again_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with wordings(Notebook(*SAID), status(400), text(GOOD.replace("200", "300"))) as (found, _):
        found.word(TOKEN)
        found._breaker._until = 0
        found.word(TOKEN)
    assert [record.getMessage() for record in caplog.records] == [
        "the language model's endpoint does not take the question: see whether the model of HOMA_MODEL takes "
        "temperature and max_tokens (400); until it answers, summaries are the rules'",
        "the language model's endpoint answers again",
        "a summary by the language model is not used: number",
    ]


def test_hearing_does_not_wait_and_stopping_ends_what_is_under_way() -> None:
    notebook = Notebook(*SAID)
    with wordings(notebook, held(GOOD), timeout=60) as (found, stub):
        found.hear(TOKEN)
        assert stub.was_asked.acquire(timeout=10), "in the background"
        found.hear(TOKEN)
        found.stop()
        thread = found._background._thread
        assert thread is not None
        assert not thread.is_alive()
    assert notebook.kept == {}


def test_the_owner_is_told_whether_it_answers() -> None:
    with wordings(Notebook(), text("yes"), status(401)) as (found, _):
        found.probe()
        with pytest.raises(ModelFailed, match="does not accept the key"):
            found.probe()
