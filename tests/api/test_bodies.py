"""Bodies that are no JSON, too large, too deep or declared as something else, and JSON that stays as it is."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ..servers import Service, serving
from .wire import (
    ANALYZE,
    API,
    BODIES,
    CHAT,
    CLEAR,
    CLEAR_CHAT,
    PAGE,
    RESTORE,
    SNAPSHOT,
    SUMMARY,
    SYNC,
    assert_invalid,
    assert_not_json,
    get,
    member,
    missing,
    post,
    post_members,
    post_text,
    processor_seconds,
    restored,
    stored,
    told,
)

NO_JSON = [
    *["{", "}", "{bad", '{"field"}', '{"field":}', '{"field":"a","value":1', '{"field":"a","value":1}}', "{} {}"],
    *["{'field':'a','value':1}", '{field:"a",value:1}', '{"field":"a","value":1,}', '{"field":"a",,"value":1}'],
    *['{"field":"a","value":[1,]}', '{"field":"a","value":[1 2]}', '{"field":"a" "value":1}', '{"a":1]'],
    *['{"field":"a","value":1}// comment', '/**/{"field":"a","value":1}', "field=a&value=1", "<xml/>", "undefined"],
]
NO_VALUES = [
    *["NaN", "Infinity", "-Infinity", "nan", "inf", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "1_000", "--1"],
    *[
        "True",
        "False",
        "None",
        "TRUE",
        "tru",
        "nul",
        "undefined",
        "'a'",
        '"a',
        '"\\"',
        '"a\\x41"',
        '"\\u00g0"',
        '"\\u12"',
    ],
    *['"a\nb"', '"a\tb"', '"a\x00b"', '"a\x1fb"', "\x00", "۱", "１", "[,]", "[1,,2]", '{"a":1,}', "{1:1}", '{"a"}'],
]
LONE_SURROGATES = ['"\\ud800"', '"\\udc00"', '"\\ud800x"', '"\\ud800\\ud800"', '"\\udc00\\ud800"', '"x\\udbff"']
NO_UTF8 = [
    b"\xff",
    b"\xfe",
    b"\xc3",
    b"\xc3\x28",
    b"\x80",
    b"\xe2\x82",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
]
OTHER_ENCODINGS = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "cp1256", "utf-7"]

EXACT = [
    *["0", "-0", "1.0", "-0.0", "1e2", "1E2", "1e+2", "1E-2", "-0.0e-10", "1.50", "100000000000000000000.0", "1e999"],
    *[
        "123456789012345678901234567890",
        "0.1000000000000000055",
        "3.141592653589793238462643383279",
        "9007199254740993",
    ],
    *["{}", "[]", "[{}]", "[[]]", '{"a":{}}', '{"":""}', "[ ]", "{ }", '{ "a" : [ 1 ,\n2\t] }', '{"b":1,"a":2}'],
    *[
        '""',
        '"\\u0000"',
        '"\\u0633\\u0644\\u0627\\u0645"',
        '"\\/"',
        '"/"',
        '"\\ud83d\\ude00"',
        '"😀"',
        '"\\u007f"',
        '"\x7f"',
    ],
    *[
        '"\\"\\\\\\b\\f\\n\\r\\t"',
        '"\u2028\u2029"',
        '"<b>&amp;\'</b>"',
        '"$1 %s %(a)s :x ? ??"',
        '"\u200c\ufeff"',
        '"é"',
        '"e\u0301"',
    ],
    *["true", "false", "[null,true,false]", '{"a":null}', '{"$":1,"*":2,"a.b":3,"[0]":4,"\\"":5,"\\\\":6}'],
]


@pytest.fixture
def one_client(make_app: Callable[..., Flask], tmp_path: Path) -> FlaskClient:
    """Return a visitor of the embedded database alone, for what never gets as far as a database."""
    return make_app(f"sqlite:///{tmp_path}/memory.sqlite3").test_client()


@pytest.mark.parametrize("path", BODIES)
def test_what_is_no_json_is_refused(app: Flask, client: FlaskClient, path: str) -> None:
    for body in NO_JSON:
        assert_not_json(post_text(client, path, body))
    assert stored(app) == {}


def test_values_that_are_no_json_are_refused(app: Flask, client: FlaskClient) -> None:
    for text in NO_VALUES + LONE_SURROGATES:
        assert_not_json(post_members(client, SYNC, field='"a"', value=text))
        assert_not_json(post_members(client, SYNC, field='"a"', value="1", more=text))
        assert_not_json(post_members(client, SNAPSHOT, form_snapshot='{"a":[' + text + "]}"))
    assert stored(app) == {}


def test_lone_surrogates_are_refused_in_every_text(app: Flask, client: FlaskClient) -> None:
    for text in LONE_SURROGATES:
        assert_not_json(post_text(client, SYNC, f'{{"field":{text},"value":1}}'))
        assert_not_json(post_text(client, SYNC, f'{{"field":"a","value":1,{text}:1}}'))
        assert_not_json(post_text(client, SNAPSHOT, f'{{"form_snapshot":{{{text}:1}}}}'))
        assert_not_json(post_text(client, SNAPSHOT, f'{{"form_snapshot":{{}},"chat_summary":{text}}}'))
        assert_not_json(post_text(client, CHAT, f'{{"message_type":"user","message_content":{text}}}'))
        assert_not_json(post_text(client, "/context/compress", f'{{"messages":[{{"role":"user","content":{text}}}]}}'))
        assert_not_json(post_text(client, "/interest/track", f'{{"category":{text}}}'))
    assert stored(app) == {}


def test_invalid_utf8_is_refused(app: Flask, client: FlaskClient) -> None:
    for data in NO_UTF8:
        assert_not_json(post_text(client, SYNC, b'{"field":"a","value":"' + data + b'"}'))
        assert_not_json(post_text(client, SYNC, b'{"field":"' + data + b'","value":1}'))
        assert_not_json(post_text(client, CLEAR, data))
    assert stored(app) == {}


@pytest.mark.parametrize("encoding", OTHER_ENCODINGS)
def test_other_encodings_are_refused(app: Flask, client: FlaskClient, encoding: str) -> None:
    data = json.dumps({"field": "a", "value": "سلام ~+"}, ensure_ascii=False).encode(encoding)
    data = b"\xef\xbb\xbf{}" if encoding == "utf-7" else data
    assert_not_json(post_text(client, SYNC, data))
    assert_not_json(post_text(client, SYNC, data, content_type=f"application/json; charset={encoding}"))
    assert stored(app) == {}


@pytest.mark.parametrize(
    "body", ["[]", "[1,2]", '["field","value"]', "5", "-1.5", '"field"', '""', "true", "null", "0"]
)
def test_a_body_that_is_no_object_has_no_parameters(app: Flask, client: FlaskClient, body: str) -> None:
    assert told(post_text(client, SYNC, body)) == missing("field", "value")
    assert told(post_text(client, SNAPSHOT, body)) == missing("form_snapshot")
    assert post_text(client, CLEAR, body).status_code == 200
    assert stored(app) == {}


def test_an_empty_body_has_no_parameters(app: Flask, client: FlaskClient) -> None:
    for content_type in ("application/json", None, "text/plain", "application/x-www-form-urlencoded"):
        assert told(post_text(client, SYNC, "", content_type=content_type)) == missing("field", "value")
        for path in (CLEAR, CLEAR_CHAT):
            assert post_text(client, path, "", content_type=content_type).status_code == 200
    assert stored(app) == {}


@pytest.mark.parametrize(
    "content_type",
    [
        *[
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain",
            "text/plain;charset=UTF-8",
        ],
        *[
            "text/html",
            "text/json",
            "application/xml",
            "application/octet-stream",
            "application/jsonp",
            "json",
            "*/*",
            None,
        ],
    ],
)
def test_a_body_declared_as_something_else_is_refused(
    app: Flask, client: FlaskClient, content_type: str | None
) -> None:
    for body in (json.dumps({"field": "a", "value": 1}), "field=a&value=1", "--x--", "{"):
        status, content = told(post_text(client, SYNC, body, content_type=content_type))
        assert status == 415
        assert isinstance(content, dict)
        assert content == {
            "code": "rest_unsupported_media_type",
            "message": content["message"],
            "data": {"status": 415},
        }
    assert stored(app) == {}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/vnd.api+json",
    ],
)
def test_a_body_declared_as_json_is_read(client: FlaskClient, content_type: str) -> None:
    body = json.dumps({"field": "a", "value": "سلام"}, ensure_ascii=False)
    assert post_text(client, SYNC, body, content_type=content_type).status_code == 200
    assert restored(client)["vault_data"]["a"]["value"] == "سلام"


def test_of_members_that_come_twice_the_last_counts(client: FlaskClient) -> None:
    post_text(client, SYNC, '{"field":"a","value":1,"field":"b","value":2,"\\u0076alue":3}')
    assert restored(client)["vault_data"] == {"b": {"value": 3, "insight": None}}


def test_a_null_that_comes_last_is_missing(app: Flask, client: FlaskClient) -> None:
    assert told(post_text(client, SYNC, '{"field":"a","value":1,"value":null}')) == missing("value")
    assert stored(app) == {}


@pytest.mark.parametrize("snapshot", ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"\\u0061":1,"b":0,"a":2}'])
def test_a_field_is_synced_over_members_that_come_twice(client: FlaskClient, snapshot: str) -> None:
    post_members(client, SNAPSHOT, form_snapshot=snapshot)
    assert restored(client)["session"]["form_snapshot"]["a"] == 2
    post(client, SYNC, {"field": "a", "value": 3, "page_url": PAGE})
    assert restored(client)["session"]["form_snapshot"]["a"] == 3


@pytest.mark.parametrize("text", EXACT)
def test_json_stays_as_it_was_sent(client: FlaskClient, text: str) -> None:
    post_members(client, SYNC, field='"f"', value=text)
    post_members(client, SNAPSHOT, form_snapshot='{"f":' + text + "}")
    post_members(client, CHAT, message_type='"user"', message_content='"x"', ai_metadata='{ "f":' + text + "}")
    answer = get(client, RESTORE).get_data(as_text=True)
    assert member(answer, "vault_data", "f", "value") == text
    assert member(answer, "session", "form_snapshot") == '{"f":' + text + "}"
    (message,) = json.loads(answer, parse_int=str, parse_float=str)["chat_messages"]
    assert message["metadata"] == {"f": json.loads(text, parse_int=str, parse_float=str)}


@pytest.mark.parametrize("text", EXACT)
def test_json_stays_as_it_was_sent_beside_a_field_that_is_synced(client: FlaskClient, text: str) -> None:
    def numbers_as_text(given: str) -> object:
        return json.loads(given, parse_int=str, parse_float=str)

    post_members(client, SNAPSHOT, form_snapshot='{"before":0,"f":' + text + ',"\\u0633":[1.0]}')
    post(client, SYNC, {"field": "g", "value": 1, "page_url": PAGE})
    post_members(client, SYNC, field='"h"', value=text, page_url=json.dumps(PAGE))
    snapshot = member(get(client, RESTORE).get_data(as_text=True), "session", "form_snapshot")
    expected = {"before": "0", "f": numbers_as_text(text), "س": ["1.0"], "g": "1", "h": numbers_as_text(text)}
    assert numbers_as_text(snapshot) == expected


@pytest.mark.parametrize("content", ["\0", "a\0b", "\0" * 100, "\x01\x1f\x7f\x80\x9f", "\u2028\ufeff\ufffd\U0010ffff"])
def test_control_characters_are_kept(client: FlaskClient, content: str) -> None:
    post(client, SYNC, {"field": "a", "value": content, "page_url": PAGE})
    post(client, SNAPSHOT, {"form_snapshot": {"a": content, content: 1}, "chat_summary": content})
    post(client, CHAT, {"message_type": "user", "message_content": content, "ai_metadata": {content: content}})
    memory = restored(client)
    assert memory["vault_data"]["a"]["value"] == content
    assert memory["session"]["form_snapshot"] == {"a": content, content: 1}
    assert memory["session"]["chat_summary"] == content
    assert (memory["chat_messages"][0]["content"], memory["chat_messages"][0]["metadata"]) == (
        content,
        {content: content},
    )


def levels(number: int) -> str:
    """Return an object of so many levels."""
    return '{"a":' * number + "1" + "}" * number


def lists(number: int) -> str:
    """Return arrays of so many levels."""
    return "[" * number + "]" * number


def test_deep_nesting_is_stored_or_refused(app: Flask, client: FlaskClient) -> None:
    """The body's own object is a level as well, and a value stands one level deeper in the snapshot."""
    is_sqlite = app.config["SQLALCHEMY_DATABASE_URI"].get_backend_name() == "sqlite"
    held = 63 if is_sqlite else 31
    for depth in range(28, 64):
        value, document = lists(depth), levels(depth)
        synced = post_members(client, SYNC, field=f'"f{depth}"', value=value, page_url=json.dumps(PAGE))
        saved = post_members(client, SNAPSHOT, form_snapshot=document)
        chatted = post_members(client, CHAT, message_type='"user"', message_content='"x"', ai_metadata=document)
        if depth <= held:
            assert (saved.status_code, chatted.status_code) == (200, 200), depth
            assert member(get(client, RESTORE).get_data(as_text=True), "session", "form_snapshot") == document
        else:
            assert_invalid(saved, "form_snapshot")
            assert_invalid(chatted, "ai_metadata")
        if depth < held or is_sqlite:
            assert synced.status_code == 200, depth
        else:
            assert_invalid(synced, "value")
    assert [*restored(client)["vault_data"]] == [f"f{depth}" for depth in range(28, 64 if is_sqlite else 31)]


