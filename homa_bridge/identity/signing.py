"""The signature by which the WordPress plugin says who is calling. Pure; the plugin's PHP code does the same.

``v1`` is an HMAC-SHA-256 over the lines of :func:`string_to_sign`, and it alone decides. The hints beside it are short
hashes of what was signed and of the secret: where ``v1`` does not hold, they tell why. Both sides are tested with
``tests/vectors/signing.json``.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import (
    SignatureBodyAltered,
    SignatureExpired,
    SignatureHeadersAltered,
    SignatureInvalid,
    SignatureMalformed,
    SignaturePathAltered,
    SignatureRefused,
    SignatureSecretUnknown,
)

VERSION = b"homa-bridge-v1"
KEY_LABEL = b"homa-bridge-key"
HINT_LENGTH = 16  # hexadecimal digits
TOLERANCE_SECONDS = 300
SIGNED_HEADERS = ("x-homa-site", "x-homa-user", "x-homa-guest", "x-homa-address", "x-homa-scheme", "referer")
"""The headers that are signed, in the order in which they stand in the string to sign."""

LARGEST_USER = 2**63 - 1  # what the vault's column holds

_SIGNATURE = re.compile(rb"v1=[0-9a-f]{64},key=[0-9a-f]{16},target=[0-9a-f]{16},headers=[0-9a-f]{16},body=[0-9a-f]{16}")
_TIMESTAMP = re.compile(rb"[0-9]{1,12}")
_NONCE = re.compile(rb"[0-9a-f]{32}")
_USER = re.compile(rb"0|[1-9][0-9]{0,18}")
_SCHEME = re.compile(rb"https?")


class SignedRequest(NamedTuple):
    """What a signature is made of, and covers.

    :param path: without the query, as the service routes it
    :param query: as it was sent, without the question mark
    :param headers: the values of ``SIGNED_HEADERS``, in their order; empty where one is absent
    """

    timestamp: bytes
    nonce: bytes
    method: bytes
    path: bytes
    query: bytes
    body: bytes
    headers: Sequence[bytes]


class Caller(NamedTuple):
    """What a signature vouches for.

    :param nonce: 32 hexadecimal digits, by which a write is done once
    :param user: the WordPress user's number; 0 for a guest
    :param guest: the guest's token as it was sent; may be empty or of another form
    :param is_secure: whether the visitor came by https
    :param site: the home address of the site that signed
    :param address: the visitor's IP address as it was sent; may be empty or no address
    """

    nonce: str
    user: int
    guest: str
    is_secure: bool
    site: str
    address: str


def string_to_sign(request: SignedRequest) -> bytes:
    """Return the lines that are signed, joined by line feeds."""
    return b"\n".join([
        VERSION,
        request.timestamp,
        request.nonce,
        *_target_lines(request),
        hashlib.sha256(request.body).hexdigest().encode(),
        *_header_lines(request),
    ])  # fmt: skip


def sign(secret: bytes, request: SignedRequest) -> bytes:
    """Return the value of the header ``X-Homa-Signature``."""
    return b"v1=%b,key=%b,target=%b,headers=%b,body=%b" % (
        _mac(secret, string_to_sign(request)),
        _key_hint(secret),
        _target_hint(request),
        _headers_hint(request),
        _body_hint(request),
    )


def check_form(signature: bytes, timestamp: bytes, nonce: bytes, headers: Sequence[bytes], now: float) -> Caller:
    """Return what a request claims, before anything of its body has been read.

    :param headers: the values of ``SIGNED_HEADERS``, in their order
    :param now: Unix time in seconds
    :raises SignatureMalformed: if a header is not of its form
    :raises SignatureExpired: if the timestamp differs from now by more than 300 seconds
    """
    site, user, guest, address, scheme, _ = map(stripped, headers)
    for name, form, value in (
        ("X-Homa-Signature", _SIGNATURE, signature),
        ("X-Homa-Timestamp", _TIMESTAMP, timestamp),
        ("X-Homa-Nonce", _NONCE, nonce),
        ("X-Homa-User", _USER, user),
        ("X-Homa-Scheme", _SCHEME, scheme),
    ):
        if form.fullmatch(value) is None:
            raise SignatureMalformed(name)
    if int(user) > LARGEST_USER:
        raise SignatureMalformed("X-Homa-User")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise SignatureExpired
    home, there = site.decode("utf-8", "replace"), address.decode("latin-1")
    return Caller(nonce.decode(), int(user), guest.decode("latin-1"), scheme == b"https", home, there)


def verify(secrets: Sequence[bytes], signature: bytes, request: SignedRequest, now: float) -> Caller:
    """Return whom a request speaks for.

    :param secrets: any of them may have signed, so that one can take another's place
    :param signature: the value of the header ``X-Homa-Signature``
    :param now: Unix time in seconds
    :raises SignatureMalformed, SignatureExpired: as :func:`check_form`
    :raises SignatureRefused: if none of the secrets has signed this; which one, tells why
    """
    caller = check_form(signature, request.timestamp, request.nonce, request.headers, now)
    text = string_to_sign(request)
    mac, *hints = (part.partition(b"=")[2] for part in signature.split(b","))
    if not any(hmac.compare_digest(_mac(secret, text), mac) for secret in secrets):
        raise _reason(secrets, hints, request)
    return caller


def stripped(value: bytes) -> bytes:
    """Return a header's value without the blanks at its ends, which do not survive the way."""
    return value.strip(b" \t")


def _reason(secrets: Sequence[bytes], hints: Sequence[bytes], request: SignedRequest) -> SignatureRefused:
    """Return why a signature does not hold, by its hints. Nothing that they say lets anybody in."""
    key, target, headers, body = hints
    if not any(hmac.compare_digest(_key_hint(secret), key) for secret in secrets):
        return SignatureSecretUnknown()
    if not hmac.compare_digest(_target_hint(request), target):
        return SignaturePathAltered()
    if not hmac.compare_digest(_headers_hint(request), headers):
        return SignatureHeadersAltered()
    if not hmac.compare_digest(_body_hint(request), body):
        return SignatureBodyAltered()
    return SignatureInvalid()


def _target_lines(request: SignedRequest) -> list[bytes]:
    query = b"&".join(sorted(filter(None, request.query.split(b"&"))))
    return [request.method.upper(), request.path.lower(), query]


def _header_lines(request: SignedRequest) -> list[bytes]:
    values = zip(SIGNED_HEADERS, request.headers, strict=True)
    return [name.encode() + b":" + stripped(value) for name, value in values]


def _mac(secret: bytes, text: bytes) -> bytes:
    return hmac.new(secret, text, hashlib.sha256).hexdigest().encode()


def _key_hint(secret: bytes) -> bytes:
    """Return what names a secret and does not give it away."""
    return _mac(secret, KEY_LABEL)[:HINT_LENGTH]


def _target_hint(request: SignedRequest) -> bytes:
    return _hint(b"\n".join(_target_lines(request)))


def _headers_hint(request: SignedRequest) -> bytes:
    return _hint(b"\n".join([request.timestamp, request.nonce, *_header_lines(request)]))


def _body_hint(request: SignedRequest) -> bytes:
    return _hint(request.body)


def _hint(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:HINT_LENGTH].encode()
