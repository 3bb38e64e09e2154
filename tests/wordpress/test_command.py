"""``bash tests/run --site``: a site that stays until it is ended."""

import json
import os
import subprocess
import sys
from pathlib import Path

from .client import Client


def test_a_site_stays_until_it_is_ended(tmp_path: Path) -> None:
    home = tmp_path / "site"

    def command(argument: str) -> list[str]:
        result = subprocess.run(
            [sys.executable, "-m", "tests.wordpress", argument],
            env={**os.environ, "HOMA_TEST_SITE": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.splitlines()

    try:
        started = command("--site")
        state = json.loads((home / "state.json").read_text())
        shown = state["shown"]
        assert command("--site") == ["The site runs already.", *started[1:]]
        assert shown["plugins"] == "homaye-tabesh, homa-bridge"
        client = Client(shown["site"].rstrip("/"), shown["REST API"].removesuffix("/homaye-tabesh/v1"))
        client.log_in("admin", shown["login admin"])
        assert client.get("/").status == 200
        assert client.get(shown["validation page"]).status == 200
        assert client.call("GET", "/vault/restore", nonce=None).json["vault_data"] == {}
    finally:
        ended = command("--site-down")
    assert ended == ["The site is gone."]
    assert command("--site-down") == ["The site was not running."]
    assert not [pid for pid, _ in state["processes"] if Path(f"/proc/{pid}/exe").exists()]
    assert not [folder for folder in state["folders"] if Path(folder).exists()]
