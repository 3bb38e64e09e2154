"""WordPress's tools for personal data show everything that the memory holds of a user, and erase it."""

import html
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .bridge import GUEST, Bridge
from .client import Client
from .site import Site
from .test_stand_ins import run

# After the last exporter WordPress needs PHP's zip extension, which tests do without: one more goes behind ours.
FOLLOWED_BY = """<?php
$homa_last = array(
    'exporter_friendly_name' => 'Last',
    'callback'               => static fn() => array( 'data' => array(), 'done' => true ),
);
add_filter( 'wp_privacy_personal_data_exporters', static fn( $all ) => $all + array( 'last' => $homa_last ), 99 );
"""
CALLBACKS = {"erase": "erasers", "export": "exporters"}
FORGOTTEN = {"items_removed": 0, "items_retained": False, "messages": [], "done": True}


class Tool:
    """One of the two tools, as the administrator's browser uses it."""

    def __init__(self, site: Site, kind: str) -> None:
        self.kind = kind
        self.site = site
        self.admin = site.login("admin")

    def request(self, address: str) -> dict[str, str]:
        """Make a request for a person's data, and return what the screen says of it."""
        action = {"erase": "remove_personal_data", "export": "export_personal_data"}[self.kind]
        self.site.query("DELETE FROM `{prefix}posts` WHERE post_name = %s", action)  # there may be one at a time
        number = self.site.php(f"echo wp_create_user_request( '{address}', '{action}', array(), 'confirmed' );")
        page = self.admin.get(f"/wp-admin/{self.kind}-personal-data.php").text
        found = re.search(
            rf'data-(?:erasers|exporters)-count="(\d+)" data-request-id="{number}" data-nonce="(\w+)"', page
        )
        assert found, page
        return {"id": number, "count": found[1], "security": found[2]}

    def step(self, request: dict[str, str], index: int, page: int) -> Any:
        """Do one step, as the screen's script does."""
        fields = {"id": request["id"], "security": request["security"], "page": str(page), "sendAsEmail": "false"}
        which = {"erase": "eraser", "export": "exporter"}[self.kind]
        return self.admin.ajax(f"wp-privacy-{self.kind}-personal-data", **fields, **{which: str(index)}).json

    def index(self, request: dict[str, str]) -> int:
        """Return the number of the plugin's own callback, from 1."""
        names = self.site.php(
            f"""$all = apply_filters( 'wp_privacy_personal_data_{CALLBACKS[self.kind]}', array() );
            echo wp_json_encode( array_keys( $all ) );"""
        )
        assert int(request["count"]) == len(json.loads(names))
        return int(json.loads(names).index("homa-bridge")) + 1


@pytest.fixture
def exporting(bridge: Bridge) -> Iterator[Tool]:
    with bridge.site.must_use("one-more-exporter", FOLLOWED_BY):
        yield Tool(bridge.site, "export")


@pytest.fixture
def erasing(bridge: Bridge) -> Tool:
    return Tool(bridge.site, "erase")


def callback(site: Site, kind: str, address: str, page: int = 1) -> Any:
    """Ask the callback itself; an error is its message."""
    printed = site.php(
        f"""$all = apply_filters( 'wp_privacy_personal_data_{CALLBACKS[kind]}', array() );
        $got = $all['homa-bridge']['callback']( '{address}', {page} );
        echo wp_json_encode( is_wp_error( $got ) ? $got->get_error_message() : $got );"""
    )
    return json.loads(printed)


def leave(bridge: Bridge, client: Client, mark: Callable[[str], str], token: str) -> list[str]:
    """Have a visitor leave a mark wherever something can be left, and return the marks."""
    marks: list[str] = []

    def marked(name: str) -> str:
        marks.append(mark(name))
        return marks[-1]

    page = f"https://shop.test/{marked('page')}"
    message: dict[str, object] = {
        "message_type": "user",
        "message_content": marked("chat"),
        "ai_metadata": {"a": marked("metadata")},
    }
    writes: dict[str, dict[str, object]] = {
        "/vault/sync": {"field": marked("field"), "value": {marked("key"): [marked("value")]}, "page_url": page},
        "/session/snapshot": {"form_snapshot": {"x": marked("form")}, "chat_summary": marked("summary")},
        "/interest/track": {"category": marked("category"), "score": 3, "source": marked("source")},
        "/chat/memory": message,
    }
    for route, content in writes.items():
        assert client.call("POST", route, content).status == 200
    user = token.removeprefix("user_") if token.startswith("user_") else "0"
    code = (
        f"$result = Vault::store( 'note', 1, '{marked('insight')}' ) && Persona::update_persona_score( 'author', 7 );"
    )
    assert run(bridge, f"wp_set_current_user( {user} ); {code}", client.cookies.get(GUEST, "")) is True
    score = marked("score")
    bridge.site.query(
        "UPDATE `{prefix}homaye_persona_scores` SET session_data = %s WHERE user_identifier = %s", score, token
    )
    bridge.between.refuse()
    try:
        body = {"field": marked("kept"), "value": marked("kept value")}
        referer = f"https://shop.test/{marked('kept page')}"
        assert client.call("POST", "/vault/sync", body, headers={"Referer": referer}).status == 200
    finally:
        bridge.between.listen()
        bridge.trust()
    return marks


