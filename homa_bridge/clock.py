"""The only source of "now"."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

WALL_FORMAT = "%Y-%m-%d %H:%M:%S"


class Clock:
    """Tells the time as the site's PHP code tells it.

    WordPress writes ``current_time('mysql')``: the wall clock of the site's time zone, without a zone.

    :param zone: the site's time zone
    :param source: returns the current time, aware; replaced in tests
    """

    def __init__(self, zone: tzinfo, source: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.zone = zone
        self._source = source
        self._last = (0, "")  # every write tells the time, and most in the same second as the one before

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self._source().astimezone(UTC)

    def wall(self, ago: timedelta = timedelta()) -> str:
        """Return the site's wall clock as ``YYYY-MM-DD HH:MM:SS``, now or a while ago."""
        moment = self._source() - ago
        second, text = self._last
        if int(moment.timestamp()) != second:
            second, text = int(moment.timestamp()), moment.astimezone(self.zone).strftime(WALL_FORMAT)
            self._last = (second, text)
        return text
