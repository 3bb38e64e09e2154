"""Cleaning names and addresses, and taking JSON apart as text."""

import json
import math
import re
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from homa_bridge.errors import InvalidBody
from homa_bridge.fields import LONGEST_INPUT, sanitize, web_address
from homa_bridge.jsontext import JSONText, body_members, compact, members, nesting, parse, says_nothing, stored

from ..api.wire import processor_seconds

CLEANED = {
    # text and blanks
    "": "",
    "tirage": "tirage",
    "نوع کاغذ": "نوع کاغذ",
    "می‌شود": "می‌شود",
    "  a  ": "a",
    "a \t\r\n b": "a b",
    "\n\n": "",
    "a\n": "a",
    "a  b   c": "a b c",
    "📚✅": "📚✅",
    "a & b": "a & b",
    "&amp; &lt;b&gt;": "&amp; &lt;b&gt;",
    "'a' \"b\" \\ / `": "'a' \"b\" \\ / `",
    "<": "<",
    ">": ">",
    # tags
    "<b>a</b>": "a",
    "a<b>b</b>c": "abc",
    "<b>": "",
    "<B CLASS='x'>a</B>": "a",
    "a<br>b<br/>c<br />d": "abcd",
    "<a href='javascript:x'>a</a>": "a",
    "<img src=x onerror=alert(1)>": "",
    "a<b\n>c": "ac",
    "<b>a": "a",
    "a</b>": "a",
    "<p>a</p> <p>b</p>": "a b",
    "<h1>a</h1>": "a",
    "<my-tag>a</my-tag>": "a",
    # nested tags
    "<b><i>a</i></b>": "a",
    "<<b>b>a": "a",
    "<b<b>>a": "a",
    "<scr<script>ipt>a": "a",
    "<scr<b>ipt>a</scr</b>ipt>": "a",
    "<<<b>b>b>a": "a",
    # code
    "<script>alert(1)</script>a": "a",
    "a<script src='x'>b</script>c": "ac",
    "<SCRIPT>a</ScRiPt>b": "b",
    "<script\n>a\nb</script>c": "c",
    "<style>a{b:c}</style>d": "d",
    "<style>a</style>b<script>c</script>d": "bd",
    "<script>a": "a",
    "a</script>": "a",
    "<script>a</style>b": "ab",
    "<scripted>a</scripted>": "a",
    # comments and instructions
    "<!-- a -->b": "b",
    "a<!---->b": "ab",
    "<!-- <b>a</b> -->b": "b",
    "<!-- a\nb -->c": "c",
    "<!doctype html>a": "a",
    "<?php echo 1 ?>a": "a",
    # percent octets
    "%41": "",
    "a%20b": "ab",
    "a%0ab": "ab",
    "%d8%a8a": "a",
    "%4%411": "",
    "%%4141": "",
    "a %20 b": "a b",
    "%20a%20": "a",
    "100%": "100%",
    "5 % 3": "5 % 3",
    "%4g": "%4g",
    "%": "%",
    # a lone < is text
    "a < b": "a < b",
    "a <": "a <",
    "1 < 2 > 0": "1 < 2 > 0",
    "a<5": "a<5",
    "<3": "<3",
    "a<": "a<",
    # control characters
    "a\0b": "a b",
    "\0": "",
    "a\x01\x02b": "a b",
    "\x1fa\x7f": "a",
    "a\x85b": "a b",
    "a\x9fb": "a b",
    "a\vb\fc": "a b c",
}
"""Texts and what is left of them. Where WordPress would escape a lone <, it stays."""

NO_TAGS_LEFT = [
    *["<%41b>", "<%41script>a</%41script>", "<b%3e>a", "%3<b>c", "</%41b>", "<%41!-- a -->", "<%41%42b>a", "%4<b>1"],
    *["<scr<!-- -->ipt>a</script>", "<scr%69ipt>a", "<\0b>", "<b\0>", "<script>a</scr<b>ipt>"],
]


@pytest.mark.parametrize(("text", "cleaned"), CLEANED.items())
def test_a_name_is_cleaned(text: str, cleaned: str) -> None:
    assert sanitize(text) == cleaned


@pytest.mark.parametrize("text", [*CLEANED, *NO_TAGS_LEFT])
def test_a_cleaned_name_is_clean(text: str) -> None:
    cleaned = sanitize(text)
    assert sanitize(cleaned) == cleaned
    assert re.search(r"</?[a-zA-Z][^<>]*>|<[!?][^<>]*>|%[0-9a-fA-F]{2}", cleaned) is None


TAG_PARTS = st.sampled_from([
    *["<", ">", "/", "!", "?", "--", "<!--", "-->", "script", "style", "b", "%", "4", "1", "%41", "%3c", "%3E", " "],
    *["<b>", "</b>", "<script>", "</script>", "<style ", "ک", "\n", "\0", "\u200c", "\u00a0", "\u2028", "=", '"'],
])  # fmt: skip


