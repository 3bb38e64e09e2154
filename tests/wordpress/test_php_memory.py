"""The benchmark's yardstick in PHP: it is worth comparing with, for it answers and stores as the contract has it."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ..servers import CONTRACT, ROOT
from .client import Client
from .site import Site

NAMESPACE = "php-memory/v1"
ROUTES = ("/vault/sync", "/vault/restore")


@pytest.fixture
def php_site(site: Site) -> Site:
    """Return the site with the yardstick active beside the host plugin, which has the tables."""
    site.install_plugin(ROOT / "tests" / "bench" / "wordpress" / "php-memory")
    site.use("homaye-tabesh", "php-memory")
    return site


def test_the_contracts_steps_for_its_routes_are_as_expected(php_site: Site, tmp_path: Path) -> None:
    names = {"first-visit", "sync-and-restore", "every-json-value"}
    scenarios = [
        scenario for scenario in json.loads((CONTRACT / "scenarios.json").read_text()) if scenario["name"] in names
    ]
    assert all(step["path"].startswith(ROUTES) for scenario in scenarios for step in scenario["steps"])
    chosen = tmp_path / "scenarios.json"
    chosen.write_text(json.dumps(scenarios))
    result = subprocess.run(
        [sys.executable, CONTRACT / "run.py", f"{php_site.rest}/{NAMESPACE}", chosen],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(scenarios) == len(names)


def restored(client: Client, token: str = "") -> dict[str, Any]:
    query = f"?session_token={token}" if token else ""
    answer = client.call("GET", f"/vault/restore{query}", namespace=NAMESPACE)
    assert answer.status == 200
    found: dict[str, Any] = answer.json
    return found


def synced(client: Client, field: str, value: object, url: str | None = None) -> str:
    body = {"field": field, "value": value} | ({"page_url": url} if url else {})
    answer = client.call("POST", "/vault/sync", body, namespace=NAMESPACE)
    assert answer.status == 200, answer.text
    token: str = answer.json["session_token"]
    return token


def test_a_visitors_whole_memory_comes_back(php_site: Site) -> None:
    guest = php_site.guest()
    token = synced(guest, "tirage", 500, "http://shop.test/")
    synced(guest, 'a "quoted" name', {"list": [], "object": {}, "float": 1.0}, "http://shop.test/b")
    php_site.query("UPDATE {prefix}homa_sessions SET chat_summary = 'خلاصه'")
    synced(guest, "tirage", 600, "http://shop.test/c")
    for method, route, body in (
        ("POST", "/interest/track", {"category": "book-printing", "score": 3}),
        ("POST", "/chat/memory", {"message_type": "user", "message_content": "سلام", "ai_metadata": {"model": "m"}}),
    ):
        assert guest.call(method, route, body).status == 200
    answer = restored(guest)
    odd = {"list": [], "object": {}, "float": 1.0}
    times = [answer["session"].pop("updated_at"), answer["interests"][0].pop("last_interaction")]
    times.append(answer["chat_messages"][0].pop("timestamp"))
    assert answer == {
        "success": True,
        "vault_data": {
            "tirage": {"value": 600, "insight": None},
            'a "quoted" name': {"value": odd, "insight": None},
        },
        "session": {
            "last_url": "http://shop.test/c",
            "form_snapshot": {"tirage": 600, 'a "quoted" name': odd},
            "chat_summary": "خلاصه",
        },
        "interests": [{"category": "book-printing", "score": 3, "source": "organic"}],
        "chat_messages": [{"type": "user", "content": "سلام", "metadata": {"model": "m"}}],
        "has_chat_history": True,
        "session_token": token,
    }
    now = php_site.php("echo current_time( 'Y-m-d H' );")
    assert [time[: len(now)] for time in times] == [now] * 3, "the site's wall clock"
    assert restored(php_site.guest(), token)["vault_data"] == answer["vault_data"]
    ages = php_site.query("SELECT TIMESTAMPDIFF(MINUTE, NOW(), expires_at) AS minutes FROM {prefix}homa_sessions")
    assert 47 * 60 < ages[0]["minutes"] <= 48 * 60


def test_an_expired_session_is_gone(php_site: Site) -> None:
    guest = php_site.guest()
    synced(guest, "a", 1, "http://shop.test/")
    php_site.query("UPDATE {prefix}homa_sessions SET expires_at = NOW() - INTERVAL 1 HOUR, chat_summary = 'old'")
    assert restored(guest)["session"] is None
    synced(guest, "b", 2, "http://shop.test/")
    session = restored(guest)["session"]
    assert (session["form_snapshot"], session["chat_summary"]) == ({"b": 2}, None)


def test_a_field_keeps_one_row(php_site: Site) -> None:
    guest = php_site.guest()
    token = synced(guest, "first", 1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: synced(guest, "tirage", number), range(12)))
    for _ in range(2):
        php_site.query("INSERT INTO {prefix}homa_vault (session_token, context_key) VALUES (%s, 'first')", token)
    synced(guest, "first", 2)
    synced(guest, "first", 2)
    rows = php_site.query("SELECT context_key, user_id FROM {prefix}homa_vault ORDER BY id")
    assert [(row["context_key"], row["user_id"]) for row in rows] == [("first", None), ("tirage", None)]


def test_users_and_refusals(php_site: Site) -> None:
    customer = php_site.login("customer")
    assert synced(customer, "a", 1) == "user_2"
    assert php_site.query("SELECT user_id FROM {prefix}homa_vault") == [{"user_id": 2}]
    assert restored(customer, "user_2")["vault_data"] == {"a": {"value": 1, "insight": None}}
    guest = php_site.guest()
    for query, status in (("?session_token=user_2", 403), ("?session_token=x", 400)):
        assert guest.call("GET", f"/vault/restore{query}", namespace=NAMESPACE).status == status
    refused: tuple[dict[str, object], ...] = (
        {"field": "a"},
        {"field": "", "value": 1},
        {"field": "x" * 51, "value": 1},
        {"field": "a", "value": None},
        {"field": "a", "value": 1, "page_url": "ftp://x"},
    )
    for body in refused:
        assert guest.call("POST", "/vault/sync", body, namespace=NAMESPACE).status == 400, body
