"""The trips of each week: a line of a CSV file, and a row of a table for people who query by SQL."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from taxi import lake, publish
from taxi.errors import TaxiError, UsageError
from taxi.lake import Lake
from taxi.months import Month
from taxi.settings import Settings
from taxi.store import Store

logger = logging.getLogger("taxi")

NAME = "trips_by_week"
HEADER = "period,num_trips,total_amount,trip_distance,passenger_count"
WEEK = timedelta(days=7)
SUNDAY = 6  # as date.weekday() counts
# Sums of doubles depend on the order in which threads add them; those of decimals do not. What is no amount at all
# (not a number, infinite, beyond 10^18) becomes NULL and is reported.
EXACT = "TRY_CAST({column} AS DECIMAL(28, 10))"


@dataclass(frozen=True)
class Week:
    """The trips that began from the Sunday `period` to before the next one; dollars and miles are rounded to two digits."""

    period: date
    num_trips: int
    total_amount: float
    trip_distance: float
    passenger_count: int
    uri: str
    seconds: float

    @property
    def line(self) -> str:
        """Its line in the file."""
        return f"{self.period},{self.num_trips},{self.total_amount:.2f},{self.trip_distance:.2f},{self.passenger_count}"


def of_month(month: Month) -> list[date]:
    """The Sundays of all weeks that have a day in the month."""
    sunday = sunday_of(month.first_day)
    found = []
    while sunday < month.next.first_day:
        found.append(sunday)
        sunday += WEEK
    return found


def sunday_of(day: date) -> date:
    """The Sunday on which the day's week begins. Raises UsageError at the ends of the calendar, where weeks are not whole."""
    if not 1 < day.year < 9999:
        raise UsageError(f"there are no whole weeks around {day}")
    return day - timedelta(days=(day.weekday() - SUNDAY) % 7)


def update(settings: Settings, week: date) -> Week:
    """Count one week anew; see update_all."""
    return update_all(settings, [week])[0]


def update_all(settings: Settings, periods: Sequence[date]) -> list[Week]:
    """Count weeks anew, from all months that hold trips of them, and replace their lines and rows and nothing else.

    A week without trips has a line of zeros. Whoever holds the lock counts, writes the file and publishes: of two runs that
    have each loaded a month, the later one thus sees both months, and neither overwrites the other's line.

    :param periods: their Sundays
    Raises UsageError for another day of the week.
    """
    for day in periods:
        if day.weekday() != SUNDAY:
            raise UsageError(f"weeks begin on Sundays, and {day} is none; that week's Sunday is {sunday_of(day)}")
    begun = time.monotonic()
    target = uri(settings)
    store = Store(settings)
    with lake.connect(settings, read_only=True) as opened, lake.table_lock(settings, NAME):
        rows = lake.retrying(lambda: count(opened, periods))
        content = store.get(target) if store.exists(target) else b""
        weeks = [Week(*row, uri=target, seconds=time.monotonic() - begun) for row in rows]
        try:
            replaced = with_lines(content, {week.period: week.line for week in weeks})
        except TaxiError as error:
            raise TaxiError(f"{target} {error}") from error
        store.put(target, replaced, "text/csv; charset=utf-8")
        publish.weeks(settings, rows)
    for week in weeks:
        logger.info("week of %s: %s trips", week.period, f"{week.num_trips:,}")
    return weeks


def uri(settings: Settings) -> str:
    """Where the file lies in the object store."""
    return f"{settings.outputs}/{NAME}.csv"


def count(opened: Lake, periods: Sequence[date]) -> list[tuple[date, int, float, float, int]]:
    """The figures of each week, in the order of the periods."""
    if not periods:
        return []
    amount, distance = (EXACT.format(column=column) for column in ("total_amount", "trip_distance"))
    rows = opened.rows(
        f"""
        SELECT CAST(date_trunc('week', pickup_datetime + INTERVAL 1 DAY) AS DATE) - 1 AS period, count(*),
               coalesce(round(sum({amount}), 2), 0), coalesce(round(sum({distance}), 2), 0), coalesce(sum(passenger_count), 0),
               count(*) FILTER (WHERE total_amount IS NOT NULL AND {amount} IS NULL
                                   OR trip_distance IS NOT NULL AND {distance} IS NULL)
        FROM lake.taxi_trips WHERE pickup_datetime >= ? AND pickup_datetime < CAST(? AS DATE) + 7 GROUP BY period""",
        [min(periods), max(periods)],
    )
    found = {}
    for period, trips, total_amount, trip_distance, passengers, odd in rows:
        found[period] = (period, trips, float(total_amount), float(trip_distance), int(passengers))
        if odd and period in periods:
            logger.warning("week of %s: %d trips have an amount or a distance that is no number; the sums leave it out", period, odd)
    return [found.get(period, (period, 0, 0.0, 0.0, 0)) for period in periods]


def with_lines(content: bytes, lines: dict[date, str]) -> bytes:
    """The file with these lines in it, in the order of the weeks; all others keep their bytes. Raises TaxiError if it is another file."""
    old = io.BytesIO(content).readlines() or [f"{HEADER}\n".encode()]
    if old[0].decode(errors="replace").strip("\ufeff\r\n") != HEADER:
        raise TaxiError(f"does not begin with {HEADER}; move it away, and the next run makes a new one")
    new = {str(period).encode(): line.encode() + b"\n" for period, line in lines.items()}
    kept = [line for line in old[1:] if period_of(line) not in new]
    return b"".join([ended(old[0]), *merged([ended(line) for line in kept], sorted(new.values()))])


def merged(kept: Iterable[bytes], new: list[bytes]) -> list[bytes]:
    """The new lines, sorted, each before the first of the kept ones with a later week."""
    result: list[bytes] = []
    for line in kept:
        while new and period_of(new[0]) < period_of(line):
            result.append(new.pop(0))
        result.append(line)
    return result + new


def period_of(line: bytes) -> bytes:
    return line.split(b",", 1)[0].strip()


def ended(line: bytes) -> bytes:
    """The line with its line break, which the last one of a file may lack."""
    return line if line.endswith(b"\n") else line + b"\n"
