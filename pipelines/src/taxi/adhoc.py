"""The answer to a request: trips by hour and weekday in a borough between two days, as a chart and as figures."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import date

from taxi import bars, lake
from taxi.errors import TaxiError
from taxi.lake import Lake
from taxi.requests import AdhocRequest
from taxi.settings import Settings
from taxi.store import Store

logger = logging.getLogger("taxi")

HEADER = "weekday,hour,num_trips"
COUNTS = """
    SELECT CAST(dayofweek(pickup_datetime) AS INTEGER), CAST(hour(pickup_datetime) AS INTEGER), count(*) FROM lake.taxi_trips
    WHERE pickup_zone_id IN (SELECT zone_id FROM lake.taxi_zones WHERE borough = ?)
      AND pickup_datetime >= ? AND pickup_datetime < CAST(? AS DATE) + 1
    GROUP BY ALL"""


@dataclass(frozen=True)
class Answer:
    """The chart and the figures. `rows` are the lines of the CSV file: 24 hours of seven weekdays, those without trips included."""

    png_uri: str
    csv_uri: str
    png: bytes
    rows: int
    trips: int
    seconds: float


def answer(settings: Settings, request: AdhocRequest) -> Answer:
    """Count, draw and write. An answer of the same filename is replaced. Raises TaxiError while the lake has no zones."""
    begun = time.monotonic()
    target = f"{settings.outputs}/adhoc/{request.filename}"
    store = Store(settings)
    # Chart and figures of one name shall be of one request, whoever asks at the same time.
    with lake.connect(settings, read_only=True) as opened, lake.table_lock(settings, f"adhoc {request.filename}"):
        counts = lake.retrying(lambda: count(opened, request))
        trips = sum(map(sum, counts))
        png = bars.draw(counts, f"Taxi trips that began in {request.borough}", f"{period(request)} · {trips:,} trips by hour and weekday")
        lines = [f"{bars.WEEKDAYS[weekday]},{hour},{number}" for weekday, row in enumerate(counts) for hour, number in enumerate(row)]
        store.put(f"{target}.csv", "\n".join([HEADER, *lines, ""]).encode(), "text/csv; charset=utf-8")
        store.put(f"{target}.png", png, "image/png")
    done = Answer(f"{target}.png", f"{target}.csv", png, len(lines), trips, time.monotonic() - begun)
    logger.info("answered %s: %s trips in %s, %s: %.1f s", request.filename, f"{trips:,}", request.borough, period(request), done.seconds)
    return done


def count(opened: Lake, request: AdhocRequest) -> list[list[int]]:
    """Trips by weekday (Sunday first) and hour. The borough and the days are bound as parameters."""
    if opened.rows("SELECT count(*) FROM lake.taxi_zones WHERE borough = ?", [request.borough]) == [(0,)]:
        raise TaxiError(f"the lake has no zones of {request.borough}; load the zones first")
    counts = [[0] * 24 for _ in bars.WEEKDAYS]
    for weekday, hour, trips in opened.rows(COUNTS, [request.borough, request.start_date, request.end_date]):
        counts[weekday][hour] = trips
    return counts


def period(request: AdhocRequest) -> str:
    """The days as a reader writes them."""
    first, last = day(request.start_date), day(request.end_date)
    return first if first == last else f"{first} to {last}"


def day(value: date) -> str:
    return f"{value.day} {value:%B} {value.year}"
