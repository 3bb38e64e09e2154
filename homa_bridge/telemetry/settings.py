"""What the owner may set about logs and measurements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from ..errors import SettingsError

VARIABLES = {
    "HOMA_LOG_FORMAT": "How the log is written: text (default) or json, an object a line",
    "HOMA_LOG_LEVEL": "From where on the log tells: debug, info, warning (default) or error",
    "HOMA_ACCESS_LOG": "Whether the log has a line for each request: on or off (default off)",
    "HOMA_METRICS_TOKEN": "What a Prometheus elsewhere sends as its bearer token (default: none is let in)",
}

FORMATS: Final = ("text", "json")
LEVELS: Final = ("debug", "info", "warning", "error")
TOKEN_LENGTH: Final = 32  # characters, as many as a secret has


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What the owner has set about logs and measurements.

    :param level: the name of a level, in lower case
    :param access: whether each request is logged
    :param token: what opens the measurements to another machine; None if nothing does but a signature
    """

    format: Literal["text", "json"] = "text"
    level: str = "warning"
    access: bool = False
    token: str | None = field(default=None, repr=False)


def read_telemetry(known: Mapping[str, str]) -> Telemetry:
    """Read the settings.

    :raises SettingsError: if one is wrong; the message says what to write
    """
    token = known.get("HOMA_METRICS_TOKEN")
    if token is not None and (len(token) < TOKEN_LENGTH or not token.isascii()):
        raise SettingsError(  # what it is goes into no message
            f"HOMA_METRICS_TOKEN cannot be used: write at least {TOKEN_LENGTH} Latin characters, such as the output of "
            "`openssl rand -hex 32`."
        )
    return Telemetry(
        cast(Literal["text", "json"], _one_of(known, "HOMA_LOG_FORMAT", FORMATS, "text")),
        _one_of(known, "HOMA_LOG_LEVEL", LEVELS, "warning"),
        _one_of(known, "HOMA_ACCESS_LOG", ("on", "off"), "off") == "on",
        token,
    )


def _one_of(known: Mapping[str, str], name: str, words: tuple[str, ...], default: str) -> str:
    text = known.get(name, default).lower()
    if text not in words:
        raise SettingsError(f"{name} is {text!r}: use {', '.join(words[:-1])} or {words[-1]}.")
    return text
