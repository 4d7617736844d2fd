"""Writing the transactions of one interval to Postgres, exactly once."""

from collections.abc import Callable
from typing import NamedTuple

import psycopg

from fraud import transactions_table
from fraud.errors import FraudError
from fraud.generate import Checksum, Content
from fraud.transactions_table import COLUMN_NAMES, LOCK, TABLE


class Outcome(NamedTuple):
    """Rows of the interval now in the table, and how many of them this call wrote: all or none."""

    rows: int
    written: int


def write(conn: psycopg.Connection, content: Content, progress: Callable[[int], None] = lambda _: None) -> Outcome:
    """Write the rows unless they are there. One transaction: a client that dies at any moment leaves all of them or none.

    :param progress: called with the number of rows sent so far
    Raises FraudError when the table or the interval's rows are not what they should be.
    """
    transactions_table.ensure(conn)
    with conn.transaction():
        # Whoever writes the same interval waits here until the other has committed, and then sees those rows.
        conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, content.interval.minute])
        found = checksum(conn, content)
        if found.rows == 0:
            written = copy(conn, content, progress)
            return Outcome(written, written)
        if found != content.checksum():
            raise FraudError(
                f"{content.interval} already has {found.rows:,} transactions that are not those of these parameters; "
                "use the parameters they were written with, or an interval without transactions"
            )
        return Outcome(found.rows, 0)


def checksum(conn: psycopg.Connection, content: Content) -> Checksum:
    """The checksum of the interval's rows in the table."""
    start = content.interval.start
    row = conn.execute(
        f"""SELECT count(*), coalesce(sum(user_id), 0), coalesce(sum(amount * 100), 0),
                   coalesce(sum(extract(epoch FROM transaction_date - %s::timestamp)), 0)
            FROM {TABLE} WHERE interval_start = %s""",
        [start.replace(tzinfo=None), start],
    ).fetchone()
    assert row is not None
    return Checksum(*row)


def copy(conn: psycopg.Connection, content: Content, progress: Callable[[int], None]) -> int:
    """Stream the rows into the table; returns how many. Memory stays bounded whatever their number."""
    rows = 0
    with conn.cursor() as cursor, cursor.copy(f"COPY {TABLE} ({COLUMN_NAMES}) FROM STDIN") as stream:
        for chunk_rows, lines in content.copy_chunks():
            stream.write(lines)
            rows += chunk_rows
            progress(rows)
    return rows
