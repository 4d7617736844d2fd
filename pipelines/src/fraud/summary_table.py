"""The table of the summary: made when absent, replaced by hours, compared with what it is a summary of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import psycopg

from fraud import transactions_table
from fraud.hours import HOUR, Span, condition, merged

TABLE = "public.fraud_summary"
# Of the advisory locks of transactions_table; intervals have numbers of their own above zero.
LOCK_NUMBER = -1


class Row(NamedTuple):
    """The transactions of a symbol in an hour, and those of them whose label says fraud."""

    hour: datetime
    stock_symbol: str
    transactions: int
    amount: Decimal
    fraudulent_transactions: int
    fraudulent_amount: Decimal


COLUMN_NAMES = ", ".join(Row._fields)
# Of amounts without a scale of their own.
DEFAULT_SCALE = 4


@contextmanager
def only_one(conn: psycopg.Connection) -> Iterator[None]:
    """Be the only one who renews the summary. The lock ends with the connection, so that a killed holder does not keep it."""
    conn.execute("SELECT pg_advisory_lock(%s, %s)", [transactions_table.LOCK, LOCK_NUMBER])
    try:
        yield
    finally:
        if not conn.closed:
            conn.execute("SELECT pg_advisory_unlock(%s, %s)", [transactions_table.LOCK, LOCK_NUMBER])


def ensure(conn: psycopg.Connection, scale: int) -> None:
    """Make the table if it is absent; amounts are exact to `scale` decimals. To be called by the only one."""
    amount = f"numeric(38,{scale}) NOT NULL"
    conn.execute(
        f"""CREATE TABLE IF NOT EXISTS {TABLE} (
            hour timestamp NOT NULL, stock_symbol text NOT NULL, transactions bigint NOT NULL, amount {amount},
            fraudulent_transactions bigint NOT NULL, fraudulent_amount {amount}, PRIMARY KEY (hour, stock_symbol))"""
    )


def scale_of_amounts(conn: psycopg.Connection) -> int:
    """How many decimals the amounts of transactions have."""
    row = conn.execute(
        """SELECT CASE WHEN atttypmod >= 4 THEN (atttypmod - 4) & 2047 END FROM pg_attribute
           WHERE attrelid = to_regclass(%s) AND attname = 'amount'""",
        [transactions_table.TABLE],
    ).fetchone()
    return DEFAULT_SCALE if row is None or row[0] is None else int(row[0])


def outdated(conn: psycopg.Connection) -> list[Span]:
    """The hours whose number of transactions is not what the summary says."""
    rows = conn.execute(
        f"""SELECT hour FROM
                (SELECT date_trunc('hour', transaction_date) AS hour, count(*) AS there
                 FROM {transactions_table.TABLE} WHERE isfinite(transaction_date) GROUP BY 1) AS source
            FULL JOIN (SELECT hour, sum(transactions) AS there FROM {TABLE} GROUP BY 1) AS summary USING (hour)
            WHERE source.there IS DISTINCT FROM summary.there"""
    ).fetchall()
    return merged(Span(hour, hour + HOUR) for (hour,) in rows)


def ids(conn: psycopg.Connection, spans: Sequence[Span]) -> tuple[int | None, int | None]:
    """The lowest and the highest id of transactions in these hours; none in hours without any."""
    row = conn.execute(
        f"SELECT min(transaction_id), max(transaction_id) FROM {transactions_table.TABLE} WHERE {condition('transaction_date', spans)}"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def fraudulent(conn: psycopg.Connection) -> int:
    """How many fraudulent transactions the summary counts."""
    row = conn.execute(f"SELECT coalesce(sum(fraudulent_transactions), 0) FROM {TABLE}").fetchone()
    assert row is not None
    return int(row[0])


def replace(conn: psycopg.Connection, spans: Sequence[Span] | None, rows: Sequence[Row]) -> None:
    """Put the rows in the place of those of these hours, or of all. One transaction: readers see the old rows or the new."""
    with conn.transaction(), conn.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE {condition('hour', spans)}")
        with cursor.copy(f"COPY {TABLE} ({COLUMN_NAMES}) FROM STDIN") as stream:
            for row in rows:
                stream.write_row(row)
