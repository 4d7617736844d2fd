"""Transactions of Postgres beside their labels of MySQL: how much of each hour and symbol is fraud."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import psycopg

from common.duck import literal
from fraud import labels_table, summary_table, transactions_table
from fraud.errors import FraudError, one_line
from fraud.hours import Span, condition, merged
from fraud.summary_table import Row

if TYPE_CHECKING:
    from pymysql.connections import Connection

FILE = "fraud_summary.csv"
# More conditions than that cost a statement more than they spare it, as when an old table of transactions is summarised first.
MOST_SPANS = 100
# In DuckDB, to which both databases are attached. Transactions without a label count as transactions, and not as fraud.
STATEMENT = """
    SELECT date_trunc('hour', transaction_date) AS hour, coalesce(stock_symbol, '') AS stock_symbol,
           count(*), coalesce(sum({amount}), 0),
           count(*) FILTER (WHERE {fraudulent}), coalesce(sum({amount}) FILTER (WHERE {fraudulent}), 0)
    FROM postgres.{transactions} LEFT JOIN (FROM mysql.{labels} WHERE {ids}) USING ({key})
    WHERE isfinite(transaction_date) AND {hours}
    GROUP BY ALL ORDER BY ALL"""


class Outcome(NamedTuple):
    """What was renewed: hours, their rows in the table, their transactions; and the file, which has the whole table."""

    hours: int
    rows: int
    transactions: int
    fraudulent_transactions: int
    uri: str
    file_rows: int


def renew(
    source: psycopg.Connection, labels: "Connection", engine: duckdb.DuckDBPyConnection, wanted: Sequence[Span] | None, folder: str
) -> Outcome:
    """Summarise these hours anew, and all others that are not up to date; None stands for all hours.

    Events that come in a burst need not reach the run that they belong to, so that the hours of which a run knows need not be all
    that have changed. A killed client leaves the old rows or the new; the next call completes the file, too.

    :param folder: URI of the folder for the file
    Raises FraudError when one of the tables is missing.
    """
    if not transactions_table.exists(source):
        raise FraudError(f"Postgres has no table {transactions_table.TABLE} yet; write transactions first")
    if not labels_table.exists(labels):
        raise FraudError(f"MySQL has no table {labels_table.TABLE} yet; write labels first")
    with summary_table.only_one(source):
        scale = summary_table.scale_of_amounts(source)
        summary_table.ensure(source, scale)
        spans = None if wanted is None else merged([*wanted, *summary_table.outdated(source)])
        if spans is not None and len(spans) > MOST_SPANS:
            spans = None
        rows = replace(source, engine, spans, scale)
        # Labels that came after their hour was summarised change no number of transactions. Which hours those are is not known.
        if spans is not None and summary_table.fraudulent(source) != fraudulent(labels):
            spans = None
            rows = replace(source, engine, spans, scale)
        uri, file_rows = write_file(engine, folder)
    hours = len({row.hour for row in rows}) if spans is None else sum(span.hours for span in spans)
    transactions, frauds = sum(row.transactions for row in rows), sum(row.fraudulent_transactions for row in rows)
    return Outcome(hours, len(rows), transactions, frauds, uri, file_rows)


def replace(source: psycopg.Connection, engine: duckdb.DuckDBPyConnection, spans: Sequence[Span] | None, scale: int) -> list[Row]:
    """Summarise these hours and put the rows into the table."""
    # DuckDB does not always see by itself that the labels of few hours are few.
    ids = "true"
    if spans is not None:
        first, last = summary_table.ids(source, spans)
        ids = "false" if first is None else f"{labels_table.KEY} BETWEEN {first} AND {last}"
    statement = STATEMENT.format(
        # DuckDB reads amounts without a scale of their own as floating-point numbers.
        amount=f"CAST(amount AS DECIMAL(38, {scale}))",
        fraudulent=f"CAST({labels_table.LABEL} AS BOOLEAN)",
        transactions=transactions_table.TABLE,
        labels=labels_table.TABLE,
        key=labels_table.KEY,
        ids=ids,
        hours=condition("transaction_date", spans),
    )
    rows = [Row(*values) for values in engine.execute(statement).fetchall()]
    summary_table.replace(source, spans, rows)
    return rows


def fraudulent(labels: "Connection") -> int:
    """How many labels say fraud."""
    ((found,),) = labels_table.rows_of(labels, f"SELECT coalesce(sum({labels_table.LABEL} <> 0), 0) FROM {labels_table.TABLE}")
    return int(found)


def write_file(engine: duckdb.DuckDBPyConnection, folder: str) -> tuple[str, int]:
    """Write the whole table into the object store; returns the file's URI and its number of rows. Readers see the old file or the new."""
    uri = f"{folder}/{FILE}"
    table = f"SELECT {summary_table.COLUMN_NAMES} FROM postgres.{summary_table.TABLE} ORDER BY hour, stock_symbol"
    try:
        written = engine.execute(f"COPY ({table}) TO {literal(uri)} (FORMAT csv, HEADER)").fetchone()
    except duckdb.Error as error:
        raise FraudError(f"the table is renewed, but {uri} cannot be written: {one_line(error)}; running it again is safe") from error
    assert written is not None
    return uri, int(written[0])