@pytest.mark.parametrize("depth", [64, 65, 100, 1_000, 40_000])
def test_deeper_nesting_is_no_json(app: Flask, client: FlaskClient, depth: int) -> None:
    for nest in (levels, lists):
        assert_not_json(post_members(client, SYNC, field='"a"', value=nest(depth)))
        assert_not_json(post_members(client, SYNC, field='"a"', value="1", more=nest(depth)))
    assert_not_json(post_members(client, SNAPSHOT, form_snapshot=levels(depth)))
    assert_not_json(post_text(client, SYNC, lists(depth + 1)))
    assert_not_json(post_text(client, SYNC, "[" * (depth + 1)))
    assert_not_json(post_text(client, SYNC, '{"a":' * (depth + 1)))
    assert stored(app) == {}


def test_brackets_in_texts_are_no_nesting(client: FlaskClient) -> None:
    text = '\\"' + "[{" * 500 + '\\\\"'
    value = json.loads(f'"{text[:-1]}"')
    assert post_text(client, SYNC, f'{{"field":"a","value":"{text[:-1]}"}}').status_code == 200
    assert restored(client)["vault_data"]["a"]["value"] == value


@pytest.mark.parametrize(
    "pattern", ['\\"', "\\", '"', "[", "{", '["', '{"a":', "-", "1", "\\u", '"[', '""', " ", '\\\\\\"']
)
@pytest.mark.parametrize("opening", ["", '"', '{"field":"a","value":"', '{"field":"a","value":'])
def test_a_hostile_body_costs_no_more_than_its_length(one_client: FlaskClient, opening: str, pattern: str) -> None:
    body = (opening + pattern * 200_000)[:200_000]
    with processor_seconds(2):
        response = post_text(one_client, SYNC, body)
    assert response.status_code == 400


