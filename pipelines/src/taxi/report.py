"""A page about what the lake holds: its months, the newest weeks, the zones where most trips begin."""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from taxi import lake, weeks
from taxi.lake import Lake
from taxi.settings import Settings
from taxi.store import Store

logger = logging.getLogger("taxi")

NAME = "report"
NEWEST_WEEKS = 6
BUSIEST_ZONES = 10
MONTHS = "SELECT strftime(partition_date, '%Y-%m'), count(*) FROM lake.taxi_trips GROUP BY ALL ORDER BY 1"
# Trips of zones that the zones' file does not have (264 is `unknown`) are counted as well.
ZONES = f"""
    SELECT coalesce(any_value(zone), 'zone ' || pickup_zone_id, 'none given'), coalesce(any_value(borough), ''), count(*) AS num_trips
    FROM lake.taxi_trips LEFT JOIN lake.taxi_zones ON zone_id = pickup_zone_id
    GROUP BY pickup_zone_id ORDER BY num_trips DESC, pickup_zone_id LIMIT {BUSIEST_ZONES}"""


@dataclass(frozen=True)
class Report:
    """The page that lies at the URI: how many months it tells of, and of how many trips."""

    uri: str
    months: int
    trips: int
    seconds: float


def uri(settings: Settings) -> str:
    """Where the page lies in the object store."""
    return f"{settings.outputs}/{NAME}.md"


def write(settings: Settings) -> Report:
    """Write the page anew, from the lake and the file of the weeks; an empty lake gives a page that says so.

    Whoever holds the lock reads and writes, so that what is there last has been read last. The same rows give the same bytes.
    """
    begun = time.monotonic()
    target, store = uri(settings), Store(settings)
    with lake.connect(settings, read_only=True) as opened, lake.table_lock(settings, NAME):
        months, zones = lake.retrying(lambda: read(opened))
        store.put(target, page(months, newest_weeks(settings, store), zones).encode(), "text/markdown; charset=utf-8")
    done = Report(target, len(months), sum(trips for _, trips in months), time.monotonic() - begun)
    logger.info("reported %s trips of %d months: %s", f"{done.trips:,}", done.months, target)
    return done


def read(opened: Lake) -> tuple[list[tuple[str, int]], list[tuple[str, str, int]]]:
    """(month, trips) of all months and (zone, borough, trips) of the busiest zones, as they were at one moment."""
    opened.connection.execute("BEGIN")
    try:
        return [(*row,) for row in opened.rows(MONTHS)], [(*row,) for row in opened.rows(ZONES)]
    finally:
        lake.roll_back(opened.connection)


def newest_weeks(settings: Settings, store: Store) -> list[list[str]]:
    """The last lines of the file of the weeks, newest first; none if there is no file yet."""
    source = weeks.uri(settings)
    if not store.exists(source):
        return []
    lines = list(csv.reader(store.get(source).decode().splitlines()))
    return lines[1:][: -NEWEST_WEEKS - 1 : -1]


def page(months: Sequence[tuple[str, int]], newest: Iterable[Sequence[str]], zones: Iterable[tuple[str, str, int]]) -> str:
    """The page as Markdown."""
    trips = sum(count for _, count in months)
    return "\n".join(
        [
            "# Taxi trips in the lake",
            "",
            f"{trips:,} trips in {len(months)} months.",
            "",
            *table(("Month", "Trips"), ((month, f"{count:,}") for month, count in months)),
            "## The newest weeks",
            "",
            *table(("Week of", "Trips", "Dollars", "Miles", "Passengers"), ((week[0], *map(figure, week[1:])) for week in newest)),
            "## Where most trips begin",
            "",
            *table(("Zone", "Borough", "Trips", "Share"), ((*zone, f"{count:,}", f"{count / trips:.1%}") for *zone, count in zones)),
        ]
    )


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """The lines of a Markdown table and an empty one after it; a sentence where there are no rows."""
    lines = [f"| {' | '.join(cell(value) for value in row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines, ""] if lines else ["There are none yet.", ""]


def cell(value: Any) -> str:
    """Text that cannot break out of its cell."""
    return " ".join(str(value).replace("|", "\\|").split())


def figure(text: str) -> str:
    """A number with commas between the thousands; what is none stays as it is."""
    try:
        return f"{float(text):,.2f}" if "." in text else f"{int(text):,}"
    except ValueError:
        return text
