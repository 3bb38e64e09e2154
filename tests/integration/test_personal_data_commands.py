"""``homa-bridge export`` and ``homa-bridge forget``, as an owner runs them."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from ..api.wire import API, CHAT, SYNC, TRACK, stored
from ..conftest import services_of
from ..signed import SECRET, signature
from .test_serve import command

GUEST = "guest_" + "0123456789abcdef" * 2
WRONG = "homa-bridge: TOKEN: Write user_ and a number, such as user_7, or guest_ and 32 hexadecimal digits.\n"


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    """Return an application in which a user and a guest have left something."""
    app = make_app(database_url, HOMA_SHARED_SECRET=SECRET)
    client = app.test_client()
    visitors: list[dict[str, Any]] = [{"user": "7"}, {"guest": GUEST}]
    for visitor in visitors:
        for path, body in (
            (
                SYNC,
                b'{"field": "\\u0646\\u0627\\u0645", "value": {"n": 1.0, "long": 0.1000000000000000000001, "o": {}}}',
            ),
            (TRACK, b'{"category": "book"}'),
            (CHAT, '{"message_type": "user", "message_content": "سلام", "ai_metadata": {"a": [1]}}'.encode()),
        ):
            headers = signature("POST", API + path, body, **visitor)
            answer = client.post(API + path, data=body, content_type="application/json", headers=headers)
            assert answer.status_code == 200
    return app


def environ(app: Flask) -> dict[str, str]:
    return {"HOMA_DATABASE_URL": services_of(app).settings.database_url.render_as_string(hide_password=False)}


@pytest.mark.parametrize("token", ["user_7", GUEST])
def test_export_shows_everything(app: Flask, tmp_path: Path, token: str) -> None:
    result = command("export", token, folder=tmp_path, **environ(app))
    assert (result.returncode, result.stderr) == (0, "")
    assert "\\u" not in result.stdout, "Persian is readable"
    assert '"n": 1.0,\n' in result.stdout
    assert '"long": 0.1000000000000000000001,\n' in result.stdout
    document = json.loads(result.stdout)
    assert document["token"] == token
    assert list(document["tables"]) == [
        "wp_homa_vault",
        "wp_homa_user_interests",
        "wp_homaye_chat_memory",
        "wp_homa_bridge_summaries",
    ]
    (field,), (interest,), (message,), _ = document["tables"].values()
    assert (field["context_key"], field["context_value"]["o"]) == ("نام", {})
    assert (interest["category_slug"], interest["interest_score"]) == ("book", 1)
    assert (message["message_content"], message["ai_metadata"]) == ("سلام", {"a": [1]})


def test_export_writes_a_file_that_nobody_else_reads(app: Flask, tmp_path: Path) -> None:
    shown = command("export", "user_7", folder=tmp_path, **environ(app))
    result = command("export", "user_7", "--output", "data.json", folder=tmp_path, **environ(app))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (tmp_path / "data.json").read_text("utf-8") == shown.stdout
    assert (tmp_path / "data.json").stat().st_mode & 0o077 == 0
    result = command("export", "user_7", "--output", "no/such/folder", folder=tmp_path, **environ(app))
    assert (result.returncode, result.stdout) == (1, "")
    assert (
        result.stderr == "Error: no/such/folder cannot be written (No such file or directory): choose another place.\n"
    )


def test_of_a_stranger_nothing_is_shown(app: Flask, tmp_path: Path) -> None:
    result = command("export", "user_8", folder=tmp_path, **environ(app))
    assert json.loads(result.stdout) == {"token": "user_8", "tables": {}}


@pytest.mark.parametrize("token", ["user_7", GUEST])
def test_forget_deletes_and_counts(app: Flask, tmp_path: Path, token: str) -> None:
    result = command("forget", token, "--yes", folder=tmp_path, **environ(app))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (
        "wp_homa_vault: 1 deleted\nwp_homa_user_interests: 1 deleted\nwp_homaye_chat_memory: 1 deleted\n"
        "wp_homa_bridge_summaries: 1 deleted\n"
        f"Nothing is stored of {token} any more.\n"
    )
    assert stored(app) == dict.fromkeys(["homa_vault", "homa_user_interests", "homaye_chat_memory"], 1)
    result = command("forget", token, "--yes", folder=tmp_path, **environ(app))
    assert (result.returncode, result.stdout) == (0, f"Nothing was stored of {token}.\n")


@pytest.mark.parametrize(("answer", "left"), [("n\n", 2), ("", 2), ("y\n", 1)])
def test_forget_asks_first(app: Flask, tmp_path: Path, answer: str, left: int) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "homa_bridge", "forget", "user_7"],
        env={"HOME": str(tmp_path), **environ(app)}, cwd=tmp_path, input=answer,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "Delete everything that is stored of user_7, for good? [y/N]" in result.stdout
    assert result.returncode == (0 if left == 1 else 1)
    assert stored(app)["homa_vault"] == left


@pytest.mark.parametrize("name", ["export", "forget"])
@pytest.mark.parametrize("token", ["7", "user_", "user_07", "guest_123", "admin", ""])
def test_what_is_no_token_is_refused_in_a_line(tmp_path: Path, name: str, token: str) -> None:
    result = command(name, token, folder=tmp_path, HOMA_DATABASE_URL="mysql://u:geheim@127.0.0.1:1/d")
    assert (result.returncode, result.stdout, result.stderr) == (2, "", WRONG)


@pytest.mark.parametrize("arguments", [("export", "user_7"), ("forget", "user_7", "--yes")])
def test_a_database_that_is_away_is_told(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = command(*arguments, folder=tmp_path, HOMA_DATABASE_URL="mysql://u:geheim@127.0.0.1:1/d")
    assert result.returncode == 1
    assert result.stderr.endswith("homa-bridge: the database did not do it: run `homa-bridge check` to see why.\n")
    assert "geheim" not in result.stdout + result.stderr
