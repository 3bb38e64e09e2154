"""What is taken while the service is away is what the service takes: nobody is told of success and refused later."""

import json
from typing import Any

import pytest

from ..servers import CONTRACT
from .bridge import Bridge

KEPT = {"/vault/sync", "/session/snapshot", "/interest/track", "/chat/memory"}
LONG = "ا" * 40_000  # 80,000 bytes

CASES: list[tuple[str, Any]] = [
    ("/vault/sync", {}),
    ("/vault/sync", {"field": "a", "value": None}),
    ("/vault/sync", {"field": 5, "value": 1}),
    ("/vault/sync", {"field": " \t", "value": 1}),
    ("/vault/sync", {"field": "<b></b>", "value": 1}),
    ("/vault/sync", {"field": "a < b", "value": 1}),
    ("/vault/sync", {"field": "ک" * 50, "value": 1}),
    ("/vault/sync", {"field": "ک" * 51, "value": 1}),
    ("/vault/sync", {"field": "<i>" + "x" * 50 + "</i>", "value": 1}),
    ("/vault/sync", {"field": "<" * 50, "value": 1}),
    ("/vault/sync", {"field": "a", "value": False, "page_url": 7}),
    ("/vault/sync", {"field": "a", "value": {}, "page_url": "javascript:alert(1)"}),
    ("/vault/sync", {"field": "a", "value": "x" * 262_144}),
    ("/session/snapshot", {"form_snapshot": [], "chat_summary": None}),
    ("/session/snapshot", {"form_snapshot": [1]}),
    ("/session/snapshot", {"form_snapshot": "text"}),
    ("/session/snapshot", {"form_snapshot": {}, "chat_summary": LONG}),
    ("/session/snapshot", {"form_snapshot": {}, "chat_summary": 7}),
    ("/interest/track", {"category": "book", "score": "12"}),
    ("/interest/track", {"category": "book", "score": "12.5"}),
    ("/interest/track", {"category": "book", "score": 2.0}),
    ("/interest/track", {"category": "book", "score": 2.5}),
    ("/interest/track", {"category": "book", "score": True}),
    ("/interest/track", {"category": "book", "score": -(2**31)}),
    ("/interest/track", {"category": "book", "score": 2**31}),
    ("/interest/track", {"category": "book", "score": "-2147483649"}),
    ("/interest/track", {"category": "book", "score": None, "source": ""}),
    ("/interest/track", {"category": "book", "source": "x" * 51}),
    ("/interest/track", {"category": "book", "source": ["torob"]}),
    ("/chat/memory", {"message_type": "nobody", "message_content": "x"}),
    ("/chat/memory", {"message_type": "user", "message_content": ""}),
    ("/chat/memory", {"message_type": "user", "message_content": LONG}),
    ("/chat/memory", {"message_type": "user", "message_content": "x", "ai_metadata": [1]}),
    ("/chat/memory", {"message_type": "user", "message_content": "x", "ai_metadata": {"a": {}}}),
]


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


CASES += [("/vault/sync", {"field": "a", "value": nested(levels)}) for levels in (29, 30, 31, 63, 64, 65, 600)]
CASES += [("/session/snapshot", {"form_snapshot": {"a": nested(levels)}}) for levels in (30, 31)]


@pytest.mark.parametrize(
    ("route", "body"), CASES, ids=lambda item: item if isinstance(item, str) else json.dumps(item)[:60]
)
def test_the_answer_is_the_same_with_the_service_away(bridge: Bridge, route: str, body: Any) -> None:
    assert told(bridge, route, json.dumps(body).encode(), away=True) == told(
        bridge, route, json.dumps(body).encode(), away=False
    )
    assert bridge.kept() == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'\xef\xbb\xbf{"category": "a"}',
        b'{"category": "\xff"}',
        b'{"category": "a", "category": "b"}',
    ],
)
def test_so_it_is_for_what_is_hardly_json(bridge: Bridge, raw: bytes) -> None:
    assert told(bridge, "/interest/track", raw, away=True) == told(bridge, "/interest/track", raw, away=False)


def test_so_it_is_for_every_write_of_the_contract(bridge: Bridge) -> None:
    """Of the recorded steps those that ask nothing of what was there before: the status and the code are the same."""
    steps = [
        step
        for scenario in json.loads((CONTRACT / "scenarios.json").read_text("utf-8"))
        for step in scenario["steps"]
        if step["method"] == "POST" and step["path"] in KEPT and "headers" not in step
    ]
    guest = bridge.guest()
    bridge.between.refuse()
    differing = []
    try:
        for step in steps:
            raw = step["raw"].encode() if "raw" in step else json.dumps(step.get("json", {})).encode()
            answer = guest.request(
                "POST", bridge.site.api + step["path"], raw=raw, headers={"Content-Type": "application/json"}
            )
            if answer.status != step["expect"]["status"]:
                differing.append((step, answer.status, answer.text[:200]))
    finally:
        bridge.between.listen()
    bridge.let_the_trial_come()
    bridge.site.php("do_action( 'homa_bridge_replay_outbox' );")
    assert differing == []
    assert len(steps) > 50
    assert bridge.kept() == []
    assert "write_refused" not in (bridge.site.option("homa_bridge_failures") or "")


def told(bridge: Bridge, route: str, raw: bytes, *, away: bool) -> tuple[int, str, list[str]]:
    """Return status, code and the parameters that are complained of; what was kept is handed over before it returns."""
    guest = bridge.site.guest()
    bridge.trust()
    if away:
        bridge.between.refuse()
    try:
        answer = guest.request("POST", bridge.site.api + route, raw=raw, headers={"Content-Type": "application/json"})
    finally:
        if away:
            bridge.between.listen()
            bridge.trust()
            guest.call("GET", "/chat/memory")
    found = answer.json
    return answer.status, found.get("code", ""), sorted(found.get("data", {}).get("params", {}))
