"""The whole as a shop has it: a site with both plugins, the service, and something in between that can fail."""

from typing import Any

from ..servers import Service
from .between import Between
from .client import Client
from .site import Site

GUEST = "homa_session_token"


class Bridge:
    """A shop.

    :param site: its WordPress; both plugins are active
    :param service: its memory
    :param between: what WordPress takes for the service
    """

    def __init__(self, site: Site, service: Service) -> None:
        self.site = site
        self.service = service
        self.between = Between(service.port)

    def connect(self) -> None:
        """Have the site take what is in between for the service, with both plugins active."""
        self.site.configure(HOMA_BRIDGE_ADDRESS=self.between.address)
        self.site.install_plugin("prompt-timer")
        self.site.use("homaye-tabesh", "homa-bridge", "prompt-timer")
        self.site.host_served_log.unlink(
            missing_ok=True
        )  # activated first, the other plugin served until ours was there
        self.between.paths()

    def trust(self) -> None:
        """Have WordPress trust the service again."""
        self._set_breaker("")

    def let_the_trial_come(self) -> None:
        """Have the 15 seconds pass after which the service is tried again."""
        state = self.site.option("homa_bridge_breaker")
        assert state, "the service counts as there"
        self._set_breaker("1|" + state.split("|")[1])

    def is_distrusted(self) -> bool:
        """Return whether the service counts as away."""
        return self.site.option("homa_bridge_breaker") != ""

    def kept(self) -> list[dict[str, Any]]:
        """Return the writes that are kept."""
        return self.site.query("SELECT * FROM `{prefix}homa_bridge_outbox` ORDER BY id")

    def guest(self) -> Client:
        """Return a guest who has a token."""
        client = self.site.guest()
        assert client.call("GET", "/vault/restore").status == 200
        self.between.paths()
        return client

    def fields_of(self, client: Client) -> dict[str, Any]:
        """Return what the vault's table holds of a guest, as JSON texts."""
        rows = self.site.query(
            "SELECT context_key, context_value FROM `{prefix}homa_vault` WHERE session_token = %s",
            client.cookies[GUEST],
        )
        return {row["context_key"]: row["context_value"] for row in rows}

    def score_of(self, client: Client, category: str) -> int:
        """Return an interest's score of a guest; 0 without one."""
        rows = self.site.query(
            "SELECT interest_score FROM `{prefix}homa_user_interests` "
            "WHERE user_id_or_token = %s AND category_slug = %s",
            client.cookies[GUEST],
            category,
        )
        return int(rows[0]["interest_score"]) if rows else 0

    def _set_breaker(self, state: str) -> None:
        self.site.query(
            "UPDATE `{prefix}options` SET option_value = %s WHERE option_name = 'homa_bridge_breaker'", state
        )