@settings(max_examples=1_000, deadline=None, derandomize=True, database=None)
@given(st.one_of(st.lists(TAG_PARTS, max_size=12).map("".join), st.text(max_size=60)))
@example("<%41b>")
def test_to_clean_twice_changes_nothing(text: str) -> None:
    cleaned = sanitize(text)
    assert sanitize(cleaned) == cleaned


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=60))
def test_a_cleaned_name_is_one_trimmed_line(text: str) -> None:
    cleaned = sanitize(text)
    assert cleaned == cleaned.strip()
    assert len(cleaned) <= len(text)
    assert re.search(r"[\x00-\x1f\x7f-\x9f]|\s\s", cleaned) is None


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(string.ascii_letters + string.digits + "کتابمیشود۰۱۲\u200c-_.:$*'\"\\[](){}&;😀", max_size=60))
def test_a_clean_name_stays(text: str) -> None:
    assert sanitize(text) == text


HOSTILE = [
    *["<", ">", "<b", "<b>", "b>", "</", "<!", "<!--", "-->", "<?", "<script", "<script>", "<script></", "</script>"],
    *[
        "<style>",
        "<style ",
        "<script><style>",
        "<a ",
        "<a b=c ",
        "%",
        "%4",
        "%41",
        "4%1",
        " ",
        "\0",
        "\n ",
        "&",
        "<scr<b>ipt>",
    ],
]


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_hostile_name_costs_little(pattern: str) -> None:
    half = LONGEST_INPUT // 2
    with processor_seconds(5):
        for _ in range(20):
            sanitize((pattern * LONGEST_INPUT)[:LONGEST_INPUT])
            sanitize((pattern * half)[:half] + (">" * half))
            sanitize(("<" * half) + (pattern * half)[:half])


@pytest.mark.parametrize(
    ("opening", "closing"), [("<", "b>"), ("%", "41"), ("<scr", "ipt>"), ("<!-", "->"), ("<b", ">")]
)
def test_what_a_removal_joins_costs_little(opening: str, closing: str) -> None:
    count = LONGEST_INPUT // (len(opening) + len(closing))
    with processor_seconds(5):
        for _ in range(10):
            cleaned = sanitize(opening * count + closing * count)
    assert len(cleaned) <= LONGEST_INPUT


ADDRESSES = [
    *[
        "http://shop.test",
        "https://shop.test/",
        "HTTP://SHOP.TEST/A",
        "http://shop.test:8080/a?b=c&d[]=e#f",
        "http://[::1]/",
    ],
    *[
        "http://127.0.0.1/",
        "https://شاپ.ir/چاپ?نوع=کتاب",
        "http://shop.test/a%20b",
        "http://localhost",
        "http://a/?x=<b>",
    ],
]
NO_ADDRESSES = [
    *[
        "",
        " ",
        "shop.test",
        "/calculator",
        "//shop.test/",
        "?a",
        "#a",
        "http:",
        "http:/",
        "http://",
        "http:///a",
        "http:shop.test",
    ],
    *[
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
    ],
    *[
        "ftp://shop.test/",
        "mailto:a@b.c",
        "wss://shop.test/",
        "httpx://shop.test/",
        "http\0://shop.test",
        "://shop.test",
    ],
    *[
        "http://[::1",
        "http://]",
        "http://shop test/",
        "http://shop.test/a b",
        "http://shop.test/\x7f\0",
    ],
    *[
        "http://shop.test/\ta",
        "\x01http://shop.test/",
        "http://shop.test/\u2028a",
        "http://shop.test/\u00a0a",
        "http://℀.test/",
    ],
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_web_address_is_kept(address: str) -> None:
    assert web_address(address) == address
    assert web_address(f" {address}\n") == address


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_another_address_is_none(address: str) -> None:
    assert web_address(address) is None


def test_no_address_is_none() -> None:
    assert web_address(None) is None


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(st.one_of(st.text(), st.text().map("http://".__add__), st.text("[]:/@#?%.a1\u200c℀ ").map("https://".__add__)))
def test_an_address_is_an_http_address_or_none(text: str) -> None:
    found = web_address(text)
    assert found is None or (found == text.strip() and found.lower().startswith(("http://", "https://")))


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        *[("1", 0), ('"[{"', 0), ("null", 0), ("[]", 1), ("{}", 1), ("[1,2]", 1), ("[[]]", 2), ('{"a":[{}]}', 3)],
        *[("[[],[[]],[]]", 3), ('["\\"[[[["]', 1), ('{"[":"]"}', 1), ('["\\\\",[]]', 2), ('["\\\\\\"[",[]]', 2)],
        *[("[" * 64 + "]" * 64, 64), ('{"a":' * 1_000 + "1" + "}" * 1_000, 1_000), ("[[]" * 3 + "]" * 3, 4)],
    ],
)
def test_levels_are_counted(text: str, levels: int) -> None:
    assert nesting(text) == levels


@pytest.mark.parametrize("pattern", ['\\"', '"', "\\", '"\\', "[", '["', '"[', '\\\\"', '"a', '" '])
@pytest.mark.parametrize("opening", ["", '"', "["])
def test_levels_are_counted_in_one_pass(pattern: str, opening: str) -> None:
    with processor_seconds(2):
        nesting(opening + pattern * 130_000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=15,
)


