"""A copy of the shop whose service is the live one's: it may read, and what it writes stays with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..servers import serving
from .bridge import Bridge
from .test_outage import page, wait_until_empty

LIVE = "https://live.shop.example"


@pytest.fixture
def copied(bridge: Bridge, tmp_path: Path) -> Iterator[Bridge]:
    """Return the shop while the service that it reaches remembers for another one."""
    usual = bridge.between.target
    environ = {"HOMA_WP_CONFIG": str(bridge.site.wp_config), "HOMA_SITE_URL": LIVE}
    with serving(environ, tmp_path) as live:
        bridge.between.target = live.port
        yield bridge
        bridge.between.target = usual
    bridge.site.query("DELETE FROM {prefix}homa_bridge_outbox")


def memory(bridge: Bridge) -> list[object]:
    """Return everything that the memory's tables hold."""
    tables = ("homa_vault", "homa_sessions", "homa_user_interests", "homaye_chat_memory", "homa_bridge_receipts")
    return [bridge.site.query(f"SELECT * FROM {{prefix}}{table}") for table in tables]


def test_what_a_copy_writes_stays_with_it_and_it_goes_on_reading(copied: Bridge) -> None:
    guest = copied.guest()
    before = memory(copied)
    for number in range(3):
        assert guest.call("POST", "/vault/sync", {"field": "a", "value": number}).json["success"]
        assert guest.call("GET", "/vault/restore").json["vault_data"] == {}
        assert not copied.is_distrusted()
    assert guest.call("POST", "/chat/memory", {"message_type": "user", "message_content": "سلام"}).json["success"]
    for route in ("/vault/clear", "/chat/memory/clear"):
        assert guest.call("POST", route, {}).json["code"] == "homa_service_unavailable"
    copied.site.php("do_action( 'homa_cleanup_expired_sessions' ); do_action( 'homa_bridge_replay_outbox' );")
    assert len(copied.kept()) == 4
    assert memory(copied) == before
    assert '"foreign"' in (copied.site.option("homa_bridge_failures") or "")


def test_the_live_shop_s_memory_is_read_and_not_changed(copied: Bridge) -> None:
    guest = copied.guest()
    copy = copied.between.target
    copied.between.target = copied.service.port
    guest.call("POST", "/vault/sync", {"field": "tirage", "value": 500})
    copied.between.refuse()
    guest.call("POST", "/vault/sync", {"field": "tirage", "value": 501})  # kept, and copied with the outbox
    copied.between.listen()
    copied.trust()
    copied.between.target = copy
    before = memory(copied)
    _, summary = page(guest)
    assert "- tirage: 500" in summary
    guest.call("POST", "/vault/sync", {"field": "tirage", "value": 502})
    assert memory(copied) == before
    assert len(copied.kept()) == 2


def test_a_refusal_shows_that_the_service_is_back(copied: Bridge) -> None:
    guest = copied.guest()
    copied.between.refuse()
    guest.call("GET", "/vault/restore")
    copied.between.listen()
    assert copied.is_distrusted()
    copied.let_the_trial_come()
    assert guest.call("POST", "/vault/sync", {"field": "a", "value": 1}).json["success"]
    assert not copied.is_distrusted()
    assert guest.call("GET", "/vault/restore").status == 200


def test_a_shop_that_has_moved_hands_over_what_it_has_kept(copied: Bridge) -> None:
    guest = copied.guest()
    for number in range(2):
        guest.call("POST", "/interest/track", {"category": "book", "score": number + 1})
    assert copied.score_of(guest, "book") == 0
    copied.between.target = copied.service.port  # restarted, and told the new address
    assert guest.call("GET", "/vault/restore").status == 200
    wait_until_empty(copied)
    assert copied.score_of(guest, "book") == 3


def test_an_activation_on_a_copy_says_so(copied: Bridge) -> None:
    copied.site.use()
    copied.site.use("homa-bridge")
    assert "remembers for another site" in copied.site.login("admin").get("/wp-admin/plugins.php").text
    copied.site.php("HomaBridge\\Admin\\ActivationNotice::dismiss();")
