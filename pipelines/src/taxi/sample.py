"""Sample months for a platform that cannot reach the taxi commission: synthetic trips between the real zones."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from taxi import sample_trips, sample_zones, trips_file
from taxi.errors import UsageError
from taxi.months import Month
from taxi.settings import Settings
from taxi.store import Store

logger = logging.getLogger("taxi")

PLACE = "s3://raw/samples"
ROWS = 100_000
MOST_ROWS = 100_000_000
NOTE = """The trips in this folder are synthetic: made by Tandem, with the columns and the oddities of real months, so that its
pipelines have something to work on where the taxi commission's files cannot be reached. No taxi ever drove them, and they
tell nothing about New York. The same is written in each Parquet file's metadata (tandem.synthetic). The zones are real.
"""


@dataclass(frozen=True)
class Made:
    """What was made, and what was there already."""

    made: tuple[str, ...]
    kept: tuple[str, ...]
    rows: int
    seconds: float


def make(settings: Settings, months: Iterable[Month], rows: int = ROWS, into: str = PLACE, *, force: bool = False) -> Made:
    """Put a file of `rows` trips for each month, and the zones file, into a folder of the object store.

    What is there already stays, unless forced. Raises UsageError for months whose files had no zones, and for absurd sizes.
    """
    months = list(months)
    if not 1 <= rows <= MOST_ROWS:
        raise UsageError(f"a sample month has from 1 to {MOST_ROWS:,} rows, not {rows:,}")
    if months and min(months) < sample_trips.FIRST_MONTH:
        raise UsageError(f"samples begin with {sample_trips.FIRST_MONTH}: earlier files had no zones")
    begun, store, into = time.monotonic(), Store(settings), into.rstrip("/")
    made, kept = [], []
    # The note comes first: nobody finds synthetic trips without it.
    for name, content in (("SYNTHETIC.txt", NOTE.encode()), ("taxi_zones.csv", sample_zones.packaged())):
        uri = f"{into}/{name}"
        if force or not store.exists(uri):
            store.put(uri, content, "text/csv; charset=utf-8" if name.endswith("csv") else "text/plain; charset=utf-8")
            made.append(uri)
        else:
            kept.append(uri)
    for month in months:
        uri = f"{into}/{trips_file.name(month)}"
        if not force and store.exists(uri):
            kept.append(uri)
            continue
        with tempfile.TemporaryDirectory(prefix="taxi-sample-") as folder:
            path = Path(folder) / trips_file.name(month)
            sample_trips.write(path, month, rows)
            store.upload(path, uri, "application/vnd.apache.parquet")
        made.append(uri)
        logger.info("made %s with %s synthetic trips", uri, f"{rows:,}")
    return Made(tuple(made), tuple(kept), rows, time.monotonic() - begun)
