"""A new secret: from the click to the restart and beyond nothing is lost, and nothing is done twice."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..servers import ROOT, MariaDB, Service, serving
from .between import Between
from .client import Client
from .conftest import create_tables
from .owner import Owner
from .site import Site


@pytest.fixture
def shop(mariadb: MariaDB, tmp_path: Path) -> Iterator[Site]:
    """Return a site whose secret is an option; the memory's tables are there."""
    site = Site(mariadb)
    site.install_plugin(ROOT / "wp-plugin", "homa-bridge")
    create_tables({"HOMA_WP_CONFIG": str(site.wp_config)}, tmp_path)
    site.use("homa-bridge")
    yield site
    assert site.debug_log() == ""
    site.remove()


def meet(shop: Site, service: Service) -> Between:
    """Have the site reach the service, by way of what counts the requests."""
    between = Between(service.port)
    shop.php(
        f"update_option( 'homa_bridge_address', '{between.address}' ); update_option( 'homa_bridge_breaker', '' );"
    )
    return between


def write(guest: Client) -> None:
    """Add one to an interest, which shows what is done twice."""
    assert guest.call("POST", "/interest/track", {"category": "book", "score": 1}).json["success"]


def score(guest: Client) -> int:
    found: int = guest.call("GET", "/vault/restore").json["interests"][0]["score"]
    return found


def kept(shop: Site) -> int:
    return len(shop.query("SELECT id FROM {prefix}homa_bridge_outbox"))


def test_nothing_is_lost_between_the_click_and_the_restart(shop: Site, tmp_path: Path) -> None:
    environ = {"HOMA_WP_CONFIG": str(shop.wp_config)}
    owner, guest = Owner(shop), shop.guest()
    with serving(environ, tmp_path) as service:
        between = meet(shop, service)
        write(guest)
        first = shop.option("homa_bridge_secret")
        owner.press("new_secret")
        assert shop.option("homa_bridge_previous_secret") == first
        between.passed.clear()
        write(guest)
        nonces = re.findall(rb"X-Homa-Nonce: (\w+)", b"".join(request.head for request in between.passed))
        assert len(nonces) == 2
        assert len(set(nonces)) == 1
        assert score(guest) == 2
        owner.press("new_secret")  # impatience: the service still has the first one alone
        assert shop.option("homa_bridge_previous_secret") == first
        write(guest)
        said = owner.read()
        assert "Secret Worth a look The service still goes by the previous secret. Restart it." in said
        assert "Forget the previous secret" not in said
        assert (score(guest), kept(shop), shop.option("homa_bridge_breaker")) == (3, 0, "")
        between.refuse()
    write(guest)  # while it is being restarted
    with serving(environ, tmp_path) as service:
        between = meet(shop, service)
        write(guest)
        assert score(guest) == 5
        between.passed.clear()
        write(guest)
        assert len(between.paths()) == 1
        assert "The service accepts the new secret" in owner.read()
        assert "The previous secret is forgotten." in owner.press("forget_secret")
        write(guest)
        assert (score(guest), kept(shop)) == (7, 0)
        between.refuse()
    with serving(environ, tmp_path) as service:
        between = meet(shop, service)
        write(guest)
        assert (score(guest), kept(shop)) == (8, 0)
        assert "revious" not in owner.read().split("A new secret")[0]
        between.refuse()


def test_the_previous_secret_is_not_forgotten_while_the_service_goes_by_it(shop: Site, tmp_path: Path) -> None:
    owner = Owner(shop)
    with serving({"HOMA_WP_CONFIG": str(shop.wp_config)}, tmp_path) as service:
        between = meet(shop, service)
        shop.php("update_option( 'homa_bridge_previous_secret', str_repeat( 'x', 64 ) );")
        nonce = owner.nonce("forget_secret")  # it is in the page of an owner who has left it open
        owner.press("new_secret")
        owner.post("forget_secret", nonce)
        assert shop.option("homa_bridge_previous_secret")
        between.refuse()
    owner.post("forget_secret", nonce)
    assert shop.option("homa_bridge_previous_secret")


def test_both_are_constants(shop: Site, tmp_path: Path) -> None:
    guest = shop.guest()
    old, new = "o" * 40, "n" * 40
    shop.configure(HOMA_BRIDGE_SECRET=old)
    with serving({"HOMA_WP_CONFIG": str(shop.wp_config)}, tmp_path) as service:
        between = meet(shop, service)
        write(guest)
        shop.configure(HOMA_BRIDGE_SECRET=new, HOMA_BRIDGE_PREVIOUS_SECRET=old)
        write(guest)
        assert (score(guest), kept(shop)) == (2, 0)
        between.refuse()
    with serving({"HOMA_WP_CONFIG": str(shop.wp_config)}, tmp_path) as service:
        between = meet(shop, service)
        write(guest)
        assert (score(guest), len(between.paths())) == (3, 2)
        shop.configure(HOMA_BRIDGE_SECRET=old, HOMA_BRIDGE_PREVIOUS_SECRET="")
        write(guest)  # signed with the old one, which the service accepts as well
        assert (score(guest), kept(shop)) == (4, 0)
        between.refuse()


def test_with_neither_secret_accepted_writes_are_kept(shop: Site, tmp_path: Path) -> None:
    guest, owner = shop.guest(), Owner(shop)
    environ = {"HOMA_WP_CONFIG": str(shop.wp_config)}
    with serving({**environ, "HOMA_SHARED_SECRET": "another secret, of forty characters in all"}, tmp_path) as service:
        between = meet(shop, service)
        shop.php("update_option( 'homa_bridge_secret', str_repeat( 'x', 64 ) );")
        write(guest)
        assert kept(shop) == 1
        assert shop.option("homa_bridge_breaker")
        assert "the two have different secrets" in owner.press("test")
        between.refuse()
