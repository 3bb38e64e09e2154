"""``homa-bridge plugin-zip``, and what the archive says of itself."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from ..servers import ROOT
from .test_serve import command

PLUGIN = ROOT / "wp-plugin"


def test_it_writes_the_whole_plugin_into_one_folder(tmp_path: Path) -> None:
    result = command("plugin-zip", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert str(tmp_path / "homa-bridge.zip") in result.stdout
    assert "Plugins → Add New → Upload Plugin" in result.stdout
    with zipfile.ZipFile(tmp_path / "homa-bridge.zip") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    files = {f"homa-bridge/{path.relative_to(PLUGIN)}": path.read_bytes() for path in PLUGIN.rglob("*.*")}
    assert packed == files
    assert {"homa-bridge/homa-bridge.php", "homa-bridge/uninstall.php", "homa-bridge/readme.txt"} < packed.keys()
    assert "homa-bridge/languages/homa-bridge-fa_IR.mo" in packed


def test_the_same_plugin_makes_the_same_archive(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip", "two.zip"):
        assert command("plugin-zip", "--output", name, folder=tmp_path).returncode == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_it_destroys_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "precious.txt").write_text("a letter")
    for output, reason in (
        ("folder", "is a directory"),
        ("precious.txt", "is no zip archive: choose another name"),
        ("nowhere/plugin.zip", "cannot be written (No such file or directory): choose another place"),
    ):
        result = command("plugin-zip", "--output", output, folder=tmp_path)
        assert result.returncode != 0
        assert reason in result.stderr
        assert "Traceback" not in result.stderr
    assert (tmp_path / "precious.txt").read_text() == "a letter"


def test_an_installed_wheel_writes_the_same(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    code = "import pathlib, sys, homa_bridge.plugin_zip as z; z.write(pathlib.Path(sys.argv[1])); print(z.__file__)"
    result = subprocess.run(
        [sys.executable, "-c", code, "wheel.zip"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert str(tmp_path / "installed") in result.stdout
    assert command("plugin-zip", folder=tmp_path).returncode == 0
    assert (tmp_path / "wheel.zip").read_bytes() == (tmp_path / "homa-bridge.zip").read_bytes()


def test_every_file_tells_the_same_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    main = (PLUGIN / "homa-bridge.php").read_text()
    readme = (PLUGIN / "readme.txt").read_text()
    told = {
        "header": _found(r"^ \* Version: +(\S+)$", main),
        "constant": _found(r"define\( 'HOMA_BRIDGE_VERSION', '([^']+)' \)", main),
        "readme": _found(r"^Stable tag: (\S+)$", readme),
        "changelog": _found(r"^== Changelog ==\n\n= (\S+) =$", readme),
    }
    assert told == dict.fromkeys(told, project["version"])
    for requirement in ("Requires at least", "Requires PHP", "License"):
        assert _found(rf"^ \* {requirement}: +(\S+)$", main) == _found(rf"^{requirement}: (\S+)$", readme)


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    assert match, pattern
    return match[1]
