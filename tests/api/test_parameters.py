"""Each route and each of its parameters: missing, null, of a wrong type, and at the ends of its range."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from .wire import (
    BODIES,
    CHAT,
    CLEAR,
    CLEAR_CHAT,
    COMPRESS,
    PAGE,
    RESTORE,
    SNAPSHOT,
    SYNC,
    TRACK,
    assert_invalid,
    changed,
    get,
    missing,
    post,
    post_members,
    restored,
    stored,
    told,
    without,
)

REQUIRED = {
    SYNC: ["field", "value"],
    SNAPSHOT: ["form_snapshot"],
    TRACK: ["category"],
    COMPRESS: ["messages"],
    CHAT: ["message_type", "message_content"],
}
"""The required parameters, in the order in which the contract names them."""

OPTIONAL = {
    SYNC: ["page_url"],
    CLEAR: ["scope"],
    SNAPSHOT: ["chat_summary"],
    TRACK: ["score", "source"],
    CHAT: ["ai_metadata"],
}

NOT_TEXT = ["5", "0", "1.5", "true", "false", "[]", "{}", '["a"]', '{"a":1}']
NOT_OBJECTS = ["5", "true", "false", '"x"', '""', '"{}"', "[1]", "[[]]", "[{}]", '["a"]']
NO_NAMES = ['""', '" "', '"\\n\\t"', '"\\u0000"', '"<b></b>"', '"<script>x</script>"', '"%41%42"', '"\\u00a0"']
TOO_LONG_NAMES = [json.dumps(text) for text in ("k" * 51, "ک" * 51, "😀" * 51, "k " * 26, "k" * 5_000, "<b>" * 5_000)]
TOO_LONG_TEXTS = [json.dumps(text) for text in ("x" * 65_536, "ب" * 32_768, "😀" * 16_384)]

REFUSED = {
    (SYNC, "field"): [*NOT_TEXT, *NO_NAMES, *TOO_LONG_NAMES],
    (SYNC, "page_url"): [*NOT_TEXT, json.dumps(PAGE + "x" * (65_536 - len(PAGE)))],
    (CLEAR, "scope"): [*NOT_TEXT, '""', '"ALL"', '"all "', '"everything"', '"\\u0000"'],
    (SNAPSHOT, "form_snapshot"): NOT_OBJECTS,
    (SNAPSHOT, "chat_summary"): [*NOT_TEXT, *TOO_LONG_TEXTS],
    (TRACK, "category"): [*NOT_TEXT, *NO_NAMES, *TOO_LONG_NAMES],
    (TRACK, "score"): [
        *["2147483648", "-2147483649", "99999999999", "1e10", "1e999", "-1e999", "1" * 30, "1" * 5_000],
        *['"2147483648"', '"-2147483649"', '"' + "9" * 21 + '"', '"' + "9" * 5_000 + '"'],
        *["1.5", "-0.5", "true", "false", "[]", "{}", "[1]", '{"a":1}', "[1e999]"],
        *['""', '" "', '"abc"', '"1.5"', '"5 "', '" 5"', '"5x"', '"0x10"', '"--1"', '"+"', '"5\\n"', '"5\\u0000"'],
        *['"۵"', '"٥"', '"५"', '"５"', '"²"', '"1٬000"'],
    ],
    (TRACK, "source"): [*NOT_TEXT, *TOO_LONG_NAMES],
    (COMPRESS, "messages"): [
        *["5", "true", "false", '"x"', '""', "{}", '{"role":"user","content":"x"}'],
        *["[1]", '["x"]', "[null]", "[[]]", "[{}]", '[{"role":"user"}]', '[{"content":"x"}]'],
        *['[{"role":5,"content":"x"}]', '[{"role":"user","content":5}]', '[{"role":"user","content":null}]'],
        *['[{"role":null,"content":"x"}]', '[{"role":"user","content":["x"]}]', '[{"Role":"user","content":"x"}]'],
        '[{"role":"user","content":"x"},{"role":"user"}]',
    ],
    (CHAT, "message_type"): [*NOT_TEXT, '""', '"robot"', '"USER"', '" user"', '"user\\u0000"', '"کاربر"'],
    (CHAT, "message_content"): [*NOT_TEXT, *TOO_LONG_TEXTS],
    (CHAT, "ai_metadata"): NOT_OBJECTS,
}

ACCEPTED = {
    (SYNC, "field"): [json.dumps(name) for name in ("a", "k" * 50, "ک" * 50, "😀" * 50, "<b>" * 20 + "k" * 50, "0")],
    (SYNC, "value"): ["0", "false", '""', "[]", "{}", "[null]", "-0", "1e999", '"\\u0000"'],
    (SYNC, "page_url"): [
        *['""', '"javascript:alert(1)"', '"/relative"', '"http://"', '"http://[::1"', '"ftp://shop.test/"'],
        *['"https://shop.test/چاپ?a=<b>"', json.dumps(PAGE + "x" * (65_535 - len(PAGE)))],
    ],
    (CLEAR, "scope"): ['"session"', '"all"'],
    (SNAPSHOT, "form_snapshot"): ["{}", "[]", "[ \\n]".replace("\\n", "\n"), '{"":1}', '{"a":null}'],
    (SNAPSHOT, "chat_summary"): ['""', json.dumps("x" * 65_535), json.dumps("ب" * 32_767), '"\\u0000"'],
    (TRACK, "category"): [json.dumps(name) for name in ("a", "k" * 50, "ک" * 50, "😀" * 50, " <i>book</i> ")],
    (TRACK, "score"): [
        *["2147483647", "-2147483648", "0", "-0", "1.0", "-2.0", "1e2", "2147483647.0"],
        *['"2147483647"', '"-2147483648"', '"0"', '"007"', '"+5"', '"-5"'],
    ],
    (TRACK, "source"): [json.dumps(name) for name in ("s" * 50, "س" * 50, "😀" * 50, "", " ", "<b>")],
    (COMPRESS, "messages"): ["[]", '[{"role":"","content":""}]', '[{"role":"user","content":"x","more":[1e999]}]'],
    (CHAT, "message_type"): ['"user"', '"assistant"', '"system"'],
    (CHAT, "message_content"): ['""', '" "', json.dumps("x" * 65_535), json.dumps("😀" * 16_383 + "xxx")],
    (CHAT, "ai_metadata"): ["{}", "[]", '{"a":{}}'],
}

LIMITS_REFUSED = ["", " ", "-1", "2147483648", "99999999999999999999999", "1.5", "1e2", "abc", "null", "true", "\0"]
PERSIAN_DIGITS = ["۵", "٥", "۱۰", "1٠", "５"]

STRANGE_MEMBERS = {
    **{"session_token": "user_1", "user_id": 1, "insight": "x", "id": 7, "Field": "x", "": None, "__proto__": {}},
    **{"چیز": [[]], "deep": {"a": [{"b": None}]}},
}


@pytest.mark.parametrize(("path", "names"), REQUIRED.items())
def test_all_missing_parameters_are_named_in_order(
    app: Flask, client: FlaskClient, path: str, names: list[str]
) -> None:
    assert told(post(client, path, {})) == missing(*names)
    assert told(post(client, path, dict.fromkeys(reversed(names)))) == missing(*names)
    assert told(post(client, path, without(path, names))) == missing(*names)
    assert stored(app) == {}


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, names in REQUIRED.items() for name in names])
def test_a_required_parameter_is_missed(app: Flask, client: FlaskClient, path: str, name: str) -> None:
    assert told(post(client, path, without(path, [name]))) == missing(name)
    assert told(post(client, path, {**BODIES[path], name: None})) == missing(name)
    misspelt = {**without(path, [name]), name.upper(): BODIES[path][name], f" {name}": BODIES[path][name]}
    assert told(post(client, path, misspelt)) == missing(name)
    assert stored(app) == {}


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, names in OPTIONAL.items() for name in names])
def test_a_null_stands_for_an_optional_parameter_that_is_not_sent(client: FlaskClient, path: str, name: str) -> None:
    answers = [post(client, path, without(path, [name])), post(client, path, {**BODIES[path], name: None})]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].get_json() == answers[1].get_json()


@pytest.mark.parametrize(("path", "name", "texts"), [(*key, texts) for key, texts in REFUSED.items()])
def test_a_wrong_value_is_refused(app: Flask, client: FlaskClient, path: str, name: str, texts: list[str]) -> None:
    for text in texts:
        response = post_members(client, path, **changed(path, **{name: text}))
        assert response.status_code == 400, (text[:80], response.data)
        assert_invalid(response, name)
        assert "Set-Cookie" not in response.headers
    assert stored(app) == {}


@pytest.mark.parametrize(("path", "name", "texts"), [(*key, texts) for key, texts in ACCEPTED.items()])
def test_a_value_at_the_edge_is_taken(client: FlaskClient, path: str, name: str, texts: list[str]) -> None:
    for text in texts:
        response = post_members(client, path, **changed(path, **{name: text}))
        assert response.status_code == 200, (text[:80], response.data)


def test_every_parameter_of_the_contract_is_tried() -> None:
    parameters = {(path, name) for path, body in BODIES.items() for name in body}
    assert set(ACCEPTED) == parameters
    assert set(REFUSED) == parameters - {(SYNC, "value")}  # any value is right, but none


@pytest.mark.parametrize("path", BODIES)
def test_unknown_members_are_ignored(client: FlaskClient, path: str) -> None:
    usual = post(client, path, BODIES[path])
    response = post(client, path, {**STRANGE_MEMBERS, **BODIES[path]})
    assert told(response) == told(usual)
    assert response.status_code == 200


def test_unknown_members_are_not_stored(client: FlaskClient) -> None:
    post(client, SYNC, {**STRANGE_MEMBERS, "field": "a", "value": 1})
    memory = restored(client)
    assert memory["vault_data"] == {"a": {"value": 1, "insight": None}}
    assert memory["session"] is None


def test_what_is_missing_is_told_before_what_is_wrong(app: Flask, client: FlaskClient) -> None:
    assert told(post(client, SYNC, {"field": 5, "page_url": 5})) == missing("value")
    assert told(post(client, CHAT, {"message_type": "robot", "ai_metadata": 5})) == missing("message_content")
    assert stored(app) == {}


def test_everything_that_is_wrong_is_told_at_once(app: Flask, client: FlaskClient) -> None:
    assert_invalid(post(client, SYNC, {"page_url": 5, "value": 1, "field": ""}), "field", "page_url")
    assert_invalid(post(client, TRACK, {"source": 1, "score": "x", "category": ""}), "category", "score", "source")
    assert_invalid(
        post(client, CHAT, {"ai_metadata": 1, "message_content": 1, "message_type": 1}),
        *["message_type", "message_content", "ai_metadata"],
    )
    assert_invalid(post(client, SNAPSHOT, {"chat_summary": 1, "form_snapshot": 1}), "form_snapshot", "chat_summary")
    assert stored(app) == {}


@pytest.mark.parametrize("letter", ["k", "ک", "😀", "é", "e\u0301", "‌k"])
def test_names_of_up_to_fifty_characters_come_back_whole(client: FlaskClient, letter: str) -> None:
    name = (letter * 50)[-50:]
    assert post(client, SYNC, {"field": name, "value": 1, "page_url": PAGE}).status_code == 200
    assert post(client, TRACK, {"category": name, "source": name}).status_code == 200
    memory = restored(client)
    assert list(memory["vault_data"]) == [name]
    assert memory["session"]["form_snapshot"] == {name: 1}
    assert [(item["category"], item["source"]) for item in memory["interests"]] == [(name, name)]


def test_long_texts_come_back_whole(client: FlaskClient) -> None:
    url, summary, content = PAGE + "x" * (65_535 - len(PAGE)), "ب" * 32_767 + "x", "😀" * 16_383 + "\0\0\0"
    post(client, SNAPSHOT, {"form_snapshot": {}, "chat_summary": summary})
    post(client, SYNC, {"field": "a", "value": 1, "page_url": url})
    post(client, CHAT, {"message_type": "user", "message_content": content})
    memory = restored(client)
    assert memory["session"]["last_url"] == url
    assert memory["session"]["chat_summary"] == summary
    assert memory["chat_messages"][0]["content"] == content


@pytest.mark.parametrize(
    ("text", "score"),
    [
        *[("2147483647", 2**31 - 1), ("-2147483648", -(2**31)), ('"2147483647"', 2**31 - 1), ("0", 0), ("1e2", 100)],
        *[('"-2147483648"', -(2**31)), ('"007"', 7), ('"+5"', 5), ("-2.0", -2), ("null", 1)],
    ],
)
def test_a_score_counts_as_it_was_sent(client: FlaskClient, text: str, score: int) -> None:
    post_members(client, TRACK, category='"book"', score=text)
    assert restored(client)["interests"][0]["score"] == score


@pytest.mark.parametrize("edge", [2**31 - 1, -(2**31)])
def test_a_sum_of_scores_stays_within_32_bits(client: FlaskClient, edge: int) -> None:
    for score in (edge, edge, 1 if edge > 0 else -1):
        assert post(client, TRACK, {"category": "book", "score": score}).status_code == 200
    assert restored(client)["interests"][0]["score"] == edge


def test_an_empty_source_is_organic(client: FlaskClient) -> None:
    for number, source in enumerate([None, "", " \n", "<b></b>"]):
        post(client, TRACK, {"category": f"c{number}", "source": source})
    assert [item["source"] for item in restored(client)["interests"]] == ["organic"] * 4


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "/calculator", "http://", "http://a b/", None])
def test_an_address_that_is_none_leaves_no_session(client: FlaskClient, url: str | None) -> None:
    assert post(client, SYNC, {"field": "a", "value": 1, "page_url": url}).status_code == 200
    memory = restored(client)
    assert memory["session"] is None
    assert memory["vault_data"] == {"a": {"value": 1, "insight": None}}


@pytest.mark.parametrize("limit", LIMITS_REFUSED + PERSIAN_DIGITS)
def test_a_limit_that_is_no_number_is_refused(app: Flask, client: FlaskClient, limit: str) -> None:
    assert_invalid(get(client, CHAT, limit=limit), "limit")
    assert stored(app) == {}


@pytest.mark.parametrize(
    ("limit", "shown"),
    [("0", 52), ("1", 1), ("2", 2), ("51", 51), ("2147483647", 52), ("007", 7), (None, 50)],
)
def test_a_limit_shows_the_newest(client: FlaskClient, limit: str | None, shown: int) -> None:
    for number in range(52):
        post(client, CHAT, {"message_type": "user", "message_content": str(number)})
    answer = get(client, CHAT, **({} if limit is None else {"limit": limit})).get_json()
    assert [message["content"] for message in answer["messages"]] == [str(number) for number in range(52 - shown, 52)]
    assert (answer["count"], answer["has_history"]) == (shown, True)


def test_unknown_query_parameters_are_ignored(client: FlaskClient) -> None:
    for path in (RESTORE, CHAT):
        assert get(client, path, Limit="x", user_id="1", page="2").status_code == 200


def test_a_body_counts_and_the_query_does_not(app: Flask, client: FlaskClient) -> None:
    response = client.post(f"/wp-json/homaye-tabesh/v1{SYNC}?field=a&value=1", json={})
    assert told(response) == missing("field", "value")
    assert stored(app) == {}


def test_a_route_without_parameters_takes_any_object(client: FlaskClient) -> None:
    assert post(client, CLEAR_CHAT, STRANGE_MEMBERS).status_code == 200
