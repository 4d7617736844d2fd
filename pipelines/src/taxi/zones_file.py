"""The file of the taxi zones and their borders."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from taxi import source
from taxi.errors import TaxiError
from taxi.settings import Settings
from taxi.source import Column, FetchedFile, Interrupted

COLUMNS = ("LocationID", "zone", "borough", "the_geom")


def uri(settings: Settings) -> str:
    """Where the file lies in the object store."""
    return f"{settings.raw}/taxi_zones.csv"


def fetch(settings: Settings) -> FetchedFile:
    """Bring the file into the object store."""
    return source.fetch(settings, settings.zones_source, uri(settings), "text/csv; charset=utf-8", check, "there is no file of taxi zones")


def check(path: Path) -> tuple[int, tuple[Column, ...]]:
    """Rows and columns of a local CSV file. Raises TaxiError whose text continues `ADDRESS …`."""
    # A border is one cell of up to 300,000 characters; the module's own limit is 131,072.
    csv.field_size_limit(sys.maxsize)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            missing = [column for column in COLUMNS if column not in header]
            if missing:
                raise TaxiError(f"is not a file of taxi zones: it has no column {', '.join(missing)}")
            rows = 0
            for line in reader:
                if len(line) != len(header):
                    raise Interrupted(f"has {len(line)} instead of {len(header)} cells in row {rows + 1}")
                rows += 1
    except UnicodeDecodeError as error:
        raise TaxiError("is not a CSV file in UTF-8") from error
    except csv.Error as error:
        raise Interrupted(f"is not a whole CSV file: {error}") from error
    if rows == 0:
        raise TaxiError("holds no zones")
    return rows, tuple(Column(column, "VARCHAR") for column in header)
