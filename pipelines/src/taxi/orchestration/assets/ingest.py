"""Group ingest: files as they are published, and the lake's tables made of them."""

import dagster as dg

from taxi import catalog, trips, trips_file, zones, zones_file
from taxi.months import Month
from taxi.orchestration import columns
from taxi.orchestration.failures import told
from taxi.orchestration.metadata import OWNERS, place, schema, schema_found, table
from taxi.orchestration.partitions import MONTHS, ONE_MONTH_A_RUN
from taxi.orchestration.resources import Database, ObjectStore
from taxi.source import FetchedFile

GROUP = "ingest"
LAKE_POOL = "lake"
"""Bounds how many runs write the lake at once."""


def fetched(store: ObjectStore, file: FetchedFile) -> dg.MaterializeResult:
    """What is told of a file that was fetched."""
    return dg.MaterializeResult(
        metadata={
            **place(store.settings(), file.uri),
            "source": dg.MetadataValue.url(file.source) if file.source.startswith("http") else dg.MetadataValue.path(file.source),
            "dagster/row_count": file.rows,
            "dagster/column_schema": schema_found(file.columns),
            "bytes": file.size,
            "seconds": round(file.seconds, 3),
        }
    )


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"s3", "parquet"},
    partitions_def=MONTHS,
    backfill_policy=ONE_MONTH_A_RUN,
)
def taxi_trips_file(context: dg.AssetExecutionContext, store: ObjectStore) -> dg.MaterializeResult:
    """The month's file of yellow-taxi trips as the Taxi & Limousine Commission (TLC) publishes it, about two months later.

    A row is a trip as the taxi's meter recorded it. The file is copied unchanged from `TAXI_SOURCE` into the object store after a
    check that it is whole. A month that is not published yet fails with a sentence that says so.
    """
    with told():
        return fetched(store, trips_file.fetch(store.settings(), Month.parse(context.partition_key)))


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"s3", "csv"},
    metadata={"dagster/column_schema": schema(columns.ZONES_FILE, columns.ZONES_FILE_MEANINGS)},
)
def taxi_zones_file(store: ObjectStore) -> dg.MaterializeResult:
    """The taxi zones of New York City and their borders, as the city publishes them.

    A row is a zone, or one of several pieces of land of a zone. It comes from `TAXI_ZONES_SOURCE` and seldom changes.
    """
    with told():
        return fetched(store, zones_file.fetch(store.settings()))


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"duckdb", "parquet"},
    deps=[taxi_trips_file],
    partitions_def=MONTHS,
    backfill_policy=ONE_MONTH_A_RUN,
    metadata={**table("taxi_trips", catalog.TRIPS, columns.TRIPS), "partition_expr": "partition_date"},
    pool=LAKE_POOL,
)
def taxi_trips(context: dg.AssetExecutionContext, database: Database) -> dg.MaterializeResult:
    """Yellow-taxi trips, one row each, every one of the month's file.

    Odd rows are kept as they are: unknown zones, no passengers, negative amounts, trips that began in another month. Columns have the
    same names and types for all months. Loading a month again replaces it whole; until then readers see the old rows.
    """
    with told():
        done = trips.load(database.settings(), Month.parse(context.partition_key))
    return dg.MaterializeResult(
        metadata={
            # The partition's, which is what a materialization is of.
            "dagster/row_count": done.rows,
            "dagster/partition_row_count": done.rows,
            "file rows": done.file_rows,
            "trips outside the month": done.outside_month,
            "seconds": round(done.write_seconds + done.lock_wait_seconds + done.commit_seconds, 3),
            "seconds writing": round(done.write_seconds, 3),
            "seconds waiting for the table": round(done.lock_wait_seconds, 3),
            "seconds committing": round(done.commit_seconds, 3),
            "attempts to commit": done.attempts,
            "snapshot": done.snapshot_id,
        }
    )


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"duckdb", "parquet"},
    deps=[taxi_zones_file],
    metadata=table("taxi_zones", catalog.ZONES, columns.ZONES),
    pool=LAKE_POOL,
)
def taxi_zones(database: Database) -> dg.MaterializeResult:
    """Taxi zones, one row each: number, name, borough and border. Zones that the file has in several pieces are united."""
    with told():
        done = zones.load(database.settings())
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": done.rows,
            "file rows": done.file_rows,
            "zones in several rows": ", ".join(map(str, done.repeated)) or "none",
            "seconds": round(done.seconds, 3),
        }
    )


ALL = [taxi_trips_file, taxi_zones_file, taxi_trips, taxi_zones]