@pytest.mark.parametrize(
    "text", ["[1e999]", "[-1e999]", "[" + "1" * 5_000 + "]", '[{"role":"user","content":"سلام","n":1e999}]']
)
def test_numbers_beyond_every_range_break_no_reader(client: FlaskClient, text: str) -> None:
    post_members(client, SYNC, field='"chat_messages"', value=text, page_url=json.dumps(PAGE))
    post_members(client, SYNC, field='"tirage"', value=text, page_url=json.dumps(PAGE))
    for path in (RESTORE, SUMMARY, ANALYZE, "/vault/interests"):
        assert get(client, path).status_code == 200, path


@pytest.mark.parametrize("text", ["1" * 5_000, "-" + "1" * 5_000, "1" * 5_000 + ".5", "[" + "1" * 5_000 + "]", "1e999"])
def test_a_field_is_synced_beside_a_number_of_any_length(client: FlaskClient, text: str) -> None:
    assert post_members(client, SYNC, field='"a"', value=text, page_url=json.dumps(PAGE)).status_code == 200
    assert post(client, SYNC, {"field": "b", "value": 1, "page_url": PAGE}).status_code == 200
    answer = get(client, RESTORE).get_data(as_text=True)
    assert member(answer, "session", "form_snapshot", "a") == member(answer, "vault_data", "a", "value") == text
    assert member(answer, "session", "form_snapshot", "b") == "1"


