"""A month in the lake is exactly what its file says, whatever is odd about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import duckdb
import months_of_trips as files
import pandas
import pyarrow
import pyarrow.parquet
import pytest
from months_of_trips import FEBRUARY, JANUARY, MARCH, one_trip

from taxi import lake, trips
from taxi.catalog import TRIPS
from taxi.errors import TaxiError, UnmappableMonth
from taxi.settings import Settings


def loaded(settings: Settings, trip: dict[str, Any]) -> dict[str, Any]:
    """A single trip, after it went through the lake."""
    files.put(settings, MARCH, pyarrow.Table.from_pylist([trip]))
    assert trips.load(settings, MARCH).rows == 1
    with lake.connect(settings, read_only=True) as opened:
        found = opened.rows("FROM lake.taxi_trips")
    assert len(found) == 1
    return dict(zip(TRIPS, found[0], strict=True))


@pytest.mark.parametrize(
    ("changed", "column", "value"),
    [
        ({"PULocationID": 264, "DOLocationID": 265}, "pickup_zone_id", 264),
        ({"passenger_count": None}, "passenger_count", None),
        ({"passenger_count": 3.0}, "passenger_count", 3),
        ({"passenger_count": 0}, "passenger_count", 0),
        ({"total_amount": -20.5, "fare_amount": -12.5}, "total_amount", -20.5),
        ({"trip_distance": 0.0}, "trip_distance", 0.0),
        ({"trip_distance": 258928.15}, "trip_distance", 258928.15),
        ({"tpep_pickup_datetime": pandas.Timestamp("2009-01-01 00:01:02")}, "pickup_datetime", pandas.Timestamp("2009-01-01 00:01:02")),
        ({"Airport_fee": 1.25}, "airport_fee", 1.25),
        ({"Airport_fee": ..., "airport_fee": 1.25}, "airport_fee", 1.25),
        ({"Airport_fee": ...}, "airport_fee", None),
        ({"Airport_fee": None, "congestion_surcharge": None, "RatecodeID": None}, "airport_fee", None),
        ({"cbd_congestion_fee": 0.75}, "cbd_congestion_fee", 0.75),
        ({}, "cbd_congestion_fee", None),
        ({"store_and_fwd_flag": None}, "store_and_fwd_flag", None),
        ({"payment_type": 0}, "payment_type", 0),
        ({"RatecodeID": 99.0}, "rate_code_id", 99),
    ],
)
def test_an_odd_trip_is_kept_as_it_is(settings: Settings, changed: dict[str, Any], column: str, value: Any) -> None:
    assert loaded(settings, one_trip(**changed))[column] == value


def test_types_are_the_table_s_whatever_the_file_has(settings: Settings) -> None:
    kinds = {
        "VendorID": pyarrow.int32(),
        "PULocationID": pyarrow.int64(),
        "DOLocationID": pyarrow.int32(),
        "passenger_count": pyarrow.float64(),
        "store_and_fwd_flag": pyarrow.large_string(),
        "payment_type": pyarrow.int32(),
        "Airport_fee": pyarrow.null(),
    }
    table = pyarrow.Table.from_pylist([one_trip(Airport_fee=None)])
    schema = pyarrow.schema([field.with_type(kinds.get(field.name, field.type)) for field in table.schema])
    files.put(settings, MARCH, table.cast(schema))
    trips.load(settings, MARCH)
    files.put(settings, JANUARY, files.REAL_2023_01)
    trips.load(settings, JANUARY)
    with lake.connect(settings, read_only=True) as opened:
        assert dict(opened.rows("SELECT column_name, column_type FROM (DESCRIBE lake.taxi_trips)")) == TRIPS
        assert opened.rows("SELECT count(*), count(airport_fee) FROM lake.taxi_trips") == [(10_001, 0)]


@pytest.mark.parametrize(("month", "path"), [(JANUARY, files.REAL_2023_01), (MARCH, files.REAL_2023_03)])
def test_real_rows_arrive_whole(settings: Settings, month: Any, path: Path) -> None:
    files.put(settings, month, path)
    frame = pyarrow.parquet.read_table(path).to_pandas()
    done = trips.load(settings, month)
    start = pandas.Timestamp(month.first_day)
    inside = frame["tpep_pickup_datetime"].between(start, pandas.Timestamp(month.next.first_day), inclusive="left")
    assert (done.rows, done.file_rows, done.outside_month) == (10_000, 10_000, int((~inside).sum()))
    assert files.totals(settings) == {str(month): files.expected(frame)}
    assert trips.check(settings, month) == trips.TripsCheck(10_000, 10_000, int((~inside).sum()), ())


def test_the_true_answers_of_sample_months(settings: Settings, tmp_path: Path) -> None:
    frames = {month: files.put_sample(settings, month, 20_000, tmp_path) for month in (JANUARY, FEBRUARY, MARCH)}
    for month in frames:
        trips.load(settings, month)
    assert files.totals(settings) == {str(month): files.expected(frame) for month, frame in frames.items()}
    everything = pandas.concat([frame.rename(columns={"airport_fee": "Airport_fee"}) for frame in frames.values()])
    zones = everything.groupby("PULocationID").agg(
        n=("VendorID", "size"), miles=("trip_distance", "sum"), people=("passenger_count", "sum")
    )
    with lake.connect(settings, read_only=True) as opened:
        found = opened.rows(
            "SELECT pickup_zone_id, count(*), round(sum(trip_distance), 2), coalesce(sum(passenger_count), 0), count(passenger_count), "
            "count(airport_fee) FROM lake.taxi_trips GROUP BY 1 ORDER BY 1"
        )
    assert [row[:2] for row in found] == [(int(zone), int(row.n)) for zone, row in zones.iterrows()]
    assert [row[2] for row in found] == pytest.approx(zones["miles"].tolist(), abs=0.01)
    assert [row[3] for row in found] == zones["people"].astype(int).tolist()
    assert sum(row[4] for row in found) == int(everything["passenger_count"].notna().sum())
    assert sum(row[5] for row in found) == int(everything["Airport_fee"].notna().sum())


def test_a_second_load_takes_the_place_of_the_first(settings: Settings, tmp_path: Path) -> None:
    other = files.put_sample(settings, FEBRUARY, 1_000, tmp_path)
    trips.load(settings, FEBRUARY)
    for rows in (2_000, 3_000, 3_000):
        frame = files.put_sample(settings, MARCH, rows, tmp_path)
        done = trips.load(settings, MARCH)
        assert files.totals(settings) == {"2023-03": files.expected(frame), "2023-02": files.expected(other)}
    assert len(files.held_files(settings)) == 2
    with lake.connect(settings, read_only=True) as opened:
        last = opened.rows("SELECT snapshot_id, commit_message FROM lake.snapshots() ORDER BY 1 DESC LIMIT 1")
        assert last == [(done.snapshot_id, "load 2023-03 (3000 trips)")]
        # No rows are marked as deleted: the old file is gone from the month as a whole.
        assert opened.rows("SELECT count(*) FROM ducklake_list_files('lake', 'taxi_trips') WHERE delete_file IS NOT NULL") == [(0,)]


def test_an_empty_month_replaces_a_full_one(settings: Settings, tmp_path: Path) -> None:
    files.put_sample(settings, MARCH, 1_000, tmp_path)
    trips.load(settings, MARCH)
    files.put(settings, MARCH, pyarrow.Table.from_pylist([one_trip()]).slice(0, 0))
    assert trips.load(settings, MARCH).rows == 0
    assert files.totals(settings) == {}


def test_a_query_of_one_month_reads_only_its_files(settings: Settings, tmp_path: Path) -> None:
    for month in (JANUARY, FEBRUARY, MARCH):
        files.put_sample(settings, month, 1_000, tmp_path)
        trips.load(settings, month)
    with lake.connect(settings, read_only=True) as opened:
        plan = opened.rows("EXPLAIN ANALYZE SELECT sum(total_amount) FROM lake.taxi_trips WHERE partition_date = DATE '2023-02-01'")[0][1]
    assert "Total Files Read: 1 " in plan


def test_a_month_that_cannot_be_mapped_leaves_the_lake_alone(settings: Settings, tmp_path: Path) -> None:
    frame = files.put_sample(settings, MARCH, 1_000, tmp_path)
    trips.load(settings, MARCH)
    before = files.stored_files(settings)
    files.put(settings, MARCH, pyarrow.Table.from_pylist([one_trip(drone_fee=1.0)]))
    with pytest.raises(UnmappableMonth, match=r"no place for the file's column drone_fee$"):
        trips.load(settings, MARCH)
    assert trips.check(settings, MARCH).unknown_columns == ("drone_fee",)
    files.put(settings, MARCH, pyarrow.Table.from_pylist([one_trip(passenger_count="a few")]))
    with pytest.raises(UnmappableMonth, match=r"^month 2023-03 cannot be loaded: a value does not fit: .*a few"):
        trips.load(settings, MARCH)
    assert files.totals(settings) == {"2023-03": files.expected(frame)}
    assert files.stored_files(settings) == before


def test_a_month_without_a_file_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(TaxiError, match=r"month 2023-03 has no file s3://raw/.*; fetch it first with `python -m taxi fetch-file 2023-03`$"):
        trips.load(settings, MARCH)


def test_a_commit_that_fails_for_good_leaves_no_file(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.put_sample(settings, MARCH, 1_000, tmp_path)

    def refuse(*_: Any) -> int:
        raise duckdb.IOException("the catalog's disk is full")

    monkeypatch.setattr(trips, "exchange_files", refuse)
    with pytest.raises(TaxiError, match="the lake refused: the catalog's disk is full"):
        trips.load(settings, MARCH)
    assert files.stored_files(settings) == set()


def test_a_commit_whose_answer_was_lost_keeps_its_file(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server may carry it out after the client has given up."""
    frame = files.put_sample(settings, MARCH, 1_000, tmp_path)
    exchange = trips.exchange_files

    def cut_off(opened: lake.Lake, *arguments: Any) -> int:
        committed = Cut(opened.connection)
        opened.connection = cast("duckdb.DuckDBPyConnection", committed)
        try:
            return exchange(opened, *arguments)
        finally:
            opened.connection = committed.connection
            assert files.stored_files(settings) - files.held_files(settings), "nobody knows yet that it was committed"
            committed.connection.execute("COMMIT")

    monkeypatch.setattr(trips, "exchange_files", cut_off)
    with pytest.raises(TaxiError, match="server closed the connection"):
        trips.load(settings, MARCH)
    assert files.totals(settings) == {"2023-03": files.expected(frame)}


class Cut:
    """A connection that breaks when COMMIT is under way."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def execute(self, statement: str, *rest: Any) -> duckdb.DuckDBPyConnection:
        if statement in ("COMMIT", "ROLLBACK"):
            raise duckdb.IOException("server closed the connection unexpectedly")
        return self.connection.execute(statement, *rest)


def test_an_unreachable_catalog_or_store_is_told_in_a_sentence(settings: Settings) -> None:
    nowhere = replace(settings, lake=replace(settings.lake, port=1))
    with (
        pytest.raises(TaxiError, match=r"^cannot open the lake in database lake\d+ of Postgres at 127.0.0.1:1: ") as refused,
        lake.connect(nowhere),
    ):
        pass
    assert settings.lake.password not in str(refused.value)
    with pytest.raises(TaxiError, match=r"^cannot read s3://raw/.* in the object store at http://127.0.0.1:1: "):
        trips.load(replace(settings, s3=replace(settings.s3, endpoint="http://127.0.0.1:1")), MARCH)
