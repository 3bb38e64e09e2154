"""A running service whose owner has set a language model."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from homa_bridge.server import GRACE_SECONDS

from ..model_stub import KEY, ModelStub, Say, eventually, hang, held, model_stub, status, text
from ..servers import MariaDB, Service, serving
from .test_serve import command, fetch

SAID = "سلام، می‌خوام کتاب چاپ کنم. ۲۰۰ صفحه، ۵۰۰ نسخه، کاغذ گلاسه، صحافی شومیز"
WORDED = "کاربر کتاب می‌خواهد: 200 صفحه، 500 نسخه، کاغذ گلاسه، صحافی شومیز."
MOST_MEGABYTES = 90  # of a worker


def environ_of(url: str, stub: ModelStub, **further: str) -> dict[str, str]:
    return {
        "HOMA_DATABASE_URL": url,
        "HOMA_MODEL_URL": stub.url,
        "HOMA_MODEL_KEY": KEY,
        "HOMA_MODEL": "small-model",
        "HOMA_MODEL_DELAY": "0",
        **further,
    }


@pytest.fixture
def url(mariadb_url: str, tmp_path: Path) -> str:
    return prepared(mariadb_url, tmp_path)


def prepared(url: str, tmp_path: Path) -> str:
    assert command("init-db", folder=tmp_path, HOMA_DATABASE_URL=url).returncode == 0
    return url


def say(service: Service, content: str, token: str = "") -> str:
    _, answer, _ = fetch(
        service.api + "/chat/memory", {"message_type": "user", "message_content": content}, cookie=token
    )
    return str(answer["session_token"])


def summary(service: Service, token: str) -> str:
    _, answer, _ = fetch(service.api + "/memory/summary", cookie=token)
    return str(answer["memory_summary"])


def test_the_rules_serve_at_once_and_the_model_later_until_the_facts_change(database_url: str, tmp_path: Path) -> None:
    url = prepared(database_url, tmp_path)
    with model_stub(held(WORDED), hang) as stub, serving(environ_of(url, stub), tmp_path) as service:
        token = say(service, SAID)
        assert stub.was_asked.acquire(timeout=20)
        by_rules = summary(service, token)
        assert "200 صفحه" in by_rules
        assert WORDED not in by_rules, "the model has not answered yet"
        stub.answers[:] = [text(WORDED)]
        stub.released.set()
        assert eventually(lambda: WORDED in summary(service, token))
        say(service, "ممنون", token)
        assert WORDED in summary(service, token), "no fact has changed"
        stub.answers[:] = [status(500)]
        say(service, "نه، ۳۰۰ صفحه باشه", token)
        assert WORDED not in summary(service, token)
        assert "300 صفحه" in summary(service, token)
    log = service.process.log.read_text()
    assert KEY not in log
    assert token not in log


def test_the_conversation_that_the_script_keeps_is_worded_and_the_session_follows(
    database_url: str, tmp_path: Path
) -> None:
    url = prepared(database_url, tmp_path)
    with model_stub(text(WORDED)) as stub, serving(environ_of(url, stub), tmp_path) as service:
        chat = [{"role": "user", "content": SAID}] * 2
        page = {"page_url": "http://shop.test/"}
        _, answer, _ = fetch(service.api + "/vault/sync", {"field": "chat_messages", "value": chat, **page})
        token = answer["session_token"]
        assert eventually(lambda: WORDED in summary(service, token))

        def told() -> Any:
            return fetch(service.api + "/vault/restore", cookie=token)[1]["session"]["chat_summary"]

        assert told() == WORDED
        fetch(service.api + "/session/snapshot", {"form_snapshot": {}, "chat_summary": "از فروشنده"}, cookie=token)
        say(service, "کاغذ تحریر", token)
        assert told() == "از فروشنده", "what somebody else wrote stays"


@pytest.mark.parametrize("said", [WORDED.replace("200", "300"), WORDED + " " + "بسیار خوب. " * 200, ""])
def test_what_says_something_else_is_not_used_nor_asked_for_again(
    mariadb: MariaDB, mariadb_url: str, tmp_path: Path, said: str
) -> None:
    url = prepared(mariadb_url, tmp_path)
    with model_stub(text(said)) as stub, serving(environ_of(url, stub), tmp_path) as service:
        token = say(service, SAID)
        before = summary(service, token)
        assert eventually(lambda: wordings(mariadb, url) == [""])
        assert summary(service, token) == before
        for _ in range(3):
            say(service, "ممنون", token)
        time.sleep(0.5)
        assert len(stub.asked) == 1


@pytest.mark.parametrize(("setting", "is_sent"), [("off", False), ("on", True)])
def test_the_owner_says_whether_contacts_are_sent(url: str, tmp_path: Path, setting: str, *, is_sent: bool) -> None:
    with (
        model_stub(text(WORDED)) as stub,
        serving(environ_of(url, stub, HOMA_SUMMARY_CONTACTS=setting), tmp_path) as service,
    ):
        say(service, SAID + "، شماره‌ام 09121234567")
        assert stub.was_asked.acquire(timeout=20)
        assert ("09121234567" in str(stub.asked[0])) is is_sent


def test_no_request_waits_for_the_model(database_url: str, tmp_path: Path) -> None:
    url = prepared(database_url, tmp_path)
    with model_stub(hang) as stub, serving(environ_of(url, stub), tmp_path, "--workers", "1") as service:
        token = say(service, SAID)
        assert stub.was_asked.acquire(timeout=20), "the model hangs from now on"
        for number in range(20):
            say(service, f"و {number + 2} طرح", token)
            assert "200 صفحه" in summary(service, token)
        assert len(stub.asked) == 1, "one question at a time, and it is not answered yet"
        assert not stub.released.is_set()


def test_an_answer_about_facts_that_have_changed_meanwhile_is_not_kept(
    mariadb: MariaDB, mariadb_url: str, tmp_path: Path
) -> None:
    url = prepared(mariadb_url, tmp_path)
    with model_stub(held(WORDED)) as stub, serving(environ_of(url, stub), tmp_path, "--workers", "1") as service:
        token = say(service, SAID)
        assert stub.was_asked.acquire(timeout=20)
        say(service, "نه، ۳۰۰ صفحه باشه", token)
        stub.released.set()
        assert eventually(lambda: wordings(mariadb, url) == [""]), "asked again, and answered with the old facts"
        assert len(stub.asked) == 2
        assert "300 صفحه" in summary(service, token)


@pytest.mark.parametrize("says", [status(401), status(429, Retry_After="3600"), status(500), text("")])
def test_while_the_endpoint_fails_the_rules_serve(mariadb_url: str, tmp_path: Path, says: Say) -> None:
    url = prepared(mariadb_url, tmp_path)
    with model_stub(says) as stub, serving(environ_of(url, stub), tmp_path) as service:
        token = say(service, SAID)
        assert stub.was_asked.acquire(timeout=20)
        assert "200 صفحه" in summary(service, token)
    log = service.process.log.read_text()
    assert KEY not in log
    assert "secret-of-the-endpoint" not in log


def test_an_endpoint_that_is_gone_is_asked_a_few_times_and_told_once(mariadb_url: str, tmp_path: Path) -> None:
    url = prepared(mariadb_url, tmp_path)
    with model_stub(text("")) as stub:
        pass
    with serving(environ_of(url, stub), tmp_path, "--workers", "1") as service:
        for _ in range(10):
            token = say(service, SAID)
            time.sleep(0.1)
            assert "200 صفحه" in summary(service, token)
        told = [line for line in service.process.log.read_text().splitlines() if "endpoint" in line]
        assert len(told) == 1
        assert "cannot be reached; until it answers, summaries are the rules'" in told[0]


def test_whoever_is_forgotten_while_the_model_thinks_stays_forgotten(
    mariadb: MariaDB, mariadb_url: str, tmp_path: Path
) -> None:
    url = prepared(mariadb_url, tmp_path)
    with model_stub(held(WORDED)) as stub, serving(environ_of(url, stub), tmp_path) as service:
        token = say(service, SAID)
        assert stub.was_asked.acquire(timeout=20)
        done = command("forget", token, "--yes", folder=tmp_path, HOMA_DATABASE_URL=url)
        assert done.returncode == 0, done.stderr
        stub.released.set()
        other = say(service, SAID)
        assert eventually(lambda: WORDED in summary(service, other)), "the answer has come"
        assert summary(service, token) == ""
        assert wordings(mariadb, url) == [WORDED]
        exported = command("export", token, folder=tmp_path, HOMA_DATABASE_URL=url)
        assert SAID not in exported.stdout
        assert WORDED not in exported.stdout


def test_a_wording_is_exported_and_forgotten_with_the_rest(mariadb: MariaDB, mariadb_url: str, tmp_path: Path) -> None:
    url = prepared(mariadb_url, tmp_path)
    with model_stub(text(WORDED)) as stub, serving(environ_of(url, stub), tmp_path) as service:
        token = say(service, SAID)
        assert eventually(lambda: WORDED in summary(service, token))
        exported = command("export", token, folder=tmp_path, HOMA_DATABASE_URL=url)
        assert WORDED in exported.stdout
        fetch(service.api + "/chat/memory/clear", {}, cookie=token)
        assert wordings(mariadb, url) == []
        assert WORDED not in summary(service, token)


def test_it_stops_within_its_time_while_the_model_hangs(mariadb_url: str, tmp_path: Path) -> None:
    url = prepared(mariadb_url, tmp_path)
    with model_stub(hang) as stub, serving(environ_of(url, stub), tmp_path) as service:
        say(service, SAID)
        assert stub.was_asked.acquire(timeout=20)
        begun = time.monotonic()
        assert service.process.stop() == 0
        assert time.monotonic() - begun < GRACE_SECONDS
        assert not stub.released.is_set()
    assert service.process.log.read_text().splitlines()[-1] == "homa-bridge has stopped. What it remembers is kept."


def test_a_worker_stays_small(mariadb_url: str, tmp_path: Path) -> None:
    url = prepared(mariadb_url, tmp_path)
    with model_stub(text(WORDED)) as stub, serving(environ_of(url, stub), tmp_path, "--workers", "1") as service:
        token = say(service, SAID)
        assert eventually(lambda: WORDED in summary(service, token))
        [worker] = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text().split()
        lines = Path(f"/proc/{worker}/status").read_text().splitlines()
        kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
        assert kilobytes / 1_024 < MOST_MEGABYTES


def test_who_wants_no_model_loads_no_client(tmp_path: Path) -> None:
    code = (
        "import sys; from homa_bridge import create_app; from homa_bridge.config import load_settings; "
        "create_app(load_settings({'HOMA_DATA_DIR': '.'})); print('urllib3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("says", "finding", "returned"),
    [
        (text("yes"), "ok    Language model: small-model at {url} answers", 0),
        (status(401), "WRONG Language model: {url} does not accept the key: correct HOMA_MODEL_KEY (401)", 1),
        (status(404), "WRONG Language model: {url} is not there, or has no such model", 1),
        (hang, "WRONG Language model: {url} has not answered within 1 s", 1),
    ],
)
def test_the_check_tells_whether_the_endpoint_answers(tmp_path: Path, says: Say, finding: str, returned: int) -> None:
    url = prepared(f"sqlite:///{tmp_path}/memory.sqlite3", tmp_path)
    with model_stub(says) as stub:
        done = command("check", folder=tmp_path, **environ_of(url, stub, HOMA_MODEL_TIMEOUT="1"))
        assert finding.format(url=stub.url) in done.stdout
        assert done.returncode == returned
    assert KEY not in done.stdout + done.stderr
    assert "secret-of-the-endpoint" not in done.stdout + done.stderr


def test_without_a_model_the_check_says_nothing_of_it(tmp_path: Path) -> None:
    url = prepared(f"sqlite:///{tmp_path}/memory.sqlite3", tmp_path)
    assert "Language model" not in command("check", folder=tmp_path, HOMA_DATABASE_URL=url).stdout


def wordings(mariadb: MariaDB, url: str) -> list[str | None]:
    with mariadb.connect(make_url(url).database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT wording FROM wp_homa_bridge_summaries ORDER BY id")
        return [wording for (wording,) in cursor.fetchall()]
