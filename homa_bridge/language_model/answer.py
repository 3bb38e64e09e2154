"""What an endpoint's answer means: the model's text, or why there is none. Pure."""

from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isfinite
from time import time
from typing import Final

import msgspec

from ..errors import ModelFailed

LONGEST_REST: Final = 3_600.0  # seconds

_PASSING: Final = frozenset({408, 409, 429, 500, 502, 503, 504})
_REFUSALS: Final = {
    400: "does not take the question: see whether the model of HOMA_MODEL takes temperature and max_tokens",
    401: "does not accept the key: correct HOMA_MODEL_KEY",
    402: "wants to be paid",
    403: "does not allow it: see what the key of HOMA_MODEL_KEY may do",
    404: "is not there, or has no such model: correct HOMA_MODEL_URL, which often ends in /v1, or HOMA_MODEL",
}


def text_of(content: bytes) -> str:
    """Return the model's text.

    :param content: the answer's body
    :raises ModelFailed: if there is none, or if it was cut off
    """
    try:
        choice = msgspec.json.decode(content)["choices"][0]
        text, reason = choice["message"]["content"], choice.get("finish_reason")
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ModelFailed("answers with something else than JSON") from None
    except (LookupError, TypeError, AttributeError, RecursionError):
        raise ModelFailed("answers in another form than OpenAI's protocol has") from None
    if not isinstance(text, str):
        raise ModelFailed("answers without a text")
    if reason in {"length", "content_filter"}:
        raise ModelFailed("has cut its text off")
    return text


def refusal(status: int, retry_after: str | None) -> ModelFailed:
    """Return what a status other than 200 means."""
    if 300 <= status < 400:
        reason = "leads elsewhere: write the address that it leads to into HOMA_MODEL_URL"
        return ModelFailed(f"{reason} ({status})", is_refusal=True)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        reason = "has had too many requests, or its quota is used up"
    elif status >= 500:
        reason = "is out of order"
    else:
        reason = _REFUSALS.get(status, "refuses")
    is_passing = status in _PASSING
    return ModelFailed(
        f"{reason} ({status})", is_passing=is_passing, retry_after=_seconds(retry_after), is_refusal=not is_passing
    )


def _seconds(retry_after: str | None) -> float | None:
    """Return how long an endpoint wants to be left alone, whether it says it in seconds or as a date."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time()
        except (TypeError, ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), LONGEST_REST) if isfinite(seconds) else None
