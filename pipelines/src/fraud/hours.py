"""Which hours of the summary a run renews."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from fraud.interval import Interval, parse_moment

HOUR = timedelta(hours=1)


class Span(NamedTuple):
    """Whole hours [start, end), as the tables have them: UTC without saying so."""

    start: datetime
    end: datetime

    @property
    def hours(self) -> int:
        return (self.end - self.start) // HOUR


def parse_intervals(text: str) -> tuple[Interval, ...]:
    """Data intervals in the notation of ISO 8601, START/END, separated by commas; none in an empty text.

    Raises ValueError with a reason.
    """
    found = []
    for item in filter(None, (item.strip() for item in text.split(","))):
        start, slash, end = item.partition("/")
        if not slash:
            raise ValueError(f"must be intervals like 2026-01-31T09:30:00+00:00/2026-01-31T10:00:00+00:00, got {item!r}")
        interval = Interval(parse_moment(start), parse_moment(end))
        try:
            spans([interval])
        except OverflowError:
            raise ValueError(f"must not end in the last hour of the calendar, got {item!r}") from None
        found.append(interval)
    return tuple(found)


def spans(intervals: Iterable[Interval]) -> list[Span]:
    """The hours that these intervals have a part in, merged, in order."""
    return merged(Span(floor(interval.start), floor(interval.end + HOUR - timedelta.resolution)) for interval in intervals)


def merged(found: Iterable[Span]) -> list[Span]:
    """The same hours in as few spans as can be, in order."""
    result: list[Span] = []
    for span in sorted(found):
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return result


def floor(moment: datetime) -> datetime:
    """The beginning of the hour, in UTC without saying so."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)


def condition(column: str, found: Iterable[Span] | None) -> str:
    """SQL that holds for moments of these hours, in Postgres and in DuckDB; None stands for all hours."""
    if found is None:
        return "true"
    parts = [f"{column} >= TIMESTAMP '{span.start}' AND {column} < TIMESTAMP '{span.end}'" for span in found]
    return f"({' OR '.join(parts)})" if parts else "false"
