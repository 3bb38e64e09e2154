"""Whatever a visitor stores comes back equal, on both databases."""

import json
import string
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from flask import Flask
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from homa_bridge.fields import NAME_LENGTH, sanitize
from homa_bridge.jsontext import JSONText, members

from .wire import CHAT, PAGE, RESTORE, SNAPSHOT, SYNC, get, member, post, post_members, restored

Test = TypeVar("Test", bound=Callable[..., None])


def thorough(test: Test) -> Test:
    """Try 150 examples on each database, the same in every run; the visitor is new in each, the database is not."""
    return settings(
        max_examples=150,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )(test)


BLANKS = st.sampled_from(["", "", "", " ", "\n", "\t ", "\r\n"])
LETTERS = st.characters(codec="utf-8")
NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
ESCAPES = [
    "\\/",
    "\\u0000",
    "\\u0022",
    "\\u005c",
    "\\b",
    "\\ud83d\\ude00",
    "\\u06A9",
    "\\u200c",
    "\\uFFFF",
    "'",
    "$",
    "%s",
]


def written(letters: str, *, escaped: bool) -> str:
    return json.dumps(letters, ensure_ascii=escaped)[1:-1]


STRING_PARTS = st.one_of(
    st.builds(written, st.text(LETTERS, max_size=8), escaped=st.booleans()), st.sampled_from(ESCAPES)
)
STRINGS = st.lists(STRING_PARTS, max_size=4).map(lambda parts: '"' + "".join(parts) + '"')
WORDS = st.sampled_from(["true", "false", "null"])


def arrays(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda found, before, after: f"[{before}{f'{after},{before}'.join(found)}{after}]",
        *[st.lists(items, max_size=4), BLANKS, BLANKS],
    )


