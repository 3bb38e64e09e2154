"""The id by which the lines of one request are found in the logs of the web server, of WordPress and of the service.

It is no secret, and proves nothing: whoever asks may choose it, within its form.
"""

import os
import re
from collections.abc import Iterator
from contextvars import ContextVar
from itertools import count
from typing import Final

HEADER: Final = "X-Request-ID"
ENVIRON: Final = "HTTP_X_REQUEST_ID"
NOBODY: Final = "-"  # what a line has that is about no request

FORM: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)  # nothing that a log or a terminal takes for its own

_numbers: Iterator[int]  # counted up from one at random: that is quicker than a random one each time
_current: ContextVar[str] = ContextVar("request_id", default=NOBODY)

current = _current.get
begin = _current.set
end = _current.reset


def chosen(given: str | None) -> str:
    """Return the id that came along with a request if it has the form, else a new one."""
    if given is not None and FORM.fullmatch(given):
        return given
    return f"{next(_numbers):016x}"


def _begin_anew() -> None:
    global _numbers  # noqa: PLW0603  (a process that was forked from another must not give the same ids)
    _numbers = count(int.from_bytes(os.urandom(7)))


_begin_anew()
os.register_at_fork(after_in_child=_begin_anew)
