"""Fills the texts that come with the package with what is set."""

import grp
import pwd
import stat
import sys
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from ..config import Settings
from ..http import API
from ..identity.address import parse_address

Kind = Literal["systemd", "nginx", "apache"]

FILES: Final = {"systemd": "homa-bridge.service", "nginx": "nginx.conf", "apache": "apache.conf"}
NAME: Final = "homa-bridge"
HOMES: Final = ("/home", "/root", "/run/user")  # what ProtectHome hides
UNIX: Final = "unix:"
SETTINGS_FILE: Final = "/etc/homa-bridge.env"


def text_of(kind: Kind, settings: Settings) -> str:
    """Return the text for one program.

    :param settings: where the service listens, and below which path the site lies
    """
    text = (Path(__file__).parent / FILES[kind]).read_text("utf-8")
    for name, value in _values(kind, settings).items():
        text = text.replace("{{" + name + "}}", value)
    return text


def proxy_of(settings: Settings) -> str:
    """Return what a web server on this machine is to ``HOMA_TRUSTED_PROXIES``."""
    if settings.host.startswith(UNIX):
        return "unix"
    return "::1" if ":" in _host(settings) else "127.0.0.1"


def _values(kind: Kind, settings: Settings) -> dict[str, str]:
    if kind == "systemd":
        return _unit(settings)
    path = urlsplit(settings.site_url or "").path.rstrip("/")
    if kind == "apache":
        return {"path": path, "upstream": _apache(settings)}
    server = settings.host if settings.host.startswith(UNIX) else _place(settings)
    return {"path": path, "server": server, "below": f"{API}/" if path else ""}  # the service lies below no path


def _apache(settings: Settings) -> str:
    if settings.host.startswith(UNIX):
        return f"{settings.host}|http://localhost{API}/"
    return f"http://{_place(settings)}{API}/"


def _host(settings: Settings) -> str:
    """Return where a service is reached from this machine."""
    address = parse_address(settings.host)
    return "127.0.0.1" if address is not None and address.is_unspecified else settings.host


def _place(settings: Settings) -> str:
    host = _host(settings)
    return f"[{host}]:{settings.port}" if ":" in host else f"{host}:{settings.port}"


def _unit(settings: Settings) -> dict[str, str]:
    program = Path(sys.executable).parent / NAME
    is_socket = settings.host.startswith(UNIX)
    return {
        "settings": SETTINGS_FILE,
        "program": str(program),
        "host": settings.host,
        "port": "" if is_socket else f" --port {settings.port}",
        "account": _account(settings.wp_config),
        "socket": _runtime_folder(Path(settings.host.removeprefix(UNIX))) if is_socket else f"RuntimeDirectory={NAME}",
        "home": "read-only" if _is_in_home(program, settings.wp_config) else "yes",
    }


def _account(wp_config: Path | None) -> str:
    """Return whom the service runs as: nobody who exists, or who may read a wp-config.php that not all may."""
    try:
        found = None if wp_config is None else wp_config.stat()
        if found is None or found.st_mode & stat.S_IROTH:
            return "DynamicUser=yes"
        if found.st_mode & stat.S_IRGRP:
            return f"DynamicUser=yes\nSupplementaryGroups={grp.getgrgid(found.st_gid).gr_name}"
        return f"User={pwd.getpwuid(found.st_uid).pw_name}"
    except (OSError, KeyError):
        return "DynamicUser=yes"


def _runtime_folder(socket: Path) -> str:
    """Return what lets the service make its socket: a folder that systemd makes in /run, or the right to write one."""
    if socket.parent.parent == Path("/run"):
        return f"RuntimeDirectory={socket.parent.name}"
    return f"RuntimeDirectory={NAME}\nReadWritePaths={socket.parent}"


def _is_in_home(*paths: Path | None) -> bool:
    return any(path.is_relative_to(home) for path in paths if path for home in HOMES)
