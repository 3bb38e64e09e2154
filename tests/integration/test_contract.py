"""The wire contract's recorded steps, against a live service."""

import subprocess
import sys
from pathlib import Path

from ..servers import CONTRACT, serving


def test_every_step_is_as_expected(database_url: str, tmp_path: Path) -> None:
    environ = {"HOMA_DATABASE_URL": database_url, "HOMA_RATE_LIMITS": "on"}
    if not database_url.startswith("sqlite"):
        subprocess.run([sys.executable, "-m", "homa_bridge", "init-db"], env=environ, check=True, capture_output=True)
    with serving(environ, tmp_path) as service:
        result = subprocess.run(
            [sys.executable, CONTRACT / "run.py", service.api, CONTRACT / "scenarios.json"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.stdout.endswith("253 of 253 responses as expected\n"), result.stdout + result.stderr
