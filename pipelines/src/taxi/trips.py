"""The months of trips in the lake: each is loaded whole, or stays as it was."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from taxi import header, lake, trips_file
from taxi.catalog import TRIPS
from taxi.engine import literal
from taxi.errors import TaxiError, UnmappableMonth, one_line
from taxi.lake import Lake
from taxi.months import Month
from taxi.settings import Settings
from taxi.source import Column
from taxi.store import Store

logger = logging.getLogger("taxi")

TABLE = "taxi_trips"
WRITE_ATTEMPTS = 3


@dataclass(frozen=True)
class LoadedTrips:
    """What a load did. `outside_month` are trips that began before or after the month of their file."""

    month: Month
    rows: int
    file_rows: int
    outside_month: int
    columns: tuple[Column, ...]
    write_seconds: float
    lock_wait_seconds: float
    commit_seconds: float
    attempts: int
    snapshot_id: int


@dataclass(frozen=True)
class TripsCheck:
    """A month in the lake beside its file. `unknown_columns` are those that the table has no place for."""

    rows: int
    file_rows: int
    outside_month: int
    unknown_columns: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """A Parquet file of the lake that no snapshot holds yet."""

    uri: str
    rows: int
    outside_month: int
    seconds: float


def load(settings: Settings, month: Month) -> LoadedTrips:
    """Put the month's file into the lake, in the place of what was there of the month.

    The rows are written first, beside the table, by any number of loads at once. Only the exchange of the files is done under
    the lake's lock for commits, in one transaction: whoever is killed at any point leaves the old month or the new one.
    Raises TaxiError if the file is missing, UnmappableMonth if the table cannot hold it.
    """
    attempts = 0

    def exchange() -> int:
        nonlocal attempts
        attempts += 1
        return exchange_files(opened, month, written)

    with lake.connect(settings) as opened:
        written = write(opened, settings, month)
        try:
            with lake.commit_lock(settings) as waited:
                begun = time.monotonic()
                snapshot = lake.retrying(exchange)
        except BaseException:
            # A commit that was sent and not refused may yet come to pass, even after its connection broke. Maintenance
            # deletes the file in a day if it does not.
            if not opened.maybe_committed:
                discard(settings, written.uri)
            raise
    columns = tuple(Column(name, kind) for name, kind in TRIPS.items())
    seconds = time.monotonic() - begun
    logger.info("loaded %s: %s trips, written in %.2f s, exchanged in %.2f s", month, f"{written.rows:,}", written.seconds, seconds)
    return LoadedTrips(
        month, written.rows, written.rows, written.outside_month, columns, written.seconds, waited, seconds, attempts, snapshot
    )


def write(opened: Lake, settings: Settings, month: Month) -> Written:
    """Write the month's rows as the table has them into a new file of the lake, and count them there."""
    import duckdb

    source = trips_file.uri(settings, month)
    if not Store(settings).exists(source):
        raise TaxiError(f"month {month} has no file {source} yet; fetch it first with `python -m taxi fetch-file {month}`")
    for attempt in range(1, WRITE_ATTEMPTS + 1):
        begun = time.monotonic()
        target = new_file(opened, month)
        try:
            with discarding(settings, target):
                rows, outside = copy(opened, source, target, month)
            return Written(target, rows, outside, time.monotonic() - begun)
        except duckdb.ConversionException as error:
            raise UnmappableMonth(f"month {month} cannot be loaded: a value does not fit: {one_line(error)}") from error
        except duckdb.Error as error:
            # The file may have been fetched anew while it was read; a busy store may have refused.
            if attempt == WRITE_ATTEMPTS:
                raise TaxiError(f"cannot write the trips of {month} to {target}: {one_line(error)}") from error
            logger.warning("writing the trips of %s failed, once more: %s", month, one_line(error))
            time.sleep(0.5 * attempt)
    raise AssertionError("unreachable")


@contextmanager
def discarding(settings: Settings, target: str) -> Iterator[None]:
    """Delete a file that nobody knows of yet when its making fails."""
    try:
        yield
    except BaseException:
        discard(settings, target)
        raise


