"""What the owner may set about a language model: where it is, its key, its name, and how long one waits for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..errors import SettingsError
from ..identity.address import UNIX, is_loopback

VARIABLES = {
    "HOMA_MODEL_URL": "OpenAI-compatible endpoint that words summaries, such as https://api.example.com/v1 (none)",
    "HOMA_MODEL_KEY": "Its key",
    "HOMA_MODEL": "Which of its models",
    "HOMA_MODEL_TIMEOUT": "How long it may take for one summary, in seconds (default 30)",
    "HOMA_MODEL_DELAY": "How long a conversation rests before it is asked, in seconds (default 10)",
}

_EXAMPLE = "https://api.example.com/v1, or http://127.0.0.1:11434/v1 for one on this machine"


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Everything that is set about the model.

    :param url: the endpoint, without ``/chat/completions`` and without a slash at its end
    :param key: None for an endpoint that asks for none
    :param name: the model's name, as the endpoint knows it
    :param timeout: seconds that one summary may take, from the connection to the last byte
    :param delay: seconds that a conversation rests before it is summarised
    """

    url: str
    key: str | None = field(repr=False)
    name: str
    timeout: int
    delay: int


def read_model(known: Mapping[str, str], *, timeout: int, delay: int) -> ModelSettings | None:
    """Read the settings; None if no model is wanted.

    :raises SettingsError: if one is wrong; the message says what to write, and never repeats the key
    """
    url, name, key = known.get("HOMA_MODEL_URL"), known.get("HOMA_MODEL"), known.get("HOMA_MODEL_KEY")
    if url is None and name is None and key is None:
        return None
    if url is None:
        raise SettingsError(f"HOMA_MODEL_URL is not set: write the endpoint's address, such as {_EXAMPLE}.")
    if name is None:
        raise SettingsError("HOMA_MODEL is not set: write which of the endpoint's models words the summaries.")
    if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
        raise SettingsError("HOMA_MODEL_KEY has characters that no key has: copy it again.")
    return ModelSettings(_checked(url), key, name, timeout, delay)


def _checked(url: str) -> str:
    """Return an endpoint's address.

    :raises SettingsError: if it is none, or what visitors say would leave this machine unencrypted
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    # The text may hold a password: it is not repeated.
    if (
        host is None
        or parts.scheme not in {"http", "https"}
        or not (url.isascii() and url.isprintable() and " " not in url)
    ):
        raise SettingsError(f"HOMA_MODEL_URL is not understood: write {_EXAMPLE}.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise SettingsError("HOMA_MODEL_URL has more than an address: write the key into HOMA_MODEL_KEY alone.")
    is_own = host == "localhost" or (host != UNIX and is_loopback(host))
    if parts.scheme == "http" and not is_own:
        raise SettingsError(
            "HOMA_MODEL_URL is http:// and not on this machine, so everybody on the way could read what visitors say: "
            "use https://."
        )
    return url.rstrip("/").removesuffix("/chat/completions")
