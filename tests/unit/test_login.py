"""Which login cookies and nonces hold. The examples were made by a WordPress."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homa_bridge.identity.login import (
    Account,
    Login,
    LoginCookie,
    account_of,
    first_cookie,
    is_due,
    is_genuine,
    nonce,
    nonce_holds,
    parse_cookie,
)

from ..logins import cookie_value, sessions_text

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "login.json").read_text("utf-8"))
LOGINS = VECTORS["logins"]
NOW: int = VECTORS["now"]
KEY, NONCE_KEY = VECTORS["logged_in_salt"].encode(), VECTORS["nonce_salt"].encode()
NAME: bytes = VECTORS["cookie"].encode()
DAY, HALF = 86_400, 43_200


def cookie_of(example: dict[str, Any]) -> LoginCookie:
    header = b"a=b; %s=%s; c=d" % (NAME, example["cookie"].encode())
    cookie = parse_cookie(first_cookie(header, NAME) or b"")
    assert cookie
    return cookie


def account_in(example: dict[str, Any]) -> Account:
    return account_of(example["user_id"], example["user_pass"].encode(), example["session_tokens"].encode())


@pytest.mark.parametrize("example", LOGINS, ids=[example["login"] for example in LOGINS])
def test_what_wordpress_made_holds(example: dict[str, Any]) -> None:
    cookie, account = cookie_of(example), account_in(example)
    assert example["is_valid"]
    assert cookie.login.decode() == example["login"]
    assert len(account.sessions) == 2
    assert is_genuine(cookie, account, KEY, NOW)
    login = Login(example["user_id"], cookie.token)
    assert nonce(login, NONCE_KEY, NOW) == example["nonce"].encode()
    assert nonce_holds(example["nonce"].encode(), login, NONCE_KEY, NOW)


@pytest.mark.parametrize("example", LOGINS, ids=[example["login"] for example in LOGINS])
def test_nothing_of_it_may_change(example: dict[str, Any]) -> None:
    cookie, account = cookie_of(example), account_in(example)
    for changed in (
        cookie._replace(login=cookie.login + b"x"),
        cookie._replace(expiration=cookie.expiration + 1),
        cookie._replace(token=cookie.token[::-1]),
        cookie._replace(mac=cookie.mac[::-1]),
        cookie._replace(mac=cookie.mac.upper()),
        cookie._replace(mac=b""),
        cookie._replace(mac="٣".encode()),
    ):
        assert not is_genuine(changed, account, KEY, NOW)
    assert not is_genuine(cookie, account, NONCE_KEY, NOW)
    assert not is_genuine(cookie, account._replace(fragments=(b"abcd", b"efgh")), KEY, NOW)
    assert not is_genuine(cookie, account._replace(sessions={}), KEY, NOW)


@pytest.mark.parametrize("example", LOGINS, ids=[example["login"] for example in LOGINS])
def test_a_nonce_is_of_one_login(example: dict[str, Any]) -> None:
    sent = example["nonce"].encode()
    login = Login(example["user_id"], cookie_of(example).token)
    for other in (login._replace(user_id=1), login._replace(token=b"other"), login._replace(token=b"")):
        assert not nonce_holds(sent, other, NONCE_KEY, NOW)
    assert not nonce_holds(sent, login, KEY, NOW)
    for altered in (b"", sent[:-1], sent + b"0", sent.upper(), sent[::-1], "۱".encode(), b"\xff" * 10):
        assert not nonce_holds(altered, login, NONCE_KEY, NOW), altered


def test_a_nonce_holds_in_its_tick_and_the_next() -> None:
    login, start = Login(7, b"token"), 1_000 * HALF + 1  # the first second of a tick
    made = nonce(login, KEY, start)
    ages = {0: True, HALF - 1: True, HALF: True, DAY - 1: True, DAY: False, -1: False}
    assert {age: nonce_holds(made, login, KEY, start + age) for age in ages} == ages
    assert nonce(login, KEY, start + HALF - 1 + 0.9) == made


@pytest.mark.parametrize(
    ("user_pass", "part"),
    [
        ("$P$BabcdefghijkLMNOPQRSTUVWXYZ0123", "efgh"),
        ("$2y$10$abcdefghijklmnopqrstuv", "bcde"),
        ("$wp$2y$10$abcdefghijklmnopqrstuvwxyz", "wxyz"),
        ("$argon2id$v=19$m=65536,t=4,p=1$abc$defg", "defg"),
        ("kurz", "kurz"),
        ("kurz", ""),
    ],
)
def test_the_part_of_the_password_s_hash(user_pass: str, part: str) -> None:
    value = cookie_value("jane", NOW + 9, "token", part, KEY.decode())
    cookie = parse_cookie(value.encode())
    assert cookie
    sessions = sessions_text({"token": NOW + 9})
    assert is_genuine(cookie, account_of(7, user_pass.encode(), sessions), KEY, NOW)
    assert not is_genuine(cookie, account_of(7, b"$P$B" + b"z" * 30, sessions), KEY, NOW)


@pytest.mark.parametrize(
    ("sessions", "holds"),
    [
        ("a:1:{%s;a:1:{s:10:\"expiration\";i:%d;}}", True),
        ("a:1:{%s;i:%d;}", True),
        ("a:1:{%s;d:%d;}", True),
        ("a:1:{%s;a:1:{s:5:\"login\";i:%d;}}", False),
        ("a:1:{%s;s:10:\"%d\";}", False),
        ("a:1:{%s;b:1;}", False),
        ("a:1:{%s;N;}", False),
        ("a:1:{i:0;i:%d;}", False),
        ("i:%d;", False),
        ("a:0:{}", False),
        ("", False),
        ("O:8:\"stdClass\":1:{%s;i:%d;}", False),
    ],
)  # fmt: skip
def test_a_session_is_there_and_has_not_ended(sessions: str, holds: bool) -> None:
    value = cookie_value("jane", NOW + DAY, "token", "efgh", KEY.decode())
    cookie = parse_cookie(value.encode())
    assert cookie
    verifier = f's:64:"{hashlib.sha256(b"token").hexdigest()}"'

    def account(end: int) -> Account:
        filled = sessions.replace("%s", verifier).replace("%d", str(end)).encode()
        return account_of(7, b"$P$BabcdefghijkLM", filled or None)

    assert is_genuine(cookie, account(NOW), KEY, NOW + 0.9) is holds
    assert not is_genuine(cookie, account(NOW - 1), KEY, NOW)


def test_when_a_cookie_is_due() -> None:
    cookie = LoginCookie(b"jane", NOW, b"token", b"mac")
    assert [is_due(cookie, NOW + late, is_post=False) for late in (-1, 0, 0.9, 1, 3_600)] == [False] * 3 + [True] * 2
    assert [is_due(cookie, NOW + late, is_post=True) for late in (0, 1, 3_600, 3_601)] == [False] * 3 + [True]


@pytest.mark.parametrize(
    "value",
    ["", "0", "a|1|b", "a|1|b|c|d", "|1|b|c", "a||b|c", "a|x|b|c", "a|-1|b|c", "a| 1|b|c", "a|1.5|b|c", "a|۱|b|c",
     "a|" + "9" * 16 + "|b|c"],
)  # fmt: skip
def test_a_cookie_of_another_form_is_none(value: str) -> None:
    assert parse_cookie(value.encode()) is None


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("a=1; n=2", "2"), ("n=1; n=2", "1"), ("n=; n=2", ""), ("n", ""), ("xn=1;n=2", "2"), ("n =1", None), ("", None),
        ("N=1", None), ("a=n=1", None), (" \t n=1", "1"), ("n=a%7Cb%7cc", "a|b|c"), ("n=a+b%20c", "a+b c"),
        ("n=%zz%4", "%zz%4"), ('n="q"', '"q"'), ("n=1 ; a=2", "1 "), ("n=a=b", "a=b"), ("n=%D8%B2", "ز"),
    ],
)  # fmt: skip
def test_the_cookie_that_php_would_take(header: str, value: str | None) -> None:
    assert first_cookie(header.encode(), b"n") == (None if value is None else value.encode())


@given(st.binary(max_size=80))
def test_no_cookie_does_more_than_not_hold(value: bytes) -> None:
    cookie = parse_cookie(first_cookie(b"n=" + value, b"n") or b"")
    assert cookie is None or not is_genuine(cookie, account_in(LOGINS[0]), KEY, NOW)