def sized(size: int) -> bytes:
    """Return a sync's body of so many bytes."""
    empty = b'{"field":"a","value":""}'
    return empty[:-2] + b"x" * (size - len(empty)) + empty[-2:]


TOO_LARGE = (
    413,
    {"code": "homa_body_too_large", "message": "The body is larger than 2,048 bytes.", "data": {"status": 413}},
)


def test_a_body_up_to_the_limit_is_read(make_app: Callable[..., Flask], database_url: str) -> None:
    app = make_app(database_url, HOMA_MAX_BODY_BYTES="2048")
    client = app.test_client()
    for size in (2_049, 4_096, 1_000_000):
        assert told(post_text(client, SYNC, sized(size))) == TOO_LARGE
        assert told(post_text(client, SYNC, b"{" * size)) == TOO_LARGE
    assert stored(app) == {}
    assert post_text(client, SYNC, sized(2_048)).status_code == 200


def test_a_body_is_up_to_256_kib_large(client: FlaskClient) -> None:
    assert post_text(client, SYNC, sized(262_145)).status_code == 413
    assert post_text(client, SYNC, sized(262_144)).status_code == 200
    assert len(restored(client)["vault_data"]["a"]["value"]) == 262_144 - 24


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return a running service that takes bodies of up to 2,048 bytes."""
    folder = tmp_path_factory.mktemp("service")
    environ = {"HOMA_DATABASE_URL": f"sqlite:///{folder}/memory.sqlite3", "HOMA_MAX_BODY_BYTES": "2048"}
    with serving(environ, folder) as running:
        yield running


def exchange(service: Service, *pieces: bytes) -> tuple[int, object]:
    """Send a request as raw bytes, close that direction, and return the answer's status and JSON."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall(b"".join(pieces))
        connection.shutdown(socket.SHUT_WR)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, json.loads(response.read())


