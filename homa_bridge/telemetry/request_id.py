"""The id by which the lines of one request are found in the logs of the web server, of WordPress and of the service.

It is no secret, and proves nothing: whoever asks may choose it, within its form.
"""

import os
import re
from contextvars import ContextVar
from typing import Final

HEADER: Final = "X-Request-ID"
ENVIRON: Final = "HTTP_X_REQUEST_ID"
NOBODY: Final = "-"  # what a line has that is about no request

FORM: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)  # nothing that a log or a terminal takes for its own

_current: ContextVar[str] = ContextVar("request_id", default=NOBODY)

current = _current.get
begin = _current.set
end = _current.reset


def chosen(given: str | None) -> str:
    """Return the id that came along with a request if it has the form, else a new one."""
    if given is not None and FORM.fullmatch(given):
        return given
    return os.urandom(8).hex()
