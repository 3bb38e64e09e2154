"""The exceptions of the memory. What they are called over HTTP is told in :mod:`homa_bridge.http`."""


class HomaError(Exception):
    """Base of every error that the product raises on purpose."""


class SettingsError(HomaError):
    """A setting is wrong; the message is one line and says what to do."""


class InvalidBody(HomaError):
    """The body is no JSON that the service reads."""


class UnsupportedMediaType(HomaError):
    """The body is declared as something else than JSON."""


class MissingParameters(HomaError):
    """Required parameters are absent or null.

    :param names: the missing parameters, in the order in which the route declares them
    """

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class InvalidParameters(HomaError):
    """Parameters have a wrong type or value.

    :param reasons: what is wrong, by parameter
    """

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__(", ".join(f"{name}: {reason}" for name, reason in reasons.items()))
        self.reasons = reasons


class Forbidden(HomaError):
    """The memory that is asked for belongs to somebody else."""


class ForeignSite(HomaError):
    """A write comes from another site than the one that the service remembers for.

    :param site: the home address of the site that asks
    :param own: that of the service's own site
    """

    def __init__(self, site: str, own: str) -> None:
        super().__init__(f"{site} is not {own}")
        self.site = site
        self.own = own


class NonceInvalid(HomaError):
    """A WordPress user is logged in, and the nonce that came along is not of this login, or is too old."""


class SignatureRefused(HomaError):
    """Base of the reasons for which a signed request is not let in."""


class SignatureMissing(SignatureRefused):
    """The route is for signed requests alone, and this one is not signed."""


class SignatureUnexpected(SignatureRefused):
    """The request is signed, but the service has no secret to tell by whom."""


class SignatureMalformed(SignatureRefused):
    """A header is not of its form.

    :param header: its name
    """

    def __init__(self, header: str) -> None:
        super().__init__(header)
        self.header = header


class SignatureExpired(SignatureRefused):
    """The request was signed too long ago, or by a clock that differs too much."""


class SignatureSecretUnknown(SignatureRefused):
    """The request was signed with a secret that the service does not have."""


class SignaturePathAltered(SignatureRefused):
    """Method, path or query are not those that were signed."""


class SignatureHeadersAltered(SignatureRefused):
    """One of the signed headers is not what was signed."""


class SignatureBodyAltered(SignatureRefused):
    """The body is not the one that was signed."""


class SignatureInvalid(SignatureRefused):
    """The request says of itself what was signed, and the signature is none of that."""


class MemoryFull(HomaError):
    """A visitor has stored as much as one may, and this would be more.

    :param what: fields, interests, messages or bytes
    :param limit: how many of them
    """

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(what)
        self.what = what
        self.limit = limit


class RateLimited(HomaError):
    """Too much was asked in too short a time.

    :param seconds: after which it may be asked again
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.3f}")
        self.seconds = seconds


class TooManyNewGuests(RateLimited):
    """Too many guests of whom nothing was remembered began to write, from one address in too short a time."""


class UnknownHost(HomaError):
    """The request names a host that is not this service's."""


class AlreadyDone(HomaError):
    """A write with this receipt has been done; nothing is changed."""


class StorageError(HomaError):
    """Base of what goes wrong between the service and its database."""


class StorageUnavailable(StorageError):
    """The database cannot be reached, is overloaded or refuses to work; a later try may succeed."""


class NotReady(StorageError):
    """Visitors cannot be answered now.

    :param reason: what is in the way, in one word
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TableMissing(StorageError):
    """A table of the site's is not there, and need not be."""


class StorageRefused(StorageError):
    """The database refuses the values themselves; the same request would fail again."""


class ModelFailed(HomaError):
    """The endpoint gave no answer that can be used.

    :param reason: what it does, in words that follow "the endpoint"; never anything that it sent
    :param is_passing: whether the same question may be answered a moment later
    :param retry_after: seconds for which it wants to be left alone; None if it does not say
    :param is_refusal: whether it will go on like this until the owner changes something
    """

    def __init__(
        self, reason: str, *, is_passing: bool = False, retry_after: float | None = None, is_refusal: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_passing = is_passing
        self.retry_after = retry_after
        self.is_refusal = is_refusal
