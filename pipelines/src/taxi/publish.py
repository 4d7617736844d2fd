"""Figures for people who query by SQL: tables in a Postgres database of theirs, beside the files."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from taxi import locks
from taxi.settings import Settings

if TYPE_CHECKING:
    import psycopg

logger = logging.getLogger("taxi")

WEEKS = "trips_by_week"
MANHATTAN = "manhattan_stats"
FRAUD = "fraud_by_borough_hour"
CREATE = {
    WEEKS: "period date PRIMARY KEY, num_trips bigint NOT NULL, total_amount numeric NOT NULL, trip_distance numeric NOT NULL, "
    "passenger_count bigint NOT NULL",
    MANHATTAN: "zone_id integer PRIMARY KEY, zone text NOT NULL, borough text NOT NULL, num_trips bigint NOT NULL",
    FRAUD: "hour_of_day integer, borough text, trips bigint NOT NULL, share numeric NOT NULL, transactions bigint NOT NULL, "
    "amount numeric NOT NULL, fraudulent_transactions bigint NOT NULL, fraudulent_amount numeric NOT NULL, "
    "PRIMARY KEY (hour_of_day, borough)",
}


def weeks(settings: Settings, rows: Sequence[tuple[Any, ...]]) -> bool:
    """Insert or replace the rows of these weeks. Returns False if no database is named."""
    statement = f"""
        INSERT INTO {WEEKS} (period, num_trips, total_amount, trip_distance, passenger_count) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (period) DO UPDATE SET num_trips = excluded.num_trips, total_amount = excluded.total_amount,
        trip_distance = excluded.trip_distance, passenger_count = excluded.passenger_count"""
    with table(settings, WEEKS) as cursor:
        if cursor is None:
            return False
        cursor.executemany(statement, rows)
        return True


def manhattan(settings: Settings, rows: Sequence[tuple[Any, ...]]) -> bool:
    """Put these zones in the place of all that are there. Returns False if no database is named."""
    with table(settings, MANHATTAN) as cursor:
        if cursor is None:
            return False
        # Not TRUNCATE: who reads meanwhile shall see the old rows, and neither wait nor find none.
        cursor.execute(f"DELETE FROM {MANHATTAN}")
        cursor.executemany(f"INSERT INTO {MANHATTAN} (zone_id, zone, borough, num_trips) VALUES (%s, %s, %s, %s)", rows)
        return True


@contextmanager
def table(settings: Settings, name: str) -> Iterator[psycopg.Cursor | None]:
    """A transaction in which the table exists and nobody else writes it; None if no database is named."""
    if settings.publish is None:
        logger.info("%s is not published to Postgres, because PGHOST is not set", name)
        yield None
        return
    with locks.postgres(settings.publish) as connection, connection.transaction(), connection.cursor() as cursor:
        # It guards the CREATE too: two at once would trip over each other, IF NOT EXISTS or not.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"taxi:publish:{name}"])
        if cursor.execute("SELECT to_regclass(%s) IS NULL", [name]).fetchone() == (True,):
            cursor.execute(f"CREATE TABLE {name} ({CREATE[name]})")
        yield cursor
    logger.info("published %s to %s", name, settings.publish.place)
