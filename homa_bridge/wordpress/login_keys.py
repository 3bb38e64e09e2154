"""With what WordPress signs logins: its salts, its cookie's name, and where its users are.

As ``wp_salt()``, ``wp_cookie_constants()`` and ``get_site_option()`` find them. What only a running PHP could tell
counts as not known.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from . import php_literals as php
from .wp_config import WordPressConfig

NETWORK: Final = ("MULTISITE", "SUBDOMAIN_INSTALL", "VHOST", "SUNRISE")
NETWORK_ID: Final = "SITE_ID_CURRENT_SITE"
USER_TABLES: Final = ("CUSTOM_USER_TABLE", "CUSTOM_USER_META_TABLE")
KEYS: Final = tuple(
    f"{scheme}_{kind}" for scheme in ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE", "SECRET") for kind in ("KEY", "SALT")
)
OPTIONS: Final = ("siteurl", "logged_in_key", "logged_in_salt", "nonce_key", "nonce_salt")
COOKIE: Final = "wordpress_logged_in_"
PLACEHOLDER: Final = "put your unique phrase here"
FALSE: Final = frozenset({"", "0"})  # the texts that PHP takes for false


@dataclass(frozen=True, slots=True)
class LoginKeys:
    """What a login is verified with.

    :param logged_in_salt: what ``wp_salt('logged_in')`` gives
    :param nonce_salt: what ``wp_salt('nonce')`` gives
    :param cookie: the login cookie's name
    :param users: name of the users' table
    :param usermeta: name of the table of what else is known of them
    """

    logged_in_salt: bytes = field(repr=False)
    nonce_salt: bytes = field(repr=False)
    cookie: str
    users: str
    usermeta: str

    def fingerprint(self, secret: str) -> str:
        """Return by what the plugin can tell whether these are the site's, and nobody else anything at all.

        :param secret: the secret shared with the plugin
        """
        text = b"\n".join((self.logged_in_salt, self.nonce_salt, _bytes(self.cookie)))
        return hmac.new(_bytes(secret), text, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Given:
    """What the owner has set, which counts before what the site says; None for what is not set.

    :param site_url: the site's address, from which the cookie's name follows where there is no wp-config.php
    :param prefix: the table prefix, where there is no wp-config.php that tells it
    """

    logged_in_salt: str | None = field(repr=False)
    nonce_salt: str | None = field(repr=False)
    cookie: str | None
    site_url: str | None
    prefix: str


def login_keys(given: Given, wordpress: WordPressConfig | None, options: Mapping[str, str]) -> LoginKeys | None:
    """Return what logins are verified with; None if any of it is not known.

    :param options: those of the network, or of the site that is none; as :func:`.site.read_login_options` has them
    """
    logged_in_salt = given.logged_in_salt or _salt("logged_in", wordpress, options)
    nonce_salt = given.nonce_salt or _salt("nonce", wordpress, options)
    cookie = given.cookie or (_cookie(wordpress, options) if wordpress else _cookie_of(given.site_url))
    if not (logged_in_salt and nonce_salt and cookie) or (wordpress and is_unsure(wordpress, *USER_TABLES)):
        return None
    prefix = base_prefix(wordpress, given.prefix)
    users, usermeta = (_text(wordpress, name) if wordpress else "" for name in USER_TABLES)
    return LoginKeys(
        _bytes(logged_in_salt), _bytes(nonce_salt), cookie, users or f"{prefix}users", usermeta or f"{prefix}usermeta"
    )


def base_prefix(wordpress: WordPressConfig | None, prefix: str) -> str:
    """Return the prefix of the tables that all sites of a network share; of a site that is in none, the site's own."""
    return prefix if wordpress is None or is_unsure(wordpress, "$table_prefix") else wordpress.table_prefix


def is_network(wordpress: WordPressConfig) -> bool:
    """Say whether this is a network of sites, as ``is_multisite()`` does."""
    if NETWORK[0] in wordpress.constants:
        return php.truth(wordpress.constants[NETWORK[0]]) is True
    return any(name in wordpress.constants for name in NETWORK)


def is_unsure(wordpress: WordPressConfig, *names: str) -> bool:
    """Say whether only a running PHP could tell one of the constants."""
    return not (wordpress.uncertain | wordpress.unknown).isdisjoint(names)


def _salt(scheme: str, wordpress: WordPressConfig | None, options: Mapping[str, str]) -> str | None:
    """Return what ``wp_salt()`` gives: constants that are the sample's, or that are used twice, do not count."""
    if wordpress is None or is_unsure(wordpress, *KEYS):
        return None
    texts = [_text(wordpress, name) for name in KEYS]

    def secret(name: str) -> str:
        text = _text(wordpress, name)
        return text if text not in FALSE and text != PLACEHOLDER and texts.count(text) == 1 else ""

    key, salt = (options.get(f"{scheme}_{kind}", "") for kind in ("key", "salt"))
    key = secret(f"{scheme.upper()}_KEY") or secret("SECRET_KEY") or key
    salt = secret(f"{scheme.upper()}_SALT") or salt
    return None if key in FALSE or salt in FALSE else key + salt


def _cookie(wordpress: WordPressConfig, options: Mapping[str, str]) -> str | None:
    if is_unsure(wordpress, "LOGGED_IN_COOKIE", "COOKIEHASH", "WP_SITEURL", *NETWORK):
        return None
    if "LOGGED_IN_COOKIE" in wordpress.constants:
        return _text(wordpress, "LOGGED_IN_COOKIE")
    if "COOKIEHASH" in wordpress.constants:
        return COOKIE + _text(wordpress, "COOKIEHASH")
    if is_network(wordpress):
        return _cookie_of(options.get("siteurl"), rest="")
    return _cookie_of(_text(wordpress, "WP_SITEURL") or options.get("siteurl"))


def _cookie_of(site_url: str | None, rest: str = "/\\") -> str | None:
    """Return the cookie's name.

    :param rest: what does not count at the address's end; a network's counts as it is
    """
    if not site_url:
        return None
    return COOKIE + hashlib.md5(_bytes(site_url.rstrip(rest) if rest else site_url), usedforsecurity=False).hexdigest()


def _text(wordpress: WordPressConfig, name: str) -> str:
    text = php.to_string(wordpress.constants.get(name))
    return text if isinstance(text, str) else ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