def depth(value: object) -> int:
    """Return how many levels of arrays and objects a value has."""
    inner = list(value.values()) if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0) if isinstance(inner, list) else 0


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(JSON, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_json_is_the_same_compact(value: object, escaped: bool, indent: int | str | None) -> None:
    text = JSONText(json.dumps(value, ensure_ascii=escaped, indent=indent))
    short = compact(text)
    assert short == json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert compact(JSONText(short)) == short
    assert nesting(text) == nesting(short) == depth(value)
    assert says_nothing(text) is (short in {"null", '""', "[]", "{}"})
    assert stored(text) == text


@pytest.mark.parametrize(
    ("text", "short"),
    [
        *[("1.0", "1.0"), ("1e2", "1e2"), ("-0", "-0"), ("1" * 6_000, "1" * 6_000), ("[ 1E+2 , 0.10 ]", "[1E+2,0.10]")],
        *[('"a b"', '"a b"'), ('" \\" "', '" \\" "'), ('"\\u0633\\/"', '"س/"'), ('"\\ud83d\\ude00"', '"😀"')],
        *[
            ('"\\u0000\\n"', '"\\u0000\\n"'),
            ('{ "a" : [ ] }', '{"a":[]}'),
            ('"\\\\"', '"\\\\"'),
            ('{"\\u0061 ": 1}', '{"a ":1}'),
        ],
    ],
)
def test_json_is_made_compact(text: str, short: str) -> None:
    assert compact(JSONText(text)) == short


@pytest.mark.parametrize("text", ["null", '""', "[]", "{}", "[ ]", "{\n}"])
def test_nothing_is_said(text: str) -> None:
    assert says_nothing(JSONText(text))


@pytest.mark.parametrize(
    "text", ["0", "false", "-0", "0.0", '" "', "[null]", '[""]', '{"":null}', '"0"', '"null"', '"[]"']
)
def test_something_is_said(text: str) -> None:
    assert not says_nothing(JSONText(text))


def test_no_value_says_nothing() -> None:
    assert says_nothing(None)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        *[
            (None, None),
            ("1.0", "1.0"),
            (b"1.0", "1.0"),
            ("{ }", "{ }"),
            ('"\\u0633\\/"', '"\\u0633\\/"'),
            ("null", "null"),
        ],
        *[("", '""'), ("سلام", '"سلام"'), ("{bad", '"{bad"'), ("a:1:{}", '"a:1:{}"'), ('say "x"', '"say \\"x\\""')],
        *[("NaN", '"NaN"'), ("[1,]", '"[1,]"'), (b"\xff", '"\ufffd"'), ("\0", '"\\u0000"')],
    ],
)
def test_what_is_stored_is_handed_out_as_json(found: str | bytes | None, text: str | None) -> None:
    assert stored(found) == text


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(st.characters()) | st.binary())
def test_whatever_is_stored_becomes_json(found: str | bytes) -> None:
    text = stored(found)
    assert text is not None
    json.loads(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a":1.0,"b":[ ]}', {"a": "1.0", "b": "[ ]"}),
        ('{"a":1,"a":2}', {"a": "2"}),
        ('{"a":1,"\\u0061": 2 }', {"a": "2"}),
        ('{"":null}', {"": "null"}),
        (' { "س" : "\\u0633" } ', {"س": '"\\u0633"'}),
        *[("{}", {}), ("[]", {}), ("[1]", {}), ("1", {}), ('"a"', {}), ("null", {}), ("true", {})],
    ],
)
def test_an_object_is_taken_apart(text: str, found: dict[str, str]) -> None:
    assert members(JSONText(text)) == found
    assert body_members(text.encode(), 8) == found


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\t "])
def test_an_empty_body_has_no_members(body: bytes) -> None:
    assert body_members(body, 8) == {}


@pytest.mark.parametrize(
    "body",
    [
        *[b"\xff", b"{", b"{}x", b"NaN", b"\xef\xbb\xbf{}", b'{"a":"\\ud800"}', b'{"a":"\xed\xa0\x80"}', b"\0"],
        *[b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 9 + b"1" + b"}" * 9],
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidBody):
        body_members(body, 8)


def test_a_body_of_as_many_levels_is_read() -> None:
    assert body_members(b'{"a":' * 8 + b"1" + b"}" * 8, 8) == {"a": '{"a":' * 7 + "1" + "}" * 7}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.0", 1.0),
        ("-0", 0),
        ("1e2", 100.0),
        ('"\\u0633"', "س"),
        ("[1,{}]", [1, {}]),
        ("true", True),
        ("null", None),
    ],
)
def test_json_is_read(text: str, value: object) -> None:
    found = parse(JSONText(text))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("digits", "number"), [("1" * 5_000, math.inf), ("-" + "1" * 5_000, -math.inf), ("1e999", math.inf)]
)
def test_a_number_beyond_every_range_is_infinite(digits: str, number: float) -> None:
    assert parse(JSONText(digits)) == number
    assert parse(JSONText(f'{{"a":[{digits}]}}')) == {"a": [number]}
    assert parse(JSONText("1" * 400)) == int("1" * 400)
