"""Files of trips for the tests: the real rows, synthetic months, and the lake's content beside them."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas
import pyarrow
import pyarrow.parquet

from taxi import lake, sample_trips, trips_file
from taxi.months import Month
from taxi.settings import Settings
from taxi.store import Store

REAL: Path = Path(__file__).parents[1] / "data/taxi"
REAL_2023_01 = REAL / "real_rows_2019-03__schema_like_2023-01.parquet"
REAL_2023_03 = REAL / "real_rows_2020-03__schema_like_2023-03.parquet"
JANUARY, FEBRUARY, MARCH = (Month(2023, number) for number in (1, 2, 3))
AT_ONCE = timedelta(0)


def put(settings: Settings, month: Month, content: Path | pyarrow.Table) -> None:
    """Make this the month's file in the object store."""
    if isinstance(content, Path):
        body = content.read_bytes()
    else:
        buffer = io.BytesIO()
        pyarrow.parquet.write_table(content, buffer)
        body = buffer.getvalue()
    Store(settings).put(trips_file.uri(settings, month), body)


def put_sample(settings: Settings, month: Month, rows: int, folder: Path) -> pandas.DataFrame:
    """Make a synthetic file the month's; returns its rows as another reader of Parquet sees them."""
    path = folder / f"{month}-{rows}.parquet"
    if not path.exists():
        sample_trips.write(path, month, rows)
    put(settings, month, path)
    return pyarrow.parquet.read_table(path).to_pandas()


def totals(settings: Settings) -> dict[str, tuple[int, float]]:
    """Month of the file -> trips and dollars in the lake."""
    with lake.connect(settings, read_only=True) as opened:
        return month_totals(opened)


def month_totals(opened: lake.Lake) -> dict[str, tuple[int, float]]:
    rows = opened.rows("SELECT partition_date, count(*), round(sum(total_amount), 2) FROM lake.taxi_trips GROUP BY 1")
    return {str(Month.of(day)): (count, amount) for day, count, amount in rows}


def expected(frame: pandas.DataFrame) -> tuple[int, float]:
    return len(frame), round(float(frame["total_amount"].sum()), 2)


def held_files(settings: Settings) -> set[str]:
    """The files that the newest snapshot needs."""
    with lake.connect(settings, read_only=True) as opened:
        return {str(uri) for (uri,) in opened.rows("SELECT data_file FROM ducklake_list_files('lake', 'taxi_trips')")}


def stored_files(settings: Settings) -> set[str]:
    """The files of trips that lie in the lake's part of the object store, needed or not."""
    with lake.connect(settings, read_only=True) as opened:
        path = opened.rows("SELECT data_path FROM ducklake_settings('lake')")[0][0]
    return {found.uri for found in Store(settings).list(f"{path}main/taxi_trips/")}


def one_trip(**changed: Any) -> dict[str, Any]:
    """A trip in the schema of early 2023, with some columns changed, or left out if they are ...."""
    trip = {
        "VendorID": 2,
        "tpep_pickup_datetime": pandas.Timestamp("2023-03-08 10:00:00"),
        "tpep_dropoff_datetime": pandas.Timestamp("2023-03-08 10:10:00"),
        "passenger_count": 1,
        "trip_distance": 2.5,
        "RatecodeID": 1,
        "store_and_fwd_flag": "N",
        "PULocationID": 236,
        "DOLocationID": 237,
        "payment_type": 1,
        "fare_amount": 12.5,
        "extra": 1.0,
        "mta_tax": 0.5,
        "tip_amount": 3.0,
        "tolls_amount": 0.0,
        "improvement_surcharge": 1.0,
        "total_amount": 20.5,
        "congestion_surcharge": 2.5,
        "Airport_fee": 0.0,
    }
    return {name: value for name, value in (trip | changed).items() if value is not ...}
