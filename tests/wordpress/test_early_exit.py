"""The early exit: the same answers as on the ordinary way, before any other plugin is loaded."""

from collections.abc import Iterator

import pytest

from .bridge import Bridge
from .early import early_exit, roll_call
from .test_routes import replay


@pytest.fixture
def early(bridge: Bridge) -> Iterator[Bridge]:
    """Return a shop whose early exit answers."""
    bridge.site.install_plugin("roll-call")
    bridge.site.use("homaye-tabesh", "homa-bridge", "prompt-timer", "roll-call")
    with early_exit(bridge.site):
        bridge.between.paths()
        yield bridge
    bridge.site.use("homaye-tabesh", "homa-bridge", "prompt-timer")


def test_every_step_of_the_contract_is_as_expected(early: Bridge) -> None:
    assert replay(early.site.api).endswith("253 of 253 responses as expected\n")
    api = "/wp-json/homaye-tabesh/v1"
    assert roll_call(early.site) == [f"GET {api}/vault/sync", f"GET {api}/nope"]  # no such route
