"""Settings → Homa Bridge → Validation: who may open the page, whom it speaks as, and what it may ask."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from homa_bridge import plugin_zip

from ..servers import ROOT, Service, free_port
from .bridge import Bridge
from .client import Answer, Client
from .owner import SCREEN, text
from .site import Site

PAGE = "/wp-admin/admin-post.php?action=homa_bridge_validation"
ROUTES = ("/status", "/preview")


def ask(client: Client, route: str, **options: Any) -> Answer:
    """Ask one of the owner's routes."""
    return client.call("GET", route, namespace="homa-bridge/v1", **options)


def config(page: Answer) -> dict[str, str]:
    """Return what the page is given."""
    found = re.search(r"<script>window\.homaConfig = (\{.*?\});</script></head>", page.text)
    assert found
    told: dict[str, str] = json.loads(found[1])
    return told


def test_the_tab_frames_the_page(bridge: Bridge) -> None:
    owner = bridge.site.login("admin")
    overview = owner.get(SCREEN)
    assert f'href="{bridge.site.address}{SCREEN}&#038;tab=validation" class="nav-tab">Validation</a>' in overview.text
    assert "<iframe" not in overview.text
    tab = owner.get(f"{SCREEN}&tab=validation")
    assert 'class="nav-tab nav-tab-active" aria-current="page">Validation</a>' in tab.text
    frame = re.search(r'<iframe id="homa-bridge-validation" src="([^"]+)" title="Validation page">', tab.text)
    assert frame
    assert frame[1] == bridge.site.address + PAGE
    assert "what you type is stored under your own user" in text(tab)
    assert "Recent failures" not in text(tab)


def test_only_those_who_manage_the_site_get_the_page(bridge: Bridge) -> None:
    assert bridge.site.login("customer").get(PAGE).status == 403
    assert bridge.site.login("customer").get(f"{SCREEN}&tab=validation").status == 403
    stranger = bridge.site.guest().request("GET", PAGE, follow=False)
    assert "homaConfig = {" not in stranger.text
    assert "nonce" not in stranger.text


def test_the_page_is_the_services_own_and_speaks_as_the_owner(bridge: Bridge) -> None:
    owner = bridge.site.login("admin")
    page = owner.get(PAGE)
    assert page.status == 200
    given = re.sub(r"<script>window\.homaConfig = .*?;</script>(?=</head>)", "", page.text, count=1)
    assert given == (ROOT / "validate.html").read_text()
    assert page.text.index("window.homaConfig = {") < page.text.index("'use strict'")
    told = config(page)
    assert told | {"nonce": ""} == {
        "restUrl": f"{bridge.site.rest}/homaye-tabesh/v1",
        "nonce": "",
        "statusUrl": f"{bridge.site.rest}/homa-bridge/v1/status",
        "previewUrl": f"{bridge.site.rest}/homa-bridge/v1/preview",
        "timeZone": "Asia/Tehran",
        "language": "en",
    }
    asked = owner.call("GET", "/vault/restore", nonce=told["nonce"])
    assert asked.json["session_token"] == "user_1"


def test_nobody_else_may_frame_or_keep_the_page(bridge: Bridge) -> None:
    headers = bridge.site.login("admin").get(PAGE).headers
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert headers.get_all("X-Frame-Options") == ["SAMEORIGIN"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_nothing_that_it_is_given_ends_the_script(bridge: Bridge) -> None:
    evil = "</script><script>alert('1')</script><!--"
    code = f"<?php add_filter( 'rest_url', static fn( $address ) => $address . {json.dumps(evil)} );"
    with bridge.site.must_use("evil", code):
        page = bridge.site.login("admin").get(PAGE)
    assert config(page)["restUrl"].endswith(evil)
    assert evil not in page.text


def test_an_owner_who_reads_persian_gets_the_page_in_persian(bridge: Bridge) -> None:
    bridge.site.php("update_user_option( 1, 'locale', 'fa_IR', true );")
    try:
        owner = bridge.site.login("admin")
        assert config(owner.get(PAGE))["language"] == "fa"
        assert "بازدیدکننده این‌جا خود شمایید" in text(owner.get(f"{SCREEN}&tab=validation"))
    finally:
        bridge.site.php("delete_user_option( 1, 'locale', true );")


def test_without_its_file_it_says_what_to_do(bridge: Bridge) -> None:
    file = bridge.site.content / "plugins" / "homa-bridge" / "validate.html"
    content = file.read_bytes()
    file.unlink()
    try:
        page = bridge.site.login("admin").get(PAGE)
    finally:
        file.write_bytes(content)
    assert page.status == 500
    assert "Install the plugin again" in page.text


@pytest.mark.parametrize("route", ROUTES)
def test_only_those_who_manage_the_site_may_ask(bridge: Bridge, route: str) -> None:
    owner = bridge.site.login("admin")
    assert ask(owner, route).status == 200
    for client, status in ((bridge.site.login("customer"), 403), (bridge.site.guest(), 401)):
        bridge.between.paths()
        refused = ask(client, route)
        assert (refused.status, refused.json["code"]) == (status, "rest_forbidden")
        assert bridge.between.paths() == []
    assert ask(owner, route, nonce=None).status == 401, "a link on another site carries no nonce"
    assert ask(owner, route, nonce="0123456789").status == 403


def test_the_status_is_the_services_with_counts(bridge: Bridge) -> None:
    owner = bridge.site.login("admin")
    owner.call("POST", "/vault/sync", {"field": "tirage", "value": 500})
    told = ask(owner, "/status").json
    assert told["site_url"] == bridge.site.address
    tables = {table["name"]: table for table in told["database"]["tables"]}
    assert tables["wp_homa_vault"]["rows"] == 1
    assert tables["wp_homa_vault"]["exists"]
    assert told["database"]["kind"] == "MariaDB"


def test_the_preview_is_the_owners_own(bridge: Bridge) -> None:
    owner, guest = bridge.site.login("admin"), bridge.guest()
    guest.call("POST", "/vault/sync", {"field": "paper_type", "value": "گلاسه"})
    owner.call("POST", "/vault/sync", {"field": "tirage", "value": 12_345})
    told = ask(owner, "/preview").json
    assert told["session_token"] == "user_1"
    assert "- tirage: 12345" in told["section"]
    assert "گلاسه" not in told["section"]
    assert told["tokens"] > 0
    assert told["who_am_i"]


def test_a_service_that_is_away_is_told_as_such(site: Site, service: Service) -> None:
    address = site.constants["HOMA_BRIDGE_ADDRESS"]
    site.use("homa-bridge")
    site.configure(HOMA_BRIDGE_ADDRESS=f"http://127.0.0.1:{free_port()}")
    try:
        answer = ask(site.login("admin"), "/status")
    finally:
        site.configure(HOMA_BRIDGE_ADDRESS=address)
    assert (answer.status, answer.json["code"]) == (503, "homa_service_unavailable")
    assert answer.json["data"] == {"status": 503, "kind": "refused"}


def test_the_zip_holds_the_page(tmp_path: Path) -> None:
    plugin_zip.write(tmp_path / "plugin.zip")
    with zipfile.ZipFile(tmp_path / "plugin.zip") as archive:
        entry = archive.getinfo("homa-bridge/validate.html")
        assert archive.read(entry) == (ROOT / "validate.html").read_bytes()
        assert entry.external_attr >> 16 == 0o100644, "a file, and no link to one"
