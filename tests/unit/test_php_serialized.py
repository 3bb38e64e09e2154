"""What is read of serialised values, compared with PHP itself."""

import json
import math
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homa_bridge.wordpress.php_serialized import DEEPEST, PhpSerializedError, Value, loads

SERIALIZE = """
ini_set( 'serialize_precision', '-1' );
function value( $described ) {
    list( $kind, $content ) = $described;
    switch ( $kind ) {
        case 'bytes': return hex2bin( $content );
        case 'float': return unpack( 'E', hex2bin( $content ) )[1];
        case 'array':
            $array = array();
            foreach ( $content as list( $key, $item ) ) { $array[ value( $key ) ] = value( $item ); }
            return $array;
        default: return $content;
    }
}
foreach ( json_decode( stream_get_contents( STDIN ) ) as $described ) {
    echo bin2hex( serialize( value( $described ) ) ), "\\n";
}
"""

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.binary(max_size=40)
    | st.text(max_size=20).map(str.encode) | st.sampled_from([b'";}', b's:1:"a";', b"0", b"-1", b"i:1;"])
)  # fmt: skip
KEYS = st.integers(-(2**63), 2**63 - 1) | st.text(max_size=10).map(lambda text: b"k" + text.encode())
VALUES: st.SearchStrategy[Value] = st.recursive(
    SCALARS, lambda inner: st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


def described(value: Value) -> list[object]:
    """Return a value in a form in which JSON changes nothing of it."""
    match value:
        case bytes():
            return ["bytes", value.hex()]
        case float():
            return ["float", struct.pack(">d", value).hex()]
        case dict():
            return ["array", [[described(key), described(item)] for key, item in value.items()]]
        case _:
            return ["plain", value]


def serialized(*values: Value) -> list[bytes]:
    """Return what PHP makes of values."""
    given_values = json.dumps([described(value) for value in values])
    result = subprocess.run(["php", "-r", SERIALIZE], input=given_values, capture_output=True, text=True, check=True)
    return [bytes.fromhex(line) for line in result.stdout.split()]


@settings(max_examples=15, deadline=None)  # each is a run of PHP with many values
@given(st.lists(VALUES, min_size=10, max_size=40))
def test_whatever_php_writes_is_read(values: list[Value]) -> None:
    for value, text in zip(values, serialized(*values), strict=True):
        assert repr(loads(text)) == repr(value)  # the repr tells 1 from True and 1.0, and one NaN is as good as another


def test_the_kinds() -> None:
    value: Value = {b"a": 1, 0: {b"x": None, b"y": True}, 1: "کاربر".encode(), 2: 1.5, 3: -math.inf}
    (text,) = serialized(value)
    assert text.startswith(b'a:5:{s:1:"a";i:1;i:0;a:2:{s:1:"x";N;s:1:"y";b:1;}i:1;s:10:"')
    assert loads(text) == value


@pytest.mark.parametrize(
    "text",
    [
        b"", b"N", b"n;", b"i:;", b"i:1", b"i: 1;", b"i:1.0;", b"b:2;", b"d:x;", b'"a"', b"Nx;", b"N;N;", b"N; ",
        b's:2:"a";', b's:0:"a";', b's:-1:"a";', b's:9999999999:"a";', b's:1:"a"', b"s:1:'a';",
        b"a:1:{}", b"a:0:{i:0;i:1;}", b"a:1:{i:0;}", b"a:1:{i:0;i:1;", b"a:1:{N;i:1;}", b"a:1:{b:1;i:1;}",
        b"a:9999999999:{}", b"a:1:{a:0:{}i:1;}", b'O:8:"stdClass":0:{}', b'C:1:"A":0:{}', b'E:3:"A:B";',
        b"a:1:{i:0;R:1;}", b"a:1:{i:0;r:1;}", b'S:1:"\\61";', "i:۱;".encode(),
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: bytes) -> None:
    with pytest.raises(PhpSerializedError):
        loads(text)


@given(st.binary(max_size=60) | st.from_regex(rb'\A(?:[aisbdNOR][:;]|[0-9]|[{}";])*\Z'))
def test_no_text_does_more_than_be_refused(text: bytes) -> None:
    try:
        loads(text)
    except PhpSerializedError:
        return


def test_deep_nesting_is_refused() -> None:
    def nested(levels: int) -> bytes:
        return b"a:1:{i:0;" * (levels - 1) + b"a:0:{}" + b"}" * (levels - 1)

    loads(nested(DEEPEST))
    for levels in (DEEPEST + 1, 100_000):
        with pytest.raises(PhpSerializedError):
            loads(nested(levels))


def test_a_refusal_quotes_nothing() -> None:
    with pytest.raises(PhpSerializedError, match=r"^not understood at byte 0$"):
        loads(b"secret")
