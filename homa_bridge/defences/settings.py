"""What the owner may set about strangers: limits of their requests, proxies, host names, and other sites."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from limits import RateLimitItem, parse_many

from ..errors import SettingsError
from ..identity.address import Proxies, parse_proxies

VARIABLES = {
    "HOMA_TRUSTED_PROXIES": "Proxies whose X-Forwarded-For and -Proto count: addresses, networks, unix (default none)",
    "HOMA_TRUSTED_HOSTS": "Further names of this service, such as memory.example.com or .example.com",
    "HOMA_CORS_ORIGINS": "Other sites whose scripts may use the API, such as https://app.example.com (default none)",
    "HOMA_RATE_LIMITS": "on or off (default on)",
    "HOMA_RATE_LIMIT_VISITOR": "Requests of one visitor (default 600/minute)",
    "HOMA_RATE_LIMIT_ADDRESS": "Requests from one address (default 3000/minute)",
    "HOMA_RATE_LIMIT_NEW_GUESTS": "New guests from one address who may write (default 120/minute)",
    "HOMA_RATE_LIMIT_STORAGE": "Where requests are counted: memory://, or redis://host:6379/0 for all workers together",
}

MEMORY = "memory://"
REDIS = ("redis://", "rediss://", "redis+unix://")
HOST_NAME = re.compile(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How much is allowed.

    :param visitor: requests of one visitor
    :param address: requests from one address
    :param new_guests: guests from one address of whom nothing is remembered yet, and who write
    :param storage: where it is counted; the text may hold a password
    """

    visitor: RateLimitItem
    address: RateLimitItem
    new_guests: RateLimitItem
    storage: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Defences:
    """What the owner has set about strangers.

    :param limits: None if nothing is limited
    :param hosts: further names of the service; one that begins with a dot stands for all below it
    :param origins: other sites whose scripts may use the API
    """

    proxies: Proxies
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    limits: RateLimits | None


def read_defences(known: Mapping[str, str]) -> Defences:
    """Read the settings.

    :raises SettingsError: if one is wrong; the message names the part and says what to write
    """
    return Defences(_proxies(known), _hosts(known), _origins(known), _limits(known))


def _parts(known: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in known.get(name, "").split(",") if part.strip()]


def _proxies(known: Mapping[str, str]) -> Proxies:
    try:
        return parse_proxies(_parts(known, "HOMA_TRUSTED_PROXIES"))
    except ValueError as error:
        raise SettingsError(
            f"HOMA_TRUSTED_PROXIES has {str(error)!r}: use addresses such as 192.0.2.1, networks such as 10.0.0.0/8, "
            "or unix for a socket's file."
        ) from None


def _hosts(known: Mapping[str, str]) -> tuple[str, ...]:
    names = [name.lower() for name in _parts(known, "HOMA_TRUSTED_HOSTS")]
    for name in names:
        if not HOST_NAME.fullmatch(name):
            raise SettingsError(
                f"HOMA_TRUSTED_HOSTS has {name!r}: use names without scheme and port, such as memory.example.com, or "
                ".example.com for all below it."
            )
    return tuple(names)


def _origins(known: Mapping[str, str]) -> tuple[str, ...]:
    origins = _parts(known, "HOMA_CORS_ORIGINS")
    for origin in origins:
        if "*" in origin:
            raise SettingsError(
                f"HOMA_CORS_ORIGINS has {origin!r}: name each site, because a visitor's cookie opens the memory, and "
                "every site on the internet could read it."
            )
        if not _is_origin(origin):
            raise SettingsError(
                f"HOMA_CORS_ORIGINS has {origin!r}: use scheme and host alone, such as https://app.example.com or "
                "http://localhost:3000."
            )
    return tuple(origins)


def _is_origin(text: str) -> bool:
    """Say whether a text is an origin exactly as browsers write it."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    place = f"{host}:{port}" if port is not None else host
    has_host = bool(parts.hostname) and text.isascii() and not re.search(r"[\s\\]", text)
    is_default = (parts.scheme, port) in {("http", 80), ("https", 443)}  # browsers leave it out
    return (
        has_host
        and parts.scheme in {"http", "https"}
        and not is_default
        and parts == SplitResult(parts.scheme, str(place), "", "", "")
        and text == parts.geturl()
    )


def _limits(known: Mapping[str, str]) -> RateLimits | None:
    switch = known.get("HOMA_RATE_LIMITS", "on").lower()
    if switch not in {"on", "off"}:
        raise SettingsError(f"HOMA_RATE_LIMITS is {switch!r}: use on or off.")
    limits = RateLimits(
        _limit(known, "HOMA_RATE_LIMIT_VISITOR", "600/minute"),
        _limit(known, "HOMA_RATE_LIMIT_ADDRESS", "3000/minute"),
        _limit(known, "HOMA_RATE_LIMIT_NEW_GUESTS", "120/minute"),
        _storage(known),
    )
    return limits if switch == "on" else None


def _limit(known: Mapping[str, str], name: str, default: str) -> RateLimitItem:
    text = known.get(name, default)
    try:
        (limit,) = parse_many(text)
    except ValueError:
        limit = None
    if limit is None or limit.amount < 1:
        raise SettingsError(f"{name} is {text!r}: use a number and a time, such as {default} or 20/second.")
    return limit


def _storage(known: Mapping[str, str]) -> str:
    text = known.get("HOMA_RATE_LIMIT_STORAGE", MEMORY)
    if text == MEMORY or text.startswith(REDIS):
        return text
    # The text may hold a password: it is not repeated.
    raise SettingsError(
        "HOMA_RATE_LIMIT_STORAGE is not understood: write memory://, redis://host:6379/0, rediss://host:6379/0, or "
        "redis+unix:///path/to/socket."
    )
