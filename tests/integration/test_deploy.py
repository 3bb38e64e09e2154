"""What ``homa-bridge deploy`` prints is what the programs take, and what the README shows."""

import configparser
import grp
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from homa_bridge.config import load_settings
from homa_bridge.deploy.texts import FILES, Kind, text_of

from ..servers import ROOT, free_port, serving
from ..wordpress.direct import above_and_inside
from ..wordpress.site import program
from .test_serve import command, fetch

SOCKET = "unix:/run/homa-bridge/homa-bridge.sock"


def told(kind: Kind, folder: Path, **environ: str) -> str:
    return text_of(kind, load_settings({"HOMA_DATA_DIR": str(folder), **environ}, folder))


def unit(folder: Path, **environ: str) -> dict[str, Any]:
    """Return the unit's section about the service; where a name comes twice, the last."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep upper case
    parser.read_string(told("systemd", folder, **environ))
    return dict(parser["Service"])


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_the_readme_shows_the_text(kind: Kind, tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text("utf-8").partition("## Without PHP in the way\n")[2].partition("\n## ")[0]
    (shown,) = re.findall(rf"^```{kind}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert shown == told(kind, tmp_path)


def test_the_command_prints_it_and_says_what_to_do(tmp_path: Path) -> None:
    environ = {"HOMA_DATA_DIR": str(tmp_path), "HOMA_PORT": "9001"}
    result = command("deploy", "nginx", folder=tmp_path, **environ)
    assert (result.returncode, result.stdout) == (0, told("nginx", tmp_path, HOMA_PORT="9001"))
    assert "Set HOMA_TRUSTED_PROXIES=127.0.0.1 as well" in result.stderr
    result = command("deploy", "apache", folder=tmp_path, **environ, HOMA_TRUSTED_PROXIES="127.0.0.0/8")
    assert (result.returncode, "HOMA_TRUSTED_PROXIES" in result.stderr) == (0, False)
    result = command("deploy", "nginx", folder=tmp_path, **environ, HOMA_HOST=SOCKET, HOMA_TRUSTED_PROXIES="127.0.0.1")
    assert "Set HOMA_TRUSTED_PROXIES=unix as well" in result.stderr
    result = command("deploy", "systemd", folder=tmp_path, **environ)
    assert (result.returncode, result.stdout) == (0, told("systemd", tmp_path, HOMA_PORT="9001"))
    assert "systemctl enable --now homa-bridge" in result.stderr
    assert command("deploy", "caddy", folder=tmp_path, **environ).returncode == 2


@pytest.mark.parametrize(
    ("environ", "server", "handed", "apache"),
    [
        ({}, "127.0.0.1:8765;", "", '"http://127.0.0.1:8765/wp-json/homaye-tabesh/v1/"'),
        ({"HOMA_HOST": "::1", "HOMA_PORT": "9"}, "[::1]:9;", "", '"http://[::1]:9/wp-json/homaye-tabesh/v1/"'),
        ({"HOMA_HOST": "0.0.0.0"}, "127.0.0.1:8765;", "", '"http://127.0.0.1:8765/wp-json/homaye-tabesh/v1/"'),
        (
            {"HOMA_HOST": SOCKET},
            f"{SOCKET};",
            "",
            f'"{SOCKET}|http://localhost/wp-json/homaye-tabesh/v1/"',
        ),
        (
            {"HOMA_SITE_URL": "https://shop.test/shop/"},
            "127.0.0.1:8765;",
            "/wp-json/homaye-tabesh/v1/",
            '"http://127.0.0.1:8765/wp-json/homaye-tabesh/v1/"',
        ),
        (
            {"HOMA_SITE_URL": "https://shop.test/shop", "HOMA_HOST": SOCKET},
            f"{SOCKET};",
            "/wp-json/homaye-tabesh/v1/",
            f'"{SOCKET}|http://localhost/wp-json/homaye-tabesh/v1/"',
        ),
    ],
)
def test_both_web_servers_take_it(
    environ: dict[str, str], server: str, handed: str, apache: str, tmp_path: Path
) -> None:
    above, lines = above_and_inside(told("nginx", tmp_path, **environ))
    assert f"server {server}\n" in above
    assert f"proxy_pass http://homa-bridge{handed};\n" in lines
    assert f"location ^~ {'/shop' if 'HOMA_SITE_URL' in environ else ''}/wp-json/homaye-tabesh/v1/ {{" in lines
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"pid {tmp_path}/pid; events {{}}\n"
        f"http {{ access_log off; {above} server {{ listen 127.0.0.1:{free_port()}; {lines} }} }}"
    )
    result = run(program("nginx"), "-t", "-e", f"{tmp_path}/log", "-c", str(configuration))
    assert result.returncode == 0, result.stderr

    lines = told("apache", tmp_path, **environ)
    assert f"ProxyPass {apache}\n" in lines
    modules = ("mpm_event", "authz_core", "proxy", "proxy_http", "headers")
    loaded = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules)
    (tmp_path / "apache.conf").write_text(
        f"ServerRoot {tmp_path}\nServerName shop.test\nPidFile {tmp_path}/apache.pid\nErrorLog {tmp_path}/error.log\n"
        f"Listen 127.0.0.1:{free_port()}\n{loaded}\n<VirtualHost *>\n{lines}</VirtualHost>\n"
    )
    result = run(program("apache2"), "-t", "-f", str(tmp_path / "apache.conf"))
    assert result.returncode == 0, result.stderr


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("environ", [{}, {"HOMA_HOST": SOCKET}, {"HOMA_HOST": "unix:/srv/sockets/homa.sock"}])
def test_systemd_takes_the_unit(environ: dict[str, str], tmp_path: Path) -> None:
    service = unit(tmp_path, **environ)
    assert service["ExecStart"].startswith(f"{Path(sys.executable).parent}/homa-bridge serve --host ")
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert (service["Type"], service["Restart"], service["DynamicUser"]) == ("notify", "always", "yes")
    for name, value in {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "CapabilityBoundingSet": ""}.items():
        assert service[name] == value
    assert service["RuntimeDirectory"] == "homa-bridge"
    assert service.get("ReadWritePaths") == ("/srv/sockets" if "srv" in environ.get("HOMA_HOST", "") else None)
    if shutil.which("systemd-analyze") is None:
        return  # a machine without systemd has nothing but the parser above
    text = told("systemd", tmp_path, **environ)
    file = tmp_path / "homa-bridge.service"
    file.write_text(text.replace("EnvironmentFile=/etc/homa-bridge.env", "EnvironmentFile=-/dev/null"))
    result = run("systemd-analyze", "verify", "--man=no", str(file))
    assert (result.returncode, [line for line in result.stderr.splitlines() if "homa-bridge" in line]) == (0, [])


def test_the_unit_s_account_may_read_the_site_s_file(tmp_path: Path) -> None:
    config = tmp_path / "wp-config.php"
    config.write_text("<?php define('DB_NAME', 'd'); $table_prefix = 'wp_';")

    def lines(path: Path) -> list[str]:
        settings = load_settings({"HOMA_DATA_DIR": str(tmp_path)}, tmp_path)
        return text_of("systemd", settings.changed(wp_config=path)).splitlines()

    def account(mode: int) -> dict[str, str | None]:
        config.chmod(mode)
        found = dict(line.partition("=")[::2] for line in lines(config) if "=" in line)
        return {name: found.get(name) for name in ("DynamicUser", "SupplementaryGroups", "User")}

    assert "ProtectHome=read-only" in lines(Path("/home/shop/wp-config.php"))
    own = grp.getgrgid(config.stat().st_gid).gr_name
    assert account(0o644) == {"DynamicUser": "yes", "SupplementaryGroups": None, "User": None}
    assert account(0o640) == {"DynamicUser": "yes", "SupplementaryGroups": own, "User": None}
    assert account(0o600) == {"DynamicUser": None, "SupplementaryGroups": None, "User": config.owner()}


def test_the_texts_are_in_the_package(tmp_path: Path) -> None:
    arguments = [
        "wheel",
        "--quiet",
        "--no-deps",
        "--disable-pip-version-check",
        "--wheel-dir",
        str(tmp_path),
        str(ROOT),
    ]
    result = run(sys.executable, "-m", "pip", *arguments)
    assert result.returncode == 0, result.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"homa_bridge/deploy/{name}" for name in FILES.values()} <= set(names)


@pytest.mark.parametrize("is_abstract", [False, True])
def test_it_tells_systemd_once_that_it_is_ready_and_then_it_is(tmp_path: Path, is_abstract: bool) -> None:
    name = f"@{tmp_path}/notify" if is_abstract else f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(name.replace("@", "\0", 1) if is_abstract else name)
        supervisor.settimeout(30)
        with serving({"HOME": str(tmp_path), "NOTIFY_SOCKET": name}, tmp_path) as service:
            assert supervisor.recv(100) == b"READY=1"
            assert fetch(f"{service.address}/readyz")[0] == 200
            assert service.process.stop() == 0
        supervisor.settimeout(0.2)
        with pytest.raises(TimeoutError):
            supervisor.recv(100)
