"""Data intervals and the transaction ids that belong to them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Every interval owns this many consecutive transaction ids, from its start in epoch minutes times this number.
# The ids of different intervals can't meet, and stay below 2^53, where every JSON reader has them exactly.
IDS_PER_INTERVAL = 10_000_000
DEFAULT_LENGTH = timedelta(minutes=30)
# Ids of older intervals would be small enough to meet the serial numbers of tables that were filled by hand.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Interval:
    """A half-open span of time [start, end), in UTC and whole minutes."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Raise ValueError with a reason when this cannot be an interval of transactions."""
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment.second or moment.microsecond:
                raise ValueError(f"the interval's {name} must be a whole minute, got {moment.isoformat()}")
        if self.start >= self.end:
            raise ValueError(f"the interval must start before it ends, got {self.start.isoformat()} to {self.end.isoformat()}")
        if self.start < EARLIEST:
            raise ValueError(f"the interval must not start before {EARLIEST:%Y-%m-%d}, got {self.start.isoformat()}")

    @property
    def minute(self) -> int:
        """The start in minutes since 1970."""
        return int((self.start - EPOCH) / timedelta(minutes=1))

    @property
    def first_id(self) -> int:
        return self.minute * IDS_PER_INTERVAL

    @property
    def seconds(self) -> int:
        """The length in seconds."""
        return int((self.end - self.start).total_seconds())

    def __str__(self) -> str:
        end = f"{self.end:%H:%M}" if self.end.date() == self.start.date() else f"{self.end:%Y-%m-%d %H:%M}"
        return f"{self.start:%Y-%m-%d %H:%M} – {end} UTC"


def parse_moment(text: str) -> datetime:
    """A time of ISO 8601 with its offset, as UTC. Raises ValueError with a reason."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"must be a time like 2026-01-31T09:30:00+00:00, got {text!r}") from None
    if moment.tzinfo is None:
        raise ValueError(f"must have an offset from UTC, as in 2026-01-31T09:30:00+00:00, got {text!r}")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"is out of range, got {text!r}") from None


def last_complete(now: datetime) -> Interval:
    """The newest half hour that has ended at `now`."""
    end = EPOCH + (now - EPOCH) // DEFAULT_LENGTH * DEFAULT_LENGTH
    return Interval(end - DEFAULT_LENGTH, end)
