"""Fraud by hour of the day and borough: the summary that Airflow's pipelines make of it, spread over the city as its taxi trips are."""

from __future__ import annotations

import csv
import io
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from taxi import lake, locks, publish
from taxi.lake import Lake
from taxi.settings import Settings
from taxi.store import Store

if TYPE_CHECKING:
    import psycopg

logger = logging.getLogger("taxi")

NAME = publish.FRAUD
SOURCE = "fraud_summary"
HOURS = range(24)
UNKNOWN = "Unknown"
"""Where trips began whose zone is in no borough, or not told."""
TRIPS = f"""
    SELECT hour(pickup_datetime), coalesce(borough, '{UNKNOWN}'), count(*) FROM lake.taxi_trips
    LEFT JOIN lake.taxi_zones ON pickup_zone_id = zone_id WHERE isfinite(pickup_datetime) GROUP BY ALL"""
TOTALS = f"""
    SELECT extract(hour FROM hour AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York')::int, sum(transactions)::numeric, sum(amount),
           sum(fraudulent_transactions)::numeric, sum(fraudulent_amount)
    FROM {SOURCE} GROUP BY 1"""


class Row(NamedTuple):
    """An hour of the day in a borough: its trips, their share of all trips in that hour (0 to 1), and that share of the hour's figures."""

    hour_of_day: int
    borough: str
    trips: int
    share: Decimal
    transactions: int
    amount: Decimal
    fraudulent_transactions: int
    fraudulent_amount: Decimal


@dataclass(frozen=True)
class Made:
    """What was made; the totals are those of all rows, and of fraud_summary."""

    uri: str
    rows: int
    trips: int
    transactions: int
    amount: Decimal
    fraudulent_transactions: int
    fraudulent_amount: Decimal
    seconds: float
    missing: str = ""
    """Why there was nothing to spread, if there was no summary."""


def make(settings: Settings) -> Made:
    """Spread what fraud_summary says over the boroughs, in the place of what is there. Nothing without trips or without a summary.

    Whoever holds the lock reads and writes, first the table and then the file, so that what is there last has been read last.
    """
    begun = time.monotonic()
    target = uri(settings)
    with lake.connect(settings, read_only=True) as opened, lake.table_lock(settings, NAME):
        trips = count(opened)
        with publish.table(settings, NAME) as cursor:
            missing = lacking(settings, cursor)
            rows = spread(trips, totals(cursor)) if cursor and not missing else []
            if cursor:
                replace(cursor, rows)
        Store(settings).put(target, as_csv(rows), "text/csv; charset=utf-8")
    done = Made(
        uri=target,
        rows=len(rows),
        trips=sum(row.trips for row in rows),
        transactions=sum(row.transactions for row in rows),
        amount=sum((row.amount for row in rows), Decimal(0)),
        fraudulent_transactions=sum(row.fraudulent_transactions for row in rows),
        fraudulent_amount=sum((row.fraudulent_amount for row in rows), Decimal(0)),
        seconds=time.monotonic() - begun,
        missing=missing,
    )
    logger.info("spread %s transactions over %d rows: %.1f s", f"{done.transactions:,}", done.rows, done.seconds)
    return done


def uri(settings: Settings) -> str:
    """Where the file lies in the object store: beside fraud_summary's own."""
    return f"{settings.fraud_outputs}/{NAME}.csv"


def count(opened: Lake) -> dict[str, dict[int, int]]:
    """Trips by borough and hour of the day in which they began, by the clock of New York."""
    found: dict[str, dict[int, int]] = {}
    for hour, borough, trips in lake.retrying(lambda: opened.rows(TRIPS)):
        found.setdefault(borough, {})[hour] = trips
    return found


def lacking(settings: Settings, cursor: psycopg.Cursor | None) -> str:
    """Why there is no summary to read; empty if there is one."""
    if settings.publish is None or cursor is None:
        return f"PGHOST is not set, so there is no {SOURCE} to read"
    if cursor.execute("SELECT to_regclass(%s) IS NULL", [SOURCE]).fetchone() == (True,):
        return f"{settings.publish.place} has no table {SOURCE}; Airflow's DAG {SOURCE} makes it where its transactions are"
    return ""


def replace(cursor: psycopg.Cursor, rows: Sequence[Row]) -> None:
    """Put these rows in the place of all that are there."""
    cursor.execute(f"DELETE FROM {NAME}")
    places = ", ".join(["%s"] * len(Row._fields))
    cursor.executemany(f"INSERT INTO {NAME} ({', '.join(Row._fields)}) VALUES ({places})", rows)


def totals(cursor: psycopg.Cursor) -> dict[int, tuple[Decimal, ...]]:
    """Transactions, amount, fraudulent transactions and amount by hour of the day, by the clock of New York."""
    return {hour: tuple(figures) for hour, *figures in cursor.execute(TOTALS).fetchall()}


def spread(trips: Mapping[str, Mapping[int, int]], figures: Mapping[int, Sequence[Decimal]]) -> list[Row]:
    """The rows of all hours and boroughs, in order. An hour without trips is spread as the trips of the whole day are."""
    boroughs = sorted(trips)
    rows = []
    for hour in HOURS if boroughs else ():
        here = [trips[borough].get(hour, 0) for borough in boroughs]
        weights = here if any(here) else [sum(trips[borough].values()) for borough in boroughs]
        parts = [apportioned(total, weights) for total in figures.get(hour, [Decimal(0)] * 4)]
        for number, (borough, weight) in enumerate(zip(boroughs, weights, strict=True)):
            share = round(Decimal(weight) / sum(weights), 6)
            transactions, amount, frauds, fraud_amount = (part[number] for part in parts)
            rows.append(Row(hour, borough, here[number], share, int(transactions), amount, int(frauds), fraud_amount))
    return rows


def apportioned(total: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """The total in parts that are to each other as the weights are, and whose sum it is exactly: no part has more decimals than it.

    What is left after rounding down goes to the largest remainders (Hamilton's method).
    """
    exponent = min(0, int(total.as_tuple().exponent))
    units, whole = int(total.scaleb(-exponent)), sum(weights)
    parts = [units * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda number: (-(units * weights[number] % whole), number))
    for number in by_remainder[: units - sum(parts)]:
        parts[number] += 1
    return [Decimal(part).scaleb(exponent) for part in parts]


def as_csv(rows: Sequence[Row]) -> bytes:
    """The rows as a file with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row._fields)
    writer.writerows(rows)
    return text.getvalue().encode()


@dataclass(frozen=True)
class Sums:
    """Sums of the four figures, over all rows and in fraud_summary; without a summary only the reason."""

    made: tuple[Decimal, ...] = ()
    source: tuple[Decimal, ...] = ()
    rows: int = 0
    missing: str = ""


def check(settings: Settings) -> Sums:
    """Add up what was made and what it was made of."""
    if settings.publish is None:
        return Sums(missing=lacking(settings, None))
    figures = ", ".join(f"coalesce(sum({name}), 0)" for name in Row._fields[4:])
    with locks.postgres(settings.publish) as connection, connection.cursor() as cursor:
        if missing := lacking(settings, cursor):
            return Sums(missing=missing)
        *made, rows = cursor.execute(f"SELECT {figures}, count(*) FROM {NAME}").fetchone() or ()
        source = cursor.execute(f"SELECT {figures} FROM {SOURCE}").fetchone() or ()
    return Sums(tuple(made), tuple(source), rows)
