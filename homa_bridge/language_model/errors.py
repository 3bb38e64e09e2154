"""What goes wrong with a model."""

from ..errors import HomaError


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
