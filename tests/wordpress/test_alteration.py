"""Something between site and service changes requests: they are refused, told apart, and lose nothing."""

from collections.abc import Iterator

import pytest

from .bridge import Bridge
from .test_outage import wait_until_empty


@pytest.fixture
def altering(bridge: Bridge) -> Iterator[Bridge]:
    """Return the shop; what is in between hands everything on again afterwards."""
    yield bridge
    bridge.between.alter = lambda request: request
    bridge.site.query("DELETE FROM {prefix}homa_bridge_outbox")


def failures(bridge: Bridge) -> str:
    return bridge.site.option("homa_bridge_failures") or ""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"/vault/sync", b"/vault/clear", "path"),
        (b"sync HTTP", b"sync?a=1 HTTP", "path"),
        (b"X-Homa-User: 0", b"X-Homa-User: 1", "headers"),
        (b"Referer: https://shop.test/a", b"Referer: https://shop.test/", "headers"),
        (b"X-Homa-Signature", b"X-Dropped", "missing"),
        (b"X-Homa-Nonce", b"X-Dropped", "malformed"),
        (b"v1=", b"v1=00", "malformed"),
    ],
)
def test_what_is_changed_is_told_and_lost_to_nobody(altering: Bridge, old: bytes, new: bytes, code: str) -> None:
    guest = altering.guest()
    altering.between.alter = lambda request: request.replace(old, new, 1)
    headers = {"Referer": "https://shop.test/a"}
    assert guest.call("POST", "/vault/sync", {"field": "a", "value": 1}, headers=headers).json["success"]
    assert len(altering.kept()) == 1
    assert f"homa_signature_{code}" in failures(altering)
    assert altering.is_distrusted()
    altering.between.alter = lambda request: request
    altering.let_the_trial_come()
    assert guest.call("GET", "/vault/restore").json["vault_data"]["a"]["value"] == 1
    wait_until_empty(altering)


def test_one_visitor_s_body_that_does_not_pass_holds_up_nobody_else(altering: Bridge) -> None:
    """As a firewall does that takes the word of one visitor for an attack."""
    first, second = altering.guest(), altering.guest()
    altering.between.alter = lambda request: request.replace(b"<script>", b"[script]")
    for value in ("<script>", "later"):
        assert first.call("POST", "/vault/sync", {"field": "a", "value": value}).json["success"]
    assert not altering.is_distrusted()
    assert "homa_signature_body" in failures(altering)
    altering.between.refuse()
    second.call("POST", "/vault/sync", {"field": "a", "value": 2})
    altering.between.listen()
    altering.trust()
    altering.site.php("do_action( 'homa_bridge_replay_outbox' );")
    assert altering.fields_of(second) == {"a": "2"}
    assert second.call("GET", "/vault/restore").status == 200
    assert first.call("GET", "/vault/restore").status == 200
    assert len(altering.kept()) == 2
    altering.between.alter = lambda request: request
    first.call("GET", "/vault/restore")
    wait_until_empty(altering)
    assert altering.fields_of(first) == {"a": '"later"'}
