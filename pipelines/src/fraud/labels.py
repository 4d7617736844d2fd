"""Giving each transaction in Postgres that has none a label in MySQL."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pymysql

from fraud import labels_table, mysql, transactions_table
from fraud.errors import FraudError
from fraud.interval import IDS_PER_INTERVAL, Interval
from fraud.labels_table import KEY, LABEL, TABLE, rows_of

if TYPE_CHECKING:
    from pymysql.connections import Connection

DEFAULT_RATE = 0.5
BATCH_ROWS = 20_000
ATTEMPTS = 10
# MySQL's BIT_XOR and SUM and those of Postgres give the same for the same ids, save that one's xor is unsigned.
SUMMARY = f"count(*), sum({KEY}), bit_xor({KEY}), min({KEY}), max({KEY})"
UNSIGNED = (1 << 64) - 1


class Outcome(NamedTuple):
    """How many labels the call wrote, and (with an interval) how many the interval's transactions now have."""

    written: int
    rows: int
    fraudulent: int


class Block(NamedTuple):
    """A summary of the transaction ids of one interval's range, equal on both sides when the ids are."""

    rows: int
    id_sum: int
    id_xor: int


def is_fraudulent(transaction_id: int, rate: float, seed: int = 0) -> bool:
    """The label: a fixed pseudo-random number of the id and the seed, compared with the rate (0 to 1)."""
    digest = blake2b(transaction_id.to_bytes(8, "big", signed=True) + seed.to_bytes(8, "big"), digest_size=8).digest()
    return int.from_bytes(digest, "big") < round(rate * 2**64)


def write(
    source: psycopg.Connection,
    target: "Connection",
    rate: float = DEFAULT_RATE,
    seed: int = 0,
    interval: Interval | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Write the missing labels. Labels that are there stay as they are.

    Each batch is a transaction of its own. Whatever of them a killed client has written is right, and the next call adds the rest.

    :param interval: only counted in the outcome; every transaction gets its label
    :param progress: called with the number of labels written so far
    Raises FraudError when one of the tables is missing in Postgres or is not what it should be.
    """
    if not transactions_table.exists(source):
        raise FraudError(f"Postgres has no table {transactions_table.TABLE} yet; write transactions first")
    labels_table.ensure(target)
    written = 0
    for batch in missing(source, target):
        written += insert(target, [(transaction_id, is_fraudulent(transaction_id, rate, seed)) for transaction_id in batch])
        progress(written)
    rows, fraudulent = interval_counts(target, interval) if interval else (written, 0)
    return Outcome(written, rows, fraudulent)


def missing(source: psycopg.Connection, target: "Connection") -> Iterator[Sequence[int]]:
    """Ids of committed transactions without a label, in batches and in order.

    The servers summarise their ids per block; only blocks that differ are read.
    """
    block = f"{KEY} DIV {IDS_PER_INTERVAL}"
    labelled = {key: summary(values) for key, *values in rows_of(target, f"SELECT {block}, {SUMMARY} FROM {TABLE} GROUP BY 1")}
    blocks = source.execute(
        f"SELECT {KEY} / {IDS_PER_INTERVAL}, {SUMMARY} FROM {transactions_table.TABLE} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    for key, *values in blocks:
        if labelled.get(key) != summary(values):
            first, last = values[-2:]
            for ids in pages(source, first, last):
                there = {row[0] for row in rows_of(target, f"SELECT {KEY} FROM {TABLE} WHERE {KEY} BETWEEN %s AND %s", ids[0], ids[-1])}
                unlabelled = [transaction_id for transaction_id in ids if transaction_id not in there]
                if unlabelled:
                    yield unlabelled


def summary(values: Sequence[int]) -> Block:
    rows, id_sum, id_xor = values[:3]
    return Block(rows, int(id_sum), id_xor & UNSIGNED)


def pages(source: psycopg.Connection, first: int, last: int) -> Iterator[Sequence[int]]:
    """The transaction ids from first to last, in order, a page at a time."""
    query = f"SELECT {KEY} FROM {transactions_table.TABLE} WHERE {KEY} BETWEEN %s AND %s ORDER BY {KEY} LIMIT {BATCH_ROWS}"
    while ids := [row[0] for row in source.execute(query, [first, last])]:
        yield ids
        first = ids[-1] + 1


def insert(target: "Connection", labels: Iterable[tuple[int, bool]]) -> int:
    """Write labels in one statement, which is one transaction; returns how many were new.

    Someone else may write the same ids at the same moment. Assigning the key to itself keeps the label that came first and,
    unlike INSERT IGNORE, hides no other error. A deadlock between two such statements is MySQL's way to ask for a repetition.
    """
    # Integers and booleans only, so that there is nothing to escape; the driver's own way is three times slower.
    values = ",".join(f"({transaction_id:d},{label:d})" for transaction_id, label in labels)
    statement = f"INSERT INTO {TABLE} ({KEY}, {LABEL}) VALUES {values} ON DUPLICATE KEY UPDATE {KEY} = {TABLE}.{KEY}"
    for attempt in range(ATTEMPTS):
        try:
            with target.cursor() as cursor:
                return cursor.execute(statement)
        except pymysql.OperationalError as error:
            if mysql.code_of(error) not in (mysql.DEADLOCK, mysql.LOCK_WAIT_TIMEOUT) or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def interval_counts(target: "Connection", interval: Interval) -> tuple[int, int]:
    """How many labels the interval's transactions have, and how many of these say fraud."""
    ((rows, fraudulent),) = rows_of(
        target,
        f"SELECT count(*), coalesce(sum({LABEL} <> 0), 0) FROM {TABLE} WHERE {KEY} BETWEEN %s AND %s",
        interval.first_id,
        interval.first_id + IDS_PER_INTERVAL - 1,
    )
    return rows, int(fraudulent)
