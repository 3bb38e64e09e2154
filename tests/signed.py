"""Signs requests as the WordPress plugin does, for test clients and for live servers."""

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from homa_bridge.identity.signing import SIGNED_HEADERS, SignedRequest, sign

SECRET = "0123456789abcdef" * 4
PRESENTED = {"x-homa-site": "https://shop.test", "x-homa-user": "0", "x-homa-guest": "", "x-homa-address": "192.0.2.7"}


def signature(
    method: str,
    target: str,
    body: bytes = b"",
    *,
    secret: str = SECRET,
    nonce: str | None = None,
    timestamp: float | None = None,
    **visitor: str,
) -> dict[str, str]:
    """Return the headers of a signed request.

    :param target: path and query
    :param nonce: a new one by default
    :param timestamp: now by default
    :param visitor: ``user``, ``guest``, ``site``, ``address``, ``scheme`` and ``referer``, where they matter
    """
    path, _, query = target.partition("?")
    named = {"referer" if name == "referer" else f"x-homa-{name}": value for name, value in visitor.items()}
    headers = {**PRESENTED, "x-homa-scheme": "http", "referer": "", **named}
    moment = str(int(time.time() if timestamp is None else timestamp))
    once = nonce or secrets.token_hex(16)
    values = [headers[name].encode("latin-1") for name in SIGNED_HEADERS]
    request = SignedRequest(
        moment.encode(), once.encode(), method.encode(), path.encode(), query.encode(), body, values
    )
    mac = sign(secret.encode(), request).decode()
    return {**headers, "x-homa-timestamp": moment, "x-homa-nonce": once, "x-homa-signature": mac}


def signed(
    client: FlaskClient,
    method: str,
    target: str,
    body: object = None,
    *,
    altered: Mapping[str, str] | None = None,
    **options: Any,
) -> TestResponse:
    """Send a signed request.

    :param body: sent as JSON; None for none
    :param altered: headers that are put in after signing
    :param options: as for :func:`signature`
    """
    data = encoded(body)
    headers = {**signature(method, target, data, **options), **(altered or {})}
    kind = None if body is None else "application/json"
    return client.open(target, method=method, data=data, content_type=kind, headers=headers)


def encoded(body: object) -> bytes:
    """Return a body as :func:`signed` sends it."""
    return b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
