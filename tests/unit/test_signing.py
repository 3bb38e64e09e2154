"""The string that is signed, and which signatures hold. The examples are shared with the plugin's tests."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homa_bridge.errors import (
    SignatureBodyAltered,
    SignatureExpired,
    SignatureHeadersAltered,
    SignatureInvalid,
    SignatureMalformed,
    SignaturePathAltered,
    SignatureRefused,
    SignatureSecretUnknown,
)
from homa_bridge.identity.signing import Caller, SignedRequest, sign, string_to_sign, verify

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "signing.json").read_text("utf-8"))["vectors"]
NAMES = ("X-Homa-Site", "X-Homa-User", "X-Homa-Guest", "X-Homa-Address", "X-Homa-Scheme", "Referer")
GUEST = "guest_" + "0123456789abcdef" * 2
SECRET, OTHER = b"s" * 32, b"o" * 32
NOW = 1_767_225_600

REQUEST = SignedRequest(
    timestamp=str(NOW).encode(),
    nonce=b"0123456789abcdef" * 2,
    method=b"POST",
    path=b"/wp-json/homaye-tabesh/v1/interest/track",
    query=b"b=2&a=1",
    body='{"category":"کتاب"}'.encode(),
    headers=(b"https://shop.test", b"7", GUEST.encode(), b"192.0.2.7", b"https", b"https://shop.test/"),
)


def request_of(vector: dict[str, Any]) -> SignedRequest:
    return SignedRequest(
        vector["timestamp"].encode(),
        vector["nonce"].encode(),
        vector["method"].encode(),
        vector["path"].encode(),
        vector["query"].encode(),
        vector["body"].encode(),
        [vector["headers"][name].encode("latin-1") for name in NAMES],
    )


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_the_shared_examples(vector: dict[str, Any]) -> None:
    request, secret = request_of(vector), vector["secret"].encode()
    assert string_to_sign(request) == vector["string_to_sign"].encode("latin-1")
    assert sign(secret, request) == vector["signature"].encode()
    caller = verify([secret], vector["signature"].encode(), request, int(vector["timestamp"]))
    assert caller.user == int(vector["headers"]["X-Homa-User"])
    assert caller.nonce == vector["nonce"]
    with pytest.raises(SignatureSecretUnknown):
        verify([secret + b"x"], vector["signature"].encode(), request, int(vector["timestamp"]))


def test_whom_it_vouches_for() -> None:
    assert verify([SECRET], sign(SECRET, REQUEST), REQUEST, NOW) == Caller(
        nonce=REQUEST.nonce.decode(),
        user=7,
        guest=GUEST,
        is_secure=True,
        site="https://shop.test",
        address="192.0.2.7",
    )


def test_case_of_method_and_path_does_not_count() -> None:
    assert sign(SECRET, REQUEST._replace(method=b"post", path=REQUEST.path.upper())) == sign(SECRET, REQUEST)


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        (SignatureHeadersAltered, {"timestamp": str(NOW + 1).encode()}),
        (SignatureHeadersAltered, {"nonce": b"1" * 32}),
        (SignaturePathAltered, {"method": b"PUT"}),
        (SignaturePathAltered, {"path": b"/wp-json/homaye-tabesh/v1/vault/clear"}),
        (SignaturePathAltered, {"query": b"a=1&b=3"}),
        (SignaturePathAltered, {"query": b"a=1&b=2&b=2"}),
        (SignaturePathAltered, {"query": b""}),
        (SignatureBodyAltered, {"body": b""}),
        (SignatureBodyAltered, {"body": REQUEST.body + b" "}),
        *[
            (SignatureHeadersAltered, {"headers": (*REQUEST.headers[:n], value, *REQUEST.headers[n + 1 :])})
            for n, value in enumerate((b"https://shop.test/", b"8", b"", b"192.0.2.8", b"http", b""))
        ],
    ],
)
def test_whatever_is_changed_the_signature_does_not_hold(
    reason: type[SignatureRefused], changed: dict[str, Any]
) -> None:
    with pytest.raises(reason):
        verify([SECRET], sign(SECRET, REQUEST), REQUEST._replace(**changed), NOW)


def with_hints_of(signature: bytes, other: bytes) -> bytes:
    """Return a signature with what another says of itself."""
    return signature.split(b",", 1)[0] + b"," + other.split(b",", 1)[1]


def test_hints_let_nobody_in_and_keep_nobody_out() -> None:
    """Whoever changes a request can change the hints as well: only the signature itself counts."""
    for request in (REQUEST._replace(body=b"{}"), REQUEST._replace(path=b"/x"), REQUEST._replace(nonce=b"1" * 32)):
        forged = with_hints_of(sign(SECRET, REQUEST), sign(SECRET, request))
        with pytest.raises(SignatureInvalid):
            verify([SECRET], forged, request, NOW)
        assert verify([SECRET], with_hints_of(sign(SECRET, REQUEST), sign(OTHER, request)), REQUEST, NOW).user == 7
    with pytest.raises(SignatureInvalid):
        verify([SECRET], with_hints_of(b"v1=" + b"0" * 64, sign(SECRET, REQUEST)), REQUEST, NOW)
    with pytest.raises(SignatureInvalid):
        verify([SECRET, OTHER], with_hints_of(sign(b"x" * 32, REQUEST), sign(OTHER, REQUEST)), REQUEST, NOW)


def test_secrets_and_hashes_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether something is let in, and why it is not, hangs on that comparison alone."""
    compared: list[tuple[bytes, bytes]] = []
    answers: list[bool] = []

    def recording(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return answers.pop(0)

    monkeypatch.setattr("homa_bridge.identity.signing.hmac.compare_digest", recording)
    sent, other = (dict(part.split(b"=") for part in sign(secret, REQUEST).split(b",")) for secret in (SECRET, OTHER))
    every = [(found[name], sent[name]) for name in (b"v1", b"key") for found in (other, sent)]
    every += [(sent[name], sent[name]) for name in (b"target", b"headers", b"body")]

    answers = [False, True]
    assert verify([OTHER, SECRET], sign(SECRET, REQUEST), REQUEST, NOW).user == 7
    assert compared == every[:2]
    for reason, answers in (
        (SignatureSecretUnknown, [False, False, False, False]),
        (SignaturePathAltered, [False, False, False, True, False]),
        (SignatureHeadersAltered, [False, False, False, True, True, False]),
        (SignatureBodyAltered, [False, False, False, True, True, True, False]),
        (SignatureInvalid, [False, False, False, True, True, True, True]),
    ):
        compared.clear()
        count = len(answers)
        with pytest.raises(reason):
            verify([OTHER, SECRET], sign(SECRET, REQUEST), REQUEST, NOW)
        assert compared == every[:count]


@given(st.lists(st.sampled_from([b"a=1", b"b=2", b"a=", b"Z", b""])).flatmap(st.permutations))
def test_the_order_of_the_query_does_not_count(parts: list[bytes]) -> None:
    query = b"&".join(parts)
    expected = b"&".join(sorted(part for part in parts if part))
    assert string_to_sign(REQUEST._replace(query=query)).split(b"\n")[5] == expected


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_up_to_five_minutes_hold(seconds: int) -> None:
    assert verify([SECRET], sign(SECRET, REQUEST), REQUEST, NOW + seconds).user == 7


@pytest.mark.parametrize("seconds", [-301, 301, 10**9])
def test_more_than_five_minutes_do_not(seconds: int) -> None:
    with pytest.raises(SignatureExpired):
        verify([SECRET], sign(SECRET, REQUEST), REQUEST, NOW + seconds)


@pytest.mark.parametrize("secrets", [[SECRET, OTHER], [OTHER, SECRET]])
def test_any_of_the_secrets_may_have_signed(secrets: list[bytes]) -> None:
    assert verify(secrets, sign(SECRET, REQUEST), REQUEST, NOW).user == 7


def test_without_a_secret_nothing_holds() -> None:
    with pytest.raises(SignatureSecretUnknown):
        verify([], sign(SECRET, REQUEST), REQUEST, NOW)


HINTS = b",key=" + b"0" * 16 + b",target=" + b"0" * 16 + b",headers=" + b"0" * 16 + b",body=" + b"0" * 16


@pytest.mark.parametrize(
    "value",
    [b"", b"v1=", b"v1=" + b"0" * 64, HINTS[1:], b"v1=" + b"0" * 63 + HINTS, b"v1=" + b"0" * 65 + HINTS,
     b"v1=" + b"A" * 64 + HINTS, b"v2=" + b"0" * 64 + HINTS, b"0" * 64 + HINTS, b"v1=" + b"0" * 64 + HINTS + b"\n",
     b"v1=" + b"\xb2" * 64 + HINTS, b"v1=" + b"0" * 64 + HINTS[:-1], b"v1=" + b"0" * 64 + HINTS + b"0",
     b"v1=" + b"0" * 64 + HINTS + b",more=1", b"v1=" + b"0" * 64 + HINTS.replace(b",", b", ")],
)  # fmt: skip
def test_a_signature_of_another_form(value: bytes) -> None:
    with pytest.raises(SignatureMalformed, match="X-Homa-Signature"):
        verify([SECRET], value, REQUEST, NOW)


@pytest.mark.parametrize(
    ("header", "changed"),
    [
        *[("X-Homa-Timestamp", {"timestamp": value}) for value in (b"", b"-1", b"1e9", b"1.5", b"\xb2", b"9" * 13)],
        *[("X-Homa-Nonce", {"nonce": value}) for value in (b"", b"0" * 31, b"0" * 33, b"A" * 32, b"g" * 32)],
        *[
            ("X-Homa-User", {"headers": (b"", value, b"", b"", b"http", b"")})
            for value in (b"", b"-1", b"01", b"1,2", b"0x1", b"\xb2", b"9223372036854775808", b"9" * 20)
        ],
        *[
            ("X-Homa-Scheme", {"headers": (b"", b"0", b"", b"", value, b"")})
            for value in (b"", b"HTTPS", b"ftp", b"http,https")
        ],
    ],
)
def test_a_header_of_another_form(header: str, changed: dict[str, Any]) -> None:
    request = REQUEST._replace(**changed)
    with pytest.raises(SignatureMalformed, match=header):
        verify([SECRET], sign(SECRET, request), request, NOW)


@given(st.binary(max_size=80), st.tuples(*[st.binary(max_size=20)] * 6))
def test_no_bytes_make_it_fail_in_another_way(signature: bytes, headers: tuple[bytes, ...]) -> None:
    with pytest.raises((SignatureMalformed, SignatureSecretUnknown)):
        verify([SECRET], signature, REQUEST._replace(headers=headers), NOW)
    with pytest.raises((SignatureMalformed, SignatureHeadersAltered)):
        verify([SECRET], sign(SECRET, REQUEST), REQUEST._replace(headers=headers), NOW)
