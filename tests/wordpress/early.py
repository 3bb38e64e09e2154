"""The early exit of a site: switched on as its owner does it, and who was loaded for a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .client import Answer
from .owner import Owner
from .site import Site

FILE = "homa-bridge-early-exit.php"
ON = "The early exit is installed."


def must_use_file(site: Site) -> Path:
    """Return where the must-use plugin lies."""
    return site.content / "mu-plugins" / FILE


def was_early(answer: Answer) -> bool:
    """Return whether no other plugin was loaded for a request; the plugin ``roll-call`` is active."""
    return answer.headers.get("X-Plugins-Loaded") is None


def roll_call(site: Site) -> list[str]:
    """Return the requests that other plugins were loaded for, and forget them."""
    log = site.content / "roll-call.log"
    found = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return found


def lay_aside(site: Site) -> None:
    """Have the ordinary way answer: the file is there under a name that WordPress does not load."""
    file = must_use_file(site)
    if file.exists():
        file.rename(file.with_suffix(".off"))


def put_back(site: Site) -> None:
    """Have the early exit answer again."""
    file = must_use_file(site)
    if file.with_suffix(".off").exists():
        file.with_suffix(".off").rename(file)


def examine(site: Site) -> None:
    """Have a request go the ordinary way, on which the plugin sees who is active."""
    site.guest().call("GET", "/vault/restore")


@contextmanager
def early_exit(site: Site) -> Iterator[None]:
    """Switch the early exit on for a while."""
    owner = Owner(site)
    assert ON in owner.press("early_on")
    examine(site)
    roll_call(site)
    try:
        yield
    finally:
        put_back(site)
        site.php("HomaBridge\\Early\\Installation::switch_off();")
        roll_call(site)