def objects(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Write objects; no name comes twice, however it is escaped."""
    pairs = st.lists(st.tuples(STRINGS, items), max_size=4, unique_by=lambda pair: str(json.loads(pair[0])))
    return st.builds(
        lambda found, before, after: (
            "{" + before + ",".join(f"{name}{after}:{before}{text}{after}" for name, text in found) + "}"
        ),
        *[pairs, BLANKS, BLANKS],
    )


VALUES = st.recursive(
    st.one_of(STRINGS, NUMBERS, WORDS), lambda inner: st.one_of(arrays(inner), objects(inner)), max_leaves=12
)
DOCUMENTS = objects(VALUES)

ODD_LETTERS = "\"\\.$*'`[]{}()%:?&;#/@!^~-_=+|,<> \u200c\u200d\u200f\u0640\u064bيیكکéßİıſ😀٣۳٠AaBb01"
NAMES = st.one_of(
    st.text(ODD_LETTERS, max_size=12),
    st.text(LETTERS, max_size=NAME_LENGTH),
    st.text(string.ascii_letters, max_size=3),
).map(lambda text: sanitize(sanitize(text)))
CONFUSIONS: list[Callable[[str], str]] = [
    str.swapcase,
    str.upper,
    "\u200c".join,
    lambda name: name + "\u200c",
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: unicodedata.normalize("NFKC", name),
    lambda name: json.dumps(name)[1:-1],
    json.dumps,
    lambda name: name.replace("ی", "ي").replace("ک", "ك"),
    lambda name: f"{name}.{name}",
    lambda name: f"$.{name}",
    lambda name: f"{name}*",
]


def exact(text: str) -> object:
    """Return a JSON text's value with every number as it is written: 1.0 is not 1."""
    return json.loads(text, parse_int=lambda digits: ("number", digits), parse_float=lambda digits: ("number", digits))


@thorough
@given(value=VALUES.filter(lambda text: text != "null"), paged=st.booleans())
@example(value="1e999", paged=True)
@example(value='{"":{"":[]}}', paged=True)
def test_any_value_comes_back(app: Flask, value: str, paged: bool) -> None:
    client = app.test_client()
    page = {"page_url": json.dumps(PAGE)} if paged else {}
    assert post_members(client, SYNC, field='"first"', value="1.0", **page).status_code == 200
    assert post_members(client, SYNC, field='"f"', value=value, **page).status_code == 200
    assert post_members(client, SYNC, field='"last"', value="[ ]", **page).status_code == 200
    memory = get(client, RESTORE).get_data(as_text=True)
    assert exact(member(memory, "vault_data")) == {
        "first": {"value": ("number", "1.0"), "insight": None},
        "f": {"value": exact(value), "insight": None},
        "last": {"value": [], "insight": None},
    }
    assert member(memory, "vault_data", "f", "value") == value
    if paged:
        snapshot = exact(member(memory, "session", "form_snapshot"))
        assert snapshot == {"first": ("number", "1.0"), "f": exact(value), "last": []}
    else:
        assert member(memory, "session") == "null"


@thorough
@given(values=st.lists(VALUES.filter(lambda text: text != "null"), min_size=2, max_size=4))
def test_the_last_value_of_a_field_counts(app: Flask, values: list[str]) -> None:
    client = app.test_client()
    for value in values:
        assert post_members(client, SYNC, field='"f"', value=value, page_url=json.dumps(PAGE)).status_code == 200
    memory = get(client, RESTORE).get_data(as_text=True)
    assert member(memory, "vault_data", "f", "value") == values[-1]
    assert exact(member(memory, "session", "form_snapshot")) == {"f": exact(values[-1])}


@thorough
@given(name=NAMES, other=NAMES, confusions=st.lists(st.sampled_from(CONFUSIONS), max_size=3))
@example(name="Name", other="name", confusions=[])
@example(name="می‌شود", other="میشود", confusions=[])
@example(name='a"b', other="a\\b", confusions=CONFUSIONS)
@example(name='"', other="\\", confusions=CONFUSIONS)
@example(name="$", other="*", confusions=CONFUSIONS)
@example(name="a.b", other="[0]", confusions=CONFUSIONS)
@example(name="-", other="-1", confusions=CONFUSIONS)
@example(name="😀", other="😁", confusions=CONFUSIONS)
@example(name="straße", other="strasse", confusions=CONFUSIONS)
def test_distinct_names_are_distinct_fields(
    app: Flask, name: str, other: str, confusions: list[Callable[[str], str]]
) -> None:
    names = dict.fromkeys([name, other, *(confuse(name) for confuse in confusions)])
    names = dict.fromkeys(found for found in names if found and len(found) <= NAME_LENGTH and sanitize(found) == found)
    assume(names)
    client = app.test_client()
    expected = {found: f"{number}.0" for number, found in enumerate(names)}
    for found in [*expected, *reversed(expected)]:
        for value in ("0.5", expected[found]):
            sent = {"field": json.dumps(found), "value": value, "page_url": json.dumps(PAGE)}
            assert post_members(client, SYNC, **sent).status_code == 200, found
    memory = get(client, RESTORE).get_data(as_text=True)
    vault = json.loads(member(memory, "vault_data"), parse_float=str)
    assert {found: entry["value"] for found, entry in vault.items()} == expected
    assert list(vault) == list(expected)
    assert json.loads(member(memory, "session", "form_snapshot"), parse_float=str) == expected


@thorough
@given(document=DOCUMENTS, summary=st.text(LETTERS, min_size=1), name=NAMES)
@example(document="[ ]", summary="\0", name="a")
def test_any_snapshot_comes_back(app: Flask, document: str, summary: str, name: str) -> None:
    assume(name and len(name) <= NAME_LENGTH)
    client = app.test_client()
    sent = {"form_snapshot": document, "chat_summary": json.dumps(summary)}
    assert post_members(client, SNAPSHOT, **sent).status_code == 200
    memory = get(client, RESTORE).get_data(as_text=True)
    document = "{}" if document == "[ ]" else document
    # The blanks between members are not kept, nor a member whose name comes again; each value is, to the letter.
    assert members(JSONText(member(memory, "session", "form_snapshot"))) == members(JSONText(document))
    assert json.loads(memory)["session"]["chat_summary"] == summary

    assert post(client, SYNC, {"field": name, "value": [name], "page_url": PAGE}).status_code == 200
    memory = get(client, RESTORE).get_data(as_text=True)
    merged = exact(member(memory, "session", "form_snapshot"))
    before = exact(document)
    assert isinstance(before, dict)
    assert merged == {**before, name: [name]}
    assert json.loads(memory)["session"]["chat_summary"] == summary


@thorough
@given(
    messages=st.lists(
        st.tuples(st.sampled_from(["user", "assistant", "system"]), st.text(LETTERS), st.none() | DOCUMENTS),
        min_size=1,
        max_size=4,
    )
)
@example(messages=[("user", "\0", None), ("user", "", "{}"), ("system", " \n", "{ }"), ("user", "\u2028'\"\\%", None)])
def test_any_message_comes_back(app: Flask, messages: list[tuple[str, str, str | None]]) -> None:
    client = app.test_client()
    for kind, content, metadata in messages:
        sent = {"message_type": json.dumps(kind), "message_content": json.dumps(content)}
        if metadata is not None:
            sent["ai_metadata"] = metadata
        assert post_members(client, CHAT, **sent).status_code == 200
    expected = [
        {"type": kind, "content": content, "metadata": None if metadata is None else exact(metadata)}
        for kind, content, metadata in messages
    ]
    for path, name in ((CHAT, "messages"), (RESTORE, "chat_messages")):
        found = exact(member(get(client, path).get_data(as_text=True), name))
        assert isinstance(found, list)
        assert [{key: part for key, part in message.items() if key != "timestamp"} for message in found] == expected


@thorough
@given(category=NAMES, source=NAMES, score=st.integers(-(2**31), 2**31 - 1))
def test_any_interest_comes_back(app: Flask, category: str, source: str, score: int) -> None:
    assume(category and source and len(category) <= NAME_LENGTH and len(source) <= NAME_LENGTH)
    client = app.test_client()
    body = {"category": category, "source": source, "score": score}
    response = client.post("/wp-json/homaye-tabesh/v1/interest/track", json=body)
    assert response.status_code == 200
    (found,) = restored(client)["interests"]
    assert {key: found[key] for key in body} == body
