"""The signature by which the WordPress plugin says who is calling. Pure; the plugin's PHP code does the same.

HMAC-SHA-256 over the lines of :func:`string_to_sign`. Both sides are tested with ``tests/vectors/signing.json``.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import SignatureExpired, SignatureInvalid, SignatureMalformed

VERSION = b"homa-bridge-v1"
TOLERANCE_SECONDS = 300
SIGNED_HEADERS = ("x-homa-site", "x-homa-user", "x-homa-guest", "x-homa-address", "x-homa-scheme", "referer")
"""The headers that are signed, in the order in which they stand in the string to sign."""

LARGEST_USER = 2**63 - 1  # what the vault's column holds

_SIGNATURE = re.compile(rb"v1=[0-9a-f]{64}")
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
    :param address: the visitor's IP address as it was sent; may be empty or no address
    """

    nonce: str
    user: int
    guest: str
    is_secure: bool
    address: str


def string_to_sign(request: SignedRequest) -> bytes:
    """Return the lines that are signed, joined by line feeds."""
    values = zip(SIGNED_HEADERS, request.headers, strict=True)
    return b"\n".join([
        VERSION,
        request.timestamp,
        request.nonce,
        request.method.upper(),
        request.path.lower(),
        b"&".join(sorted(filter(None, request.query.split(b"&")))),
        hashlib.sha256(request.body).hexdigest().encode(),
        *[name.encode() + b":" + stripped(value) for name, value in values],
    ])  # fmt: skip


def sign(secret: bytes, request: SignedRequest) -> bytes:
    """Return the value of the header ``X-Homa-Signature``."""
    return b"v1=" + hmac.new(secret, string_to_sign(request), hashlib.sha256).hexdigest().encode()


def check_form(signature: bytes, timestamp: bytes, nonce: bytes, headers: Sequence[bytes], now: float) -> Caller:
    """Return what a request claims, before anything of its body has been read.

    :param headers: the values of ``SIGNED_HEADERS``, in their order
    :param now: Unix time in seconds
    :raises SignatureMalformed: if a header is not of its form
    :raises SignatureExpired: if the timestamp differs from now by more than 300 seconds
    """
    _, user, guest, address, scheme, _ = map(stripped, headers)
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
    return Caller(nonce.decode(), int(user), guest.decode("latin-1"), scheme == b"https", address.decode("latin-1"))


def verify(secrets: Sequence[bytes], signature: bytes, request: SignedRequest, now: float) -> Caller:
    """Return whom a request speaks for.

    :param secrets: any of them may have signed, so that one can take another's place
    :param signature: the value of the header ``X-Homa-Signature``
    :param now: Unix time in seconds
    :raises SignatureMalformed, SignatureExpired: as :func:`check_form`
    :raises SignatureInvalid: if none of the secrets has signed this
    """
    caller = check_form(signature, request.timestamp, request.nonce, request.headers, now)
    if not any(hmac.compare_digest(sign(secret, request), signature) for secret in secrets):
        raise SignatureInvalid
    return caller


def stripped(value: bytes) -> bytes:
    """Return a header's value without the blanks at its ends, which do not survive the way."""
    return value.strip(b" \t")
