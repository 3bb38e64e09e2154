"""What each of the product's errors is called over HTTP, in WordPress's shape, and what is said about it."""

from collections.abc import Mapping
from functools import singledispatch
from math import ceil
from typing import NamedTuple

from . import errors

STORAGE_RETRY_SECONDS = 5

SIGNATURE_ERRORS: Mapping[type[errors.SignatureRefused], tuple[str, str]] = {
    errors.SignatureMissing: (
        "homa_signature_missing",
        "The signature is missing: sign the request with the shared secret, and have nothing in between take the "
        "headers X-Homa-* away.",
    ),
    errors.SignatureUnexpected: (
        "homa_signature_unexpected",
        "The request is signed, but the service has no secret: set HOMA_SHARED_SECRET or HOMA_WP_CONFIG, then restart.",
    ),
    errors.SignatureMalformed: (
        "homa_signature_malformed",
        "The header {} is not of its form: let plugin and service have the same version.",
    ),
    errors.SignatureExpired: (
        "homa_signature_expired",
        "The signature's time is not this machine's: set the clocks of site and service by NTP, and sign anew.",
    ),
    errors.SignatureSecretUnknown: (
        "homa_signature_secret",
        "The request is signed with a secret that this service does not have: give site and service the same one, "
        "then restart the service.",
    ),
    errors.SignaturePathAltered: (
        "homa_signature_path",
        "Something between site and service changes the method, the path or the query: have it hand them on as sent.",
    ),
    errors.SignatureHeadersAltered: (
        "homa_signature_headers",
        "Something between site and service changes the headers X-Homa-* or Referer: have it hand them on as sent.",
    ),
    errors.SignatureBodyAltered: (
        "homa_signature_body",
        "Something between site and service changes the body: have it hand bodies on byte for byte.",
    ),
    errors.SignatureInvalid: (
        "homa_signature_invalid",
        "The signature is none of this request: only who has the secret can sign; have nothing in between change "
        "X-Homa-Signature.",
    ),
}
"""What is said of a signature that is not accepted, by its code; {} stands for the exception's own text."""


class Refusal(NamedTuple):
    """How a request is refused.

    :param data: members of the answer's ``data`` beside ``status``
    :param retry_after: seconds after which it may be tried again; None where that changes nothing
    """

    status: int
    code: str
    message: str
    data: Mapping[str, object] = {}
    retry_after: int | None = None

    @property
    def content(self) -> Mapping[str, object]:
        """What the answer holds."""
        return {"code": self.code, "message": self.message, "data": {"status": self.status, **self.data}}


OVERLOADED = Refusal(
    503, "homa_overloaded", "More is asked of the memory than it can answer now. Try again shortly.", retry_after=2
)
"""How a request is refused for which no thread is free in time."""


@singledispatch
def refusal(_error: Exception) -> Refusal | None:
    """Return how to refuse a request because of an error; None if nobody is to be told what it was."""
    return None


@refusal.register
def _(error: errors.MissingParameters) -> Refusal:
    message = f"Missing parameter(s): {', '.join(error.names)}"
    return Refusal(400, "rest_missing_callback_param", message, {"params": error.names})


@refusal.register
def _(error: errors.InvalidParameters) -> Refusal:
    message = f"Invalid parameter(s): {', '.join(error.reasons)}"
    return Refusal(400, "rest_invalid_param", message, {"params": error.reasons})


@refusal.register
def _(error: errors.InvalidBody) -> Refusal:
    return Refusal(400, "rest_invalid_json", "Invalid JSON body passed.", {"reason": str(error)})


@refusal.register
def _(_error: errors.UnsupportedMediaType) -> Refusal:
    message = "Send the parameters as a JSON body, Content-Type: application/json."
    return Refusal(415, "rest_unsupported_media_type", message)


@refusal.register
def _(error: errors.Forbidden) -> Refusal:
    return Refusal(403, "rest_forbidden", str(error))


@refusal.register
def _(error: errors.ForeignSite) -> Refusal:
    message = (
        f"This service remembers for {error.own} and takes no writes from {error.site}: give a copy of the site a "
        "service of its own; if the shop has moved, set HOMA_SITE_URL to its new address and restart the service."
    )
    return Refusal(403, "homa_foreign_site", message)


@refusal.register
def _(_error: errors.NonceInvalid) -> Refusal:
    return Refusal(403, "rest_cookie_invalid_nonce", "Cookie check failed")  # WordPress's words


@refusal.register
def _(error: errors.SignatureRefused) -> Refusal:
    code, message = SIGNATURE_ERRORS[type(error)]
    return Refusal(401, code, message.format(error))


@refusal.register
def _(error: errors.RateLimited) -> Refusal:
    seconds = ceil(error.seconds)
    return Refusal(429, "homa_rate_limited", f"Too many requests. Try again in {seconds} s.", retry_after=seconds)


@refusal.register
def _(error: errors.TooManyNewGuests) -> Refusal:
    seconds = ceil(error.seconds)
    message = f"Too many new visitors have come from this address. Try again in {seconds} s."
    return Refusal(429, "homa_too_many_new_guests", message, retry_after=seconds)


@refusal.register
def _(_error: errors.UnknownHost) -> Refusal:
    message = "This service does not go by that name: if it should, add the name to HOMA_TRUSTED_HOSTS."
    return Refusal(400, "homa_unknown_host", message)


@refusal.register
def _(_error: errors.AlreadyDone) -> Refusal:
    message = "A write with this nonce has been done already: nothing was changed, and nothing is left to do."
    return Refusal(409, "homa_already_done", message)


@refusal.register
def _(error: errors.MemoryFull) -> Refusal:
    message = f"This visitor's memory is full, it holds {error.limit:,} {error.what}: nothing was changed."
    return Refusal(413, "homa_memory_full", message, {"limit": error.limit, "of": error.what})


@refusal.register
def _(_error: errors.StorageRefused) -> Refusal:
    return Refusal(400, "homa_value_refused", "The site's database does not take this value.")


@refusal.register
def _(_error: errors.StorageUnavailable) -> Refusal:
    message = "The memory's database is out of reach. Try again shortly."
    return Refusal(503, "homa_storage_unavailable", message, retry_after=STORAGE_RETRY_SECONDS)


@refusal.register
def _(error: errors.NotReady) -> Refusal:
    message = "The memory cannot answer now. `homa-bridge check` says why."
    return Refusal(503, "homa_not_ready", message, {"reason": error.reason}, STORAGE_RETRY_SECONDS)
