"""The file of a month's trips, as the taxi commission publishes it."""

from __future__ import annotations

from pathlib import Path

from taxi import source
from taxi.errors import TaxiError, one_line
from taxi.months import Month
from taxi.settings import Settings
from taxi.source import Column, FetchedFile, Interrupted

MAGIC = b"PAR1"


def name(month: Month) -> str:
    """Name of the file, at the source and in the object store."""
    return f"yellow_tripdata_{month}.parquet"


def uri(settings: Settings, month: Month) -> str:
    """Where the month's file lies in the object store."""
    return f"{settings.raw}/{name(month)}"


def fetch(settings: Settings, month: Month) -> FetchedFile:
    """Bring the month's file into the object store. Raises NotPublishedYet if the source has none."""
    address = f"{settings.source}/{name(month)}"
    missing = f"month {month} is not published yet"
    return source.fetch(settings, address, uri(settings, month), "application/vnd.apache.parquet", check, missing)


def check(path: Path) -> tuple[int, tuple[Column, ...]]:
    """Rows and columns of a local Parquet file. Raises TaxiError whose text continues `ADDRESS …`."""
    import duckdb

    with path.open("rb") as file:
        head = file.read(256)
        file.seek(max(0, path.stat().st_size - len(MAGIC)))
        tail = file.read()
    if head[:4] != MAGIC:
        if head.lstrip()[:1] == b"<":
            raise TaxiError("is a web page or an error message instead of a Parquet file; check TAXI_SOURCE and the way to it")
        raise TaxiError("is not a Parquet file")
    if tail != MAGIC:
        raise Interrupted("ended before the end of the Parquet file")
    with duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}) as connection:
        try:
            rows = connection.execute("SELECT coalesce(sum(num_rows), 0) FROM parquet_file_metadata(?)", [str(path)]).fetchall()[0][0]
            found = connection.execute("SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(?))", [str(path)]).fetchall()
        except duckdb.Error as error:
            raise Interrupted(f"is not a readable Parquet file: {one_line(error)}") from error
    return int(rows), tuple(Column(*column) for column in found)
