"""Dagster's database, asked what its API does not tell: whether somebody is still writing, and whose turn it is to push."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import dagster as dg
import psycopg2
from sqlalchemy.engine import make_url

from lineage.errors import LineageError

PUSH = "tandem: lineage pushes to airflow"
"""The name of the lock of whoever pushes."""

SETTLE_SECONDS = 5.0
POLL_SECONDS = 0.05

# Locks are shown to every login. Whoever inserts takes this one before the event gets its number, and keeps it until the commit.
WRITERS = """select pid::text || ' ' || virtualtransaction from pg_locks
             where locktype = 'relation' and relation = 'event_logs'::regclass and mode = 'RowExclusiveLock'
             and database = (select oid from pg_database where datname = current_database())"""


class Storage:
    """One connection to the database of an instance. It does not outlive an error."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        url = getattr(instance.event_log_storage, "postgres_url", "")
        if not url:
            raise LineageError("the lineage needs an instance of Dagster whose storage is a Postgres")
        with told():
            # Dagster's URL is one that SQLAlchemy reads; libpq wants other characters quoted.
            place = make_url(url)
            self.connection = psycopg2.connect(
                **place.translate_connect_args(username="user", database="dbname"),
                **place.query,
                connect_timeout=3,
                options="-c statement_timeout=5000",
                keepalives_idle=5,
                keepalives_interval=2,
                keepalives_count=3,
            )
            self.connection.autocommit = True

    def close(self) -> None:
        with suppress(psycopg2.Error):
            self.connection.close()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query. Raises LineageError, and the connection is then of no use any more."""
        with told(), self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    def take(self) -> bool:
        """Take the lock of whoever pushes; False if another process has it. It ends with the connection, however that ends."""
        return bool(self.rows("select pg_try_advisory_lock(hashtextextended(%s, 0))", PUSH)[0][0])

    def newest(self) -> int:
        """The number of the newest event that can be seen; 0 if there is none."""
        return int(self.rows("select coalesce(max(id), 0) from event_logs")[0][0])

    def settle(self) -> bool:
        """Wait until all who write events now have ended, one way or the other; False if one of them takes longer.

        Numbers are given before the commit, so an event may become visible after others with higher numbers. After a call of
        `newest()`, this makes sure that all events up to that number are visible. It also outwaits the last write of a daemon
        that was killed: the database may go on with it.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        writing = self.writers()
        while writing:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
            writing &= self.writers()
        return True

    def writers(self) -> set[str]:
        """Transactions that have written, or wait to write, events."""
        return {str(row[0]) for row in self.rows(WRITERS)}


@contextmanager
def told() -> Iterator[None]:
    """Turn an error of the database into a sentence."""
    try:
        yield
    except psycopg2.Error as error:
        raise LineageError(f"Dagster's database does not answer: {' '.join(str(error).split())}") from None
