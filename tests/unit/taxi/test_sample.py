"""Sample months: the same each time, with the schema of their month and everything that is odd about real ones."""

from __future__ import annotations

from pathlib import Path

import months_of_trips as files
import pandas
import pyarrow
import pyarrow.parquet
import pytest
from months_of_trips import FEBRUARY, JANUARY, MARCH

from taxi import sample, sample_trips, sample_zones
from taxi.errors import UsageError
from taxi.months import Month
from taxi.settings import Settings
from taxi.store import Store

ROWS = 100_000


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> pandas.DataFrame:
    """March 2023 at the default size."""
    path = tmp_path_factory.mktemp("sample") / "march.parquet"
    sample_trips.write(path, MARCH, ROWS)
    return pyarrow.parquet.read_table(path).to_pandas()


def test_the_same_month_and_size_give_the_same_rows(tmp_path: Path) -> None:
    for name in "ab":
        sample_trips.write(tmp_path / name, MARCH, 50_000)
    assert pyarrow.parquet.read_table(tmp_path / "a").equals(pyarrow.parquet.read_table(tmp_path / "b"))
    sample_trips.write(tmp_path / "c", JANUARY, 50_000)
    amounts = [pyarrow.parquet.read_table(tmp_path / name)["total_amount"].to_pylist() for name in "ac"]
    assert amounts[0] != amounts[1]


@pytest.mark.parametrize(("month", "real"), [(JANUARY, files.REAL_2023_01), (MARCH, files.REAL_2023_03)])
def test_the_schema_is_that_of_real_files(tmp_path: Path, month: Month, real: Path) -> None:
    sample_trips.write(tmp_path / "sample", month, 100)
    names_and_types = [
        [(column.name, column.physical_type, column.converted_type in ("UTF8", "TIMESTAMP_MICROS")) for column in parquet.schema]
        for parquet in (pyarrow.parquet.ParquetFile(tmp_path / "sample"), pyarrow.parquet.ParquetFile(real))
    ]
    assert names_and_types[0] == names_and_types[1]


def test_the_congestion_fee_came_in_2025(tmp_path: Path) -> None:
    for month, last in ((Month(2024, 12), "Airport_fee"), (Month(2025, 1), "cbd_congestion_fee")):
        sample_trips.write(tmp_path / "sample", month, 100)
        assert pyarrow.parquet.read_schema(tmp_path / "sample").names[-1] == last


def test_the_file_says_that_it_is_synthetic(tmp_path: Path) -> None:
    sample_trips.write(tmp_path / "sample", MARCH, 10)
    assert b"no taxi ever drove" in pyarrow.parquet.read_metadata(tmp_path / "sample").metadata[b"tandem.synthetic"]


def test_everything_odd_of_real_months_is_there(trips: pandas.DataFrame) -> None:
    start, end = pandas.Timestamp("2023-03-01"), pandas.Timestamp("2023-04-01")
    begun, ended = trips["tpep_pickup_datetime"], trips["tpep_dropoff_datetime"]
    unknown = trips["passenger_count"].isna()
    odd = {
        "zone 264": trips["PULocationID"] == 264,
        "zone 265": trips["DOLocationID"] == 265,
        "nothing known of passengers": unknown,
        "no passengers": trips["passenger_count"] == 0,
        "negative amounts": (trips["total_amount"] < 0) & (trips["fare_amount"] < 0),
        "zero distance": trips["trip_distance"] == 0,
        "absurd distance": trips["trip_distance"] > 100_000,
        "hours before the month": (begun < start) & (begun > start - pandas.Timedelta(hours=3)),
        "hours after the month": (begun >= end) & (begun < end + pandas.Timedelta(hours=3)),
        "years before the month": begun < pandas.Timestamp("2010-01-01"),
        "ends before it begins": ended < begun,
        "unknown rate": trips["RatecodeID"] == 99,
        "stored and forwarded": trips["store_and_fwd_flag"] == "Y",
        "twice": trips.duplicated(),
    }
    assert [name for name, rows in odd.items() if not rows.any()] == []
    # Where the passengers are unknown, so are these, and the payment is 0; nowhere else.
    for column in ("RatecodeID", "store_and_fwd_flag", "congestion_surcharge", "Airport_fee"):
        assert (trips[column].isna() == unknown).all()
    assert ((trips["payment_type"] == 0) == unknown).all()
    assert 0 < ((begun < start) | (begun >= end)).mean() < 0.001


def test_the_picture_is_that_of_a_city(trips: pandas.DataFrame, tmp_path: Path) -> None:
    usual = trips[(trips["trip_distance"].between(0.1, 100)) & (trips["total_amount"] > 0)]
    assert usual["trip_distance"].corr(usual["fare_amount"]) > 0.8
    assert 2 < usual["trip_distance"].median() < 5
    hours = trips["tpep_pickup_datetime"].dt.hour.value_counts()
    assert hours[18] > 5 * hours[4]
    manhattan = {zone.number for zone in sample_zones.zones() if zone.borough == "Manhattan"}
    assert 0.75 < trips["PULocationID"].isin(manhattan).mean() < 0.95
    assert trips["tpep_pickup_datetime"].dt.date.value_counts().head(31).min() > ROWS / 31 * 0.9
    parts = [
        "fare_amount",
        "extra",
        "mta_tax",
        "tip_amount",
        "tolls_amount",
        "improvement_surcharge",
        "congestion_surcharge",
        "Airport_fee",
    ]
    known = trips.dropna()
    assert (known[parts].sum(axis=1) - known["total_amount"]).abs().max() < 0.011


def test_samples_are_made_once(empty: Settings, store: Store) -> None:
    into = f"{empty.source}/samples"
    first = sample.make(empty, [JANUARY, FEBRUARY], 500, into)
    names = [uri.removeprefix(f"{into}/") for uri in first.made]
    assert names == ["SYNTHETIC.txt", "taxi_zones.csv", "yellow_tripdata_2023-01.parquet", "yellow_tripdata_2023-02.parquet"]
    assert b"No taxi ever drove them" in store.get(f"{into}/SYNTHETIC.txt")
    before = store.list(into)
    again = sample.make(empty, [JANUARY, FEBRUARY, MARCH], 900, into)
    assert [uri.removeprefix(f"{into}/") for uri in again.made] == ["yellow_tripdata_2023-03.parquet"]
    assert store.list(into)[: len(before)] == before
    forced = sample.make(empty, [JANUARY], 900, into, force=True)
    assert len(forced.made) == 3
    assert store.list(into)[2].etag != before[2].etag


def test_months_without_zones_have_no_samples(empty: Settings) -> None:
    with pytest.raises(UsageError, match="samples begin with 2011-01"):
        sample.make(empty, [Month(2010, 12)])
    with pytest.raises(UsageError, match="has from 1 to 100,000,000 rows, not 0"):
        sample.make(empty, [MARCH], 0)