def copy(opened: Lake, source: str, target: str, month: Month) -> tuple[int, int]:
    """Copy the rows with the table's columns. Returns how many there are, and how many of them began outside the month."""
    file_rows, names = read_footer(opened, source)
    columns = f"{header.selected(header.mapped(names, month))}, DATE '{month.first_day}' AS partition_date"
    opened.connection.execute("SET preserve_insertion_order = false")
    opened.connection.execute(
        f"COPY (SELECT {columns} FROM read_parquet({literal(source)})) TO {literal(target)} (FORMAT parquet, COMPRESSION zstd)"
    )
    rows, outside = opened.rows(
        "SELECT count(*), count(*) FILTER (WHERE pickup_datetime IS NULL OR pickup_datetime < ? OR pickup_datetime >= ?) "
        f"FROM read_parquet({literal(target)}, hive_partitioning = false)",
        [month.first_day, month.next.first_day],
    )[0]
    if rows != file_rows:
        raise TaxiError(f"{source} has {file_rows:,} rows, but {rows:,} were written; was it replaced meanwhile? load the month again")
    return rows, outside


def read_footer(opened: Lake, source: str) -> tuple[int, list[str]]:
    """Rows and columns of a Parquet file."""
    names = [name for (name,) in opened.rows("SELECT column_name FROM (DESCRIBE FROM read_parquet(?))", [source])]
    return int(opened.rows("SELECT coalesce(sum(num_rows), 0) FROM parquet_file_metadata(?)", [source])[0][0]), names


def new_file(opened: Lake, month: Month) -> str:
    """Where the lake would put a file of the month; its name is nobody else's."""
    data_path = opened.rows("SELECT data_path FROM ducklake_settings('lake')")[0][0]
    return f"{data_path}main/{TABLE}/partition_date={month.first_day}/load-{uuid.uuid4()}.parquet"


def exchange_files(opened: Lake, month: Month, written: Written) -> int:
    """Replace what the table has of the month by the new file, in one transaction. Returns the snapshot that it made."""
    # Marking rows one by one is DuckLake's way to find out that a whole file goes; two threads only wait for each other there.
    opened.connection.execute("SET threads = 1")
    with opened.transaction(f"load {month} ({written.rows} trips)"):
        opened.connection.execute(f"DELETE FROM lake.{TABLE} WHERE partition_date = ?", [month.first_day])
        if written.rows:
            opened.connection.execute(f"CALL ducklake_add_data_files('lake', '{TABLE}', {literal(written.uri)})")
        rows = opened.rows(f"SELECT count(*) FROM lake.{TABLE} WHERE partition_date = ?", [month.first_day])[0][0]
        if rows != written.rows:
            raise TaxiError(f"month {month} would have {rows:,} trips instead of {written.rows:,}; nothing was changed")
    return int(opened.rows("FROM ducklake_last_committed_snapshot('lake')")[0][0])


def discard(settings: Settings, target: str) -> None:
    """Delete a file that the lake does not hold. If that fails, maintenance will do it."""
    with suppress(TaxiError):
        Store(settings).delete(target)


def check(settings: Settings, month: Month) -> TripsCheck:
    """Count the month's rows in the lake and in its file. Raises TaxiError if there is no file."""
    source = trips_file.uri(settings, month)
    if not Store(settings).exists(source):
        raise TaxiError(f"month {month} has no file {source}")
    with lake.connect(settings, read_only=True) as opened:
        file_rows, names = read_footer(opened, source)
        rows, outside = opened.rows(
            "SELECT count(*), count(*) FILTER (WHERE pickup_datetime IS NULL OR pickup_datetime < ? OR pickup_datetime >= ?) "
            f"FROM lake.{TABLE} WHERE partition_date = ?",
            [month.first_day, month.next.first_day, month.first_day],
        )[0]
    return TripsCheck(rows, file_rows, outside, header.unknown(names))
