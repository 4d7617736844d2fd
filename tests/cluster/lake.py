"""The lake and the object store, read from outside the cluster with clients of the tests' own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pandas
import psycopg
import pyarrow.parquet

from tandem.open import Forward

from . import kube

EXTENSIONS = ("postgres_scanner", "httpfs", "ducklake")
MONTHS = ("2023-01", "2023-02", "2023-03")
"""The months that exist wherever the platform runs: published by the TLC, and the samples of a platform without internet."""


class Store:
    """Objects of the buckets that the pipelines own."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def read(self, bucket: str, key: str) -> bytes:
        """The content of an object; fails with the store's words when there is none."""
        return bytes(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def write(self, bucket: str, key: str, content: bytes) -> None:
        """Make or replace an object."""
        self.client.put_object(Bucket=bucket, Key=key, Body=content)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object if it is there."""
        self.client.delete_object(Bucket=bucket, Key=key)

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys below a prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def raw_month(self, month: str) -> pandas.DataFrame:
        """The file of a month as it came, every row of it."""
        content = self.read("raw", f"taxi/yellow_tripdata_{month}.parquet")
        return pyarrow.parquet.read_table(io.BytesIO(content)).to_pandas()


class Lake:
    """Queries of the lake by a DuckDB of this process: another client than the pipelines' code."""

    def __init__(self, login: dict[str, str], postgres_port: int, key: dict[str, str], store_port: int) -> None:
        self.connection = duckdb.connect()
        for name in EXTENSIONS:
            self.connection.execute(f"LOAD '{extension(name)}'")
        self.connection.execute(
            f"""CREATE SECRET store (TYPE s3, ENDPOINT 'localhost:{store_port}', URL_STYLE 'path', USE_SSL false, REGION 'us-east-1',
            KEY_ID '{key["AWS_ACCESS_KEY_ID"]}', SECRET '{key["AWS_SECRET_ACCESS_KEY"]}')"""
        )
        self.connection.execute(
            f"""CREATE SECRET catalog (TYPE postgres, HOST 'localhost', PORT {postgres_port}, DATABASE '{login["PGDATABASE"]}',
            USER '{login["PGUSER"]}', PASSWORD '{login["PGPASSWORD"]}')"""
        )
        self.connection.execute("ATTACH 'ducklake:postgres:' AS lake (META_SECRET 'catalog', READ_ONLY, CREATE_IF_NOT_EXISTS false)")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return self.connection.execute(sql).fetchall()

    def counts(self) -> dict[str, int]:
        """Month of the file -> its rows in taxi_trips."""
        return dict(self.rows("SELECT strftime(partition_date, '%Y-%m'), count(*) FROM lake.taxi_trips GROUP BY 1 ORDER BY 1"))


def extension(name: str) -> Path:
    """The binary of a DuckDB extension in its wheel."""
    spec = find_spec(f"duckdb_extension_{name}")
    assert spec is not None
    assert spec.submodule_search_locations
    return next(Path(spec.submodule_search_locations[0]).glob(f"extensions/v*/{name}.duckdb_extension"))


@contextmanager
def store_of_the_platform() -> Iterator[tuple[Store, int]]:
    """The object store through a port-forward, and the local port."""
    key = kube.secret("tandem-objectstore-pipelines")
    with Forward("tandem-objectstore", 7070) as forward:
        client = boto3.client(
            "s3",
            endpoint_url=f"http://localhost:{forward.port}",
            aws_access_key_id=key["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=key["AWS_SECRET_ACCESS_KEY"],
            region_name=key["AWS_DEFAULT_REGION"],
        )
        yield Store(client), forward.port


@contextmanager
def lake_of_the_platform(store_port: int) -> Iterator[Lake]:
    """The lake through port-forwards."""
    with Forward("tandem-postgres", 5432) as forward:
        yield Lake(kube.secret("tandem-postgres-lake"), forward.port, kube.secret("tandem-objectstore-pipelines"), store_port)


@contextmanager
def no_commits() -> Iterator[None]:
    """For the length of the block no load can exchange a month's files: each waits, its new file written, where it may be killed."""
    login = kube.secret("tandem-postgres-lake")
    with Forward("tandem-postgres", 5432) as forward:
        place = psycopg.conninfo.make_conninfo(
            host="localhost", port=forward.port, dbname=login["PGDATABASE"], user=login["PGUSER"], password=login["PGPASSWORD"]
        )
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(hashtextextended('taxi:commit', 0))")
            yield


def sundays(*months: str) -> list[date]:
    """The Sundays that begin the weeks which touch any of the months."""
    days = pandas.date_range(f"{min(months)}-01", pandas.Period(max(months)).end_time.date()).date
    return sorted({day - timedelta(days=(day.weekday() + 1) % 7) for day in days})


def weeks_by_pandas(months: list[pandas.DataFrame]) -> dict[str, tuple[int, float, float, int]]:
    """Sunday -> (trips, amount, distance, passengers) of all rows of the files, whatever month they claim to be of."""
    trips = pandas.concat([month[["tpep_pickup_datetime", "total_amount", "trip_distance", "passenger_count"]] for month in months])
    day = trips["tpep_pickup_datetime"].dt.normalize()
    sunday = day - pandas.to_timedelta((day.dt.day_of_week + 1) % 7, unit="D")
    sums = trips.groupby(sunday).agg(
        trips=("total_amount", "size"), amount=("total_amount", "sum"), distance=("trip_distance", "sum"), people=("passenger_count", "sum")
    )
    return {f"{week:%Y-%m-%d}": (int(row.trips), float(row.amount), float(row.distance), int(row.people)) for week, row in sums.iterrows()}