def head(path: str, *lines: str) -> bytes:
    """Return the head of a JSON post."""
    fixed = [f"POST {API}{path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Connection: close"]
    return "\r\n".join([*fixed, *lines, "", ""]).encode()


def chunked(body: bytes, size: int) -> bytes:
    """Return a body in chunks."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize("size", [2_049, 3_000, 6_000])
def test_a_large_body_is_refused_by_a_live_service(service: Service, size: int) -> None:
    body = sized(size)
    assert exchange(service, head(SYNC, f"Content-Length: {size}"), body) == TOO_LARGE


@pytest.mark.parametrize("chunk", [1_000, 2_048, 1_000_000])
@pytest.mark.parametrize("size", [2_049, 3_000, 6_000])
def test_a_large_body_in_chunks_is_refused(service: Service, size: int, chunk: int) -> None:
    for body in (sized(size), b'{"field":"a","value":1}'.ljust(size)):
        assert exchange(service, head(SYNC, "Transfer-Encoding: chunked"), chunked(body, chunk)) == TOO_LARGE


@pytest.mark.parametrize("chunk", [1, 7, 1_000, 1_000_000])
def test_a_body_in_chunks_is_read(service: Service, chunk: int) -> None:
    body = '{"field":"نام","value":"😀"}'.encode()
    status, content = exchange(service, head(SYNC, "Transfer-Encoding: chunked"), chunked(body, chunk))
    assert status == 200, content
    full = exchange(service, head(SYNC, "Transfer-Encoding: chunked"), chunked(sized(2_048), max(chunk, 100)))
    assert full[0] == 200, full


@pytest.mark.parametrize(
    "rest", [b"ZZ\r\n{}\r\n0\r\n\r\n", b"-1\r\n\r\n", b"5\r\n{}\r\n0\r\n\r\n", b"10\r\n{}", b"2\r\n{}", b""]
)
def test_broken_chunks_are_the_senders_fault(service: Service, rest: bytes) -> None:
    status, _ = exchange(service, head(SYNC, "Transfer-Encoding: chunked"), rest)
    assert status == 400


@pytest.mark.parametrize("sent", [b"", b"{", b'{"scope":"session"}'])
def test_a_body_that_ends_early_is_refused(service: Service, sent: bytes) -> None:
    status, _ = exchange(service, head(CLEAR, "Content-Length: 40"), sent)
    assert status == 400
