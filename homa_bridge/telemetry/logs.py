"""The log: lines of text, or an object of JSON a line. Every line about a request bears its id."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

from gunicorn.glogging import Logger

from . import request_id
from .settings import Telemetry

TEXT: Final = "%(asctime)s %(levelname)s [%(request_id)s] %(name)s: %(message)s"
OWN: Final = "homa_bridge"
ACCESS: Final = f"{OWN}.access"


def set_up(settings: Telemetry) -> None:
    """Have every line go to standard error, in the form and from the level that the owner has set.

    Other packages' loggers tell from their warnings on, whatever the level: below that some quote what passes through.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_add_request_id)
    handler.setFormatter(JSONFormatter() if settings.format == "json" else logging.Formatter(TEXT))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger(OWN).setLevel(settings.level.upper())
    logging.getLogger(ACCESS).setLevel(logging.INFO)


class JSONFormatter(logging.Formatter):
    """Writes a record as one object: ``time``, ``level``, ``logger``, ``message``, ``request_id``, and what it adds."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record's line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", request_id.NOBODY),
            **getattr(record, "members", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class ServerLog(Logger):
    """Has the web server's own lines written as all others are."""

    def setup(self, cfg: Any) -> None:
        """Leave the lines to the log that is set up already."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def _add_request_id(record: logging.LogRecord) -> bool:
    record.request_id = request_id.current()
    return True