def dump(site: Site) -> str:
    """Return everything that the site's database holds, every column of every table, as text."""
    lines = [
        f"{table} {value.decode('utf-8', 'replace') if isinstance(value, bytes) else value}"
        for table in site.tables()
        for row in site.query(f"SELECT * FROM `{table}`")
        for value in row.values()
    ]
    return "\n".join(lines)


def found_in(text: str, words: list[str]) -> list[str]:
    return [word for word in words if re.search(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![0-9])", text)]


def test_of_an_erased_user_nothing_is_left_in_the_whole_database(bridge: Bridge, erasing: Tool) -> None:
    customer, second = bridge.site.login("customer"), bridge.site.login("second")
    others = leave(bridge, second, lambda name: f"second-{name.replace(' ', '-')}-77b1", "user_3")
    marks = leave(bridge, customer, lambda name: f"customer-{name.replace(' ', '-')}-9f3a", "user_2")
    before = dump(bridge.site)
    others = found_in(before, [*others, "user_3"])  # what was kept has been handed over meanwhile
    assert found_in(before, [*marks, "user_2"]) == [*marks, "user_2"], "else the search proves nothing"

    request = erasing.request("customer@shop.test")
    answers = [erasing.step(request, index, 1) for index in range(1, int(request["count"]) + 1)]
    assert all(answer["success"] and answer["data"]["done"] for answer in answers)
    own = answers[erasing.index(request) - 1]["data"]
    assert own == {"items_removed": 8, "items_retained": False, "messages": [], "done": True}
    after = dump(bridge.site)
    assert found_in(after, [*marks, "user_2"]) == []
    assert found_in(after, others) == others, "nobody else has lost anything"

    assert customer.call("GET", "/vault/restore").json["vault_data"] == {}
    assert found_in(dump(bridge.site), [*marks, "user_2"]) == []
    assert callback(bridge.site, "erase", "customer@shop.test") == FORGOTTEN


def test_of_a_forgotten_guest_nothing_is_left_in_the_whole_database(bridge: Bridge, tmp_path: Path) -> None:
    guest = bridge.guest()
    token = guest.cookies[GUEST]
    marks = leave(bridge, guest, lambda name: f"guest-{name.replace(' ', '-')}-51cc", token)
    assert found_in(dump(bridge.site), [*marks, token]) == [*marks, token]
    result = subprocess.run(
        [sys.executable, "-m", "homa_bridge", "forget", token, "--yes"],
        env={"HOME": str(tmp_path), "HOMA_WP_CONFIG": str(bridge.site.wp_config)}, cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "wp_homa_bridge_outbox: 1 deleted\n" in result.stdout
    assert found_in(dump(bridge.site), [*marks, token]) == []


def test_a_kept_write_does_not_bring_an_erased_user_back(bridge: Bridge) -> None:
    customer = bridge.site.login("customer")
    leave(bridge, customer, lambda name: f"customer-{name}", "user_2")
    callback(bridge.site, "erase", "customer@shop.test")
    bridge.site.php("do_action( 'homa_bridge_replay_outbox' );")
    assert bridge.site.query("SELECT id FROM `{prefix}homa_vault`") == []
    assert bridge.kept() == []


def test_an_export_shows_everything_page_by_page(bridge: Bridge, exporting: Tool) -> None:
    customer = bridge.site.login("customer")
    marks = leave(bridge, customer, lambda name: f"customer-{name.replace(' ', '-')}-9f3a", "user_2")
    for number in range(120):
        bridge.site.query(
            "INSERT INTO `{prefix}homaye_chat_memory` (session_id, user_identifier, message_type, message_content) "
            "VALUES ('user_2', 'user_2', 'assistant', %s)",
            f"پیام {number}",
        )
    request = exporting.request("customer@shop.test")
    index = exporting.index(request)
    pages = [exporting.step(request, index, page) for page in (1, 2)]
    assert [page["success"] for page in pages] == [True, True]
    assert [(len(page["data"]["data"]), page["data"]["done"]) for page in pages] == [(100, False), (28, True)]
    items = [item for page in pages for item in page["data"]["data"]]
    assert found_in(json.dumps(items), marks) == marks
    assert len({item["item_id"] for item in items}) == 128
    groups = dict.fromkeys(item["group_label"] for item in items)
    assert list(groups) == [
        "Assistant: entries that wait to be stored",
        "Assistant: the last visit",
        "Assistant: entries in forms",
        "Assistant: interests",
        "Assistant: conversation",
        "Assistant: facts from the conversation",
        "Assistant: kind of customer",
    ]
    assert [item["group_id"] for item in items].count("homa-bridge-homaye_chat_memory") == 121
    message = next(item for item in items if item["group_label"] == "Assistant: conversation")
    shown = {entry["name"]: entry["value"] for entry in message["data"]}
    assert shown["Message"] == "customer-chat-9f3a"
    assert shown["Written by"] == "user"
    assert shown["Further data"] == '{"a":"customer-metadata-9f3a"}'
    assert "id" not in shown
    names = {entry["name"] for item in items for entry in item["data"]}
    assert [name for name in names if "_" in name] == [], "every column has a name"


def test_a_text_is_shown_as_it_was_typed(bridge: Bridge) -> None:
    customer = bridge.site.login("customer")
    typed = 'علی "۱" \\ <b>'
    customer.call("POST", "/vault/sync", {"field": "نام", "value": typed})
    customer.call("POST", "/vault/sync", {"field": "empty", "value": {}})
    items = callback(bridge.site, "export", "customer@shop.test")["data"]
    values = {entry["value"] for item in items for entry in item["data"] if entry["name"] == "Value"}
    assert values == {typed, "{}"}


def test_the_export_speaks_the_owner_s_language(bridge: Bridge, exporting: Tool) -> None:
    customer = bridge.site.login("customer")
    leave(bridge, customer, lambda name: f"customer-{name}", "user_2")
    bridge.site.php("update_user_option( 1, 'locale', 'fa_IR', true );")
    try:
        request = exporting.request("customer@shop.test")
        got = exporting.step(request, exporting.index(request), 1)["data"]["data"]
    finally:
        bridge.site.php("delete_user_option( 1, 'locale', true );")
    words = [item["group_label"] for item in got] + [entry["name"] for item in got for entry in item["data"]]
    assert [word for word in words if re.search("[A-Za-z]", word)] == []
    assert "دستیار: گفت‌وگو" in words


@pytest.mark.parametrize("address", ["second@shop.test", "stranger@shop.test"])
def test_of_who_has_left_nothing_there_is_nothing(bridge: Bridge, address: str) -> None:
    leave(bridge, bridge.site.login("customer"), lambda name: f"customer-{name}", "user_2")
    assert callback(bridge.site, "export", address) == {"data": [], "done": True}
    assert callback(bridge.site, "erase", address) == FORGOTTEN
    assert len(callback(bridge.site, "export", "customer@shop.test")["data"]) == 8


def test_with_the_service_away_no_success_is_claimed(bridge: Bridge, exporting: Tool) -> None:
    leave(bridge, bridge.site.login("customer"), lambda name: f"customer-{name}", "user_2")
    erasing = Tool(bridge.site, "erase")
    erase, export = erasing.request("customer@shop.test"), exporting.request("customer@shop.test")
    before = dump_of_memory(bridge)
    bridge.between.refuse()
    try:
        erased = erasing.step(erase, erasing.index(erase), 1)["data"]
        exported = exporting.step(export, exporting.index(export), 1)
    finally:
        bridge.between.listen()
    assert (erased["items_removed"], erased["items_retained"], erased["done"]) == (0, True, True)
    assert erased["messages"][0].startswith("The assistant's memory of this person is not erased")
    assert exported["success"] is False
    assert "cannot be exported now" in exported["data"][0]["message"]
    assert dump_of_memory(bridge) == before
    bridge.trust()
    assert callback(bridge.site, "erase", "customer@shop.test")["items_removed"] == 8


def test_with_the_database_away_no_success_is_claimed(bridge: Bridge) -> None:
    leave(bridge, bridge.site.login("customer"), lambda name: f"customer-{name}", "user_2")
    bridge.between.busy_for = 2
    assert "cannot be exported now" in callback(bridge.site, "export", "customer@shop.test")
    assert callback(bridge.site, "erase", "customer@shop.test")["items_retained"] is True


def dump_of_memory(bridge: Bridge) -> list[Any]:
    tables = ["homa_vault", "homa_sessions", "homa_user_interests", "homaye_chat_memory"]
    tables += ["homa_bridge_summaries", "homa_bridge_outbox"]
    return [bridge.site.query(f"SELECT * FROM `{{prefix}}{table}` ORDER BY id") for table in tables]


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [("", "Our assistant remembers what you enter in its forms"), ("fa_IR", "دستیار ما آنچه را در فرم‌هایش وارد")],
)
def test_the_privacy_policy_guide_suggests_a_text(bridge: Bridge, locale: str, sentence: str) -> None:
    bridge.site.php(f"update_user_option( 1, 'locale', '{locale}', true );")
    try:
        page = html.unescape(bridge.site.login("admin").get("/wp-admin/options-privacy.php?tab=policyguide").text)
    finally:
        bridge.site.php("delete_user_option( 1, 'locale', true );")
    assert sentence in page
    assert "<code>HOMA_CHAT_DAYS</code>" in page
