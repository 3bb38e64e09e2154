"""All PHP code is PHP, and the plugin leaves nothing behind that it does not know of."""

import re
import subprocess
from pathlib import Path

import pytest

from ..servers import ROOT

PLUGIN = ROOT / "wp-plugin"
FOREIGN = {"node_modules", "build", "dist"}
SOURCES = sorted(
    path
    for path in ROOT.rglob("*.php")
    if not any(part in FOREIGN or part.startswith(".") for part in path.relative_to(ROOT).parts)
)
PLACE = re.compile(r"\{\{\w+\}\}")  # in a template that the tests fill in before PHP reads it


@pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in SOURCES])
def test_a_file_is_php(path: Path) -> None:
    source = PLACE.sub("", path.read_text("utf-8"))
    result = subprocess.run(["php", "-l"], input=source, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout + result.stderr


def test_uninstalling_names_everything_that_the_plugin_stores() -> None:
    sources = "".join(path.read_text("utf-8") for path in (PLUGIN / "src").rglob("*.php"))
    uninstall = (PLUGIN / "uninstall.php").read_text("utf-8")
    constants = set(re.findall(r"const \w+ += '(homa_bridge_\w+)'", sources))
    assert len(constants) >= 8
    not_stored = {
        "homa_bridge_",
        "homa_bridge_validation",
    }  # how the names of the screen's buttons begin, and an address
    missing = {name for name in constants - not_stored if f"'{name}'" not in uninstall}
    assert not missing
