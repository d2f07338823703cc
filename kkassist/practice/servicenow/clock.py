"""The instance's own clock, and the way ServiceNow writes instants: UTC, `YYYY-MM-DD HH:MM:SS`."""

import time
from datetime import UTC, date, datetime, timedelta

STAMP = "%Y-%m-%d %H:%M:%S"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """Runs from a given instant, so that a city of any day can be served; tests may move it."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The instance's instant, aware and UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._began)

    def stamp(self) -> str:
        """The instant as a raw value; one-second resolution, as the real one."""
        return stamp(self.now())

    def move(self, seconds: float) -> None:
        """Let time pass at once (a token dies, an SLA is breached) without anybody waiting."""
        self._start += timedelta(seconds=seconds)


def stamp(instant: datetime) -> str:
    """An aware instant as a raw value."""
    utc = instant.astimezone(UTC)
    return f"{utc.year:04}-{utc.month:02}-{utc.day:02} {utc.hour:02}:{utc.minute:02}:{utc.second:02}"


def parse_stamp(raw: str) -> datetime | None:
    """A raw date-time (or date, taken as its midnight) as an aware instant; None where it is neither."""
    try:
        return datetime.fromisoformat(raw).replace(tzinfo=UTC)
    except ValueError:
        return None


def parse_day(raw: str) -> date | None:
    """A raw `glide_date`, which has no zone."""
    try:
        return date.fromisoformat(raw[:10])
    except ValueError:
        return None


def duration(seconds: int) -> str:
    """A duration as ServiceNow stores it: an instant after 1970-01-01 00:00:00."""
    return stamp(EPOCH + timedelta(seconds=max(0, seconds)))


def duration_seconds(raw: str) -> int:
    """The seconds of a stored duration; 0 for none."""
    instant = parse_stamp(raw)
    return int((instant - EPOCH).total_seconds()) if instant else 0
