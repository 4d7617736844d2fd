"""The lake's catalog: made once, by whoever comes first; everyone else finds it there."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from taxi import lake
from taxi.engine import literal
from taxi.errors import TaxiError
from taxi.lake import Lake
from taxi.settings import Settings

logger = logging.getLogger("taxi")

TRIPS = {
    "vendor_id": "INTEGER",
    "pickup_datetime": "TIMESTAMP",
    "dropoff_datetime": "TIMESTAMP",
    "passenger_count": "BIGINT",
    "trip_distance": "DOUBLE",
    "rate_code_id": "BIGINT",
    "store_and_fwd_flag": "VARCHAR",
    "pickup_zone_id": "INTEGER",
    "dropoff_zone_id": "INTEGER",
    "payment_type": "BIGINT",
    "fare_amount": "DOUBLE",
    "extra": "DOUBLE",
    "mta_tax": "DOUBLE",
    "tip_amount": "DOUBLE",
    "tolls_amount": "DOUBLE",
    "improvement_surcharge": "DOUBLE",
    "total_amount": "DOUBLE",
    "congestion_surcharge": "DOUBLE",
    "airport_fee": "DOUBLE",
    "cbd_congestion_fee": "DOUBLE",
    "partition_date": "DATE",
}
"""Columns of taxi_trips and their types; amounts are in dollars, distances in miles."""
ZONES = {"zone_id": "INTEGER", "zone": "VARCHAR", "borough": "VARCHAR", "geometry": "VARCHAR"}
"""Columns of taxi_zones; the geometry is WKT in degrees of WGS 84."""
TABLES = {"taxi_trips": TRIPS, "taxi_zones": ZONES}


@dataclass(frozen=True)
class Migrated:
    """What a migration found and did."""

    created: tuple[str, ...]
    tables: tuple[str, ...]
    data_path: str
    seconds: float


def migrate(settings: Settings) -> Migrated:
    """Make the catalog and its tables where they are missing. Any number of processes may do it at once.

    Raises TaxiError if the catalog keeps its files elsewhere than the settings say.
    """
    if settings.data_path is None:
        raise TaxiError("missing environment variable LAKE_DATA_PATH")
    begun = time.monotonic()
    # DuckLake itself makes its tables without a lock: of eight processes on an empty database seven failed.
    with lake.commit_lock(settings), lake.engine(settings) as connection:
        lake.attach(connection, settings, f"DATA_PATH {literal(settings.data_path)}")
        opened = Lake(connection)
        created = tuple(lake.retrying(lambda: create_tables(opened)))
    seconds = time.monotonic() - begun
    logger.info("the lake in %s has its tables%s", settings.lake.place, f", new: {', '.join(created)}" if created else "")
    return Migrated(created, tuple(TABLES), settings.data_path, seconds)


def create_tables(opened: Lake) -> list[str]:
    """Make the tables that are missing; returns their names. Changes nothing, and so makes no snapshot, if all are there."""
    there = {name for (name,) in opened.rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'")}
    missing = [name for name in TABLES if name not in there]
    if missing:
        with opened.transaction(f"create {' and '.join(missing)}"):
            for name in missing:
                columns = ", ".join(f"{column} {kind}" for column, kind in TABLES[name].items())
                opened.connection.execute(f"CREATE TABLE lake.{name} ({columns})")
            if "taxi_trips" in missing:
                # A month that is loaded again then replaces whole files instead of marking rows in all of them.
                opened.connection.execute("ALTER TABLE lake.taxi_trips SET PARTITIONED BY (partition_date)")
        # Every row lives in a Parquet file, where any reader finds it, and none in the catalog.
        opened.connection.execute("CALL lake.set_option('data_inlining_row_limit', 0)")
    return missing
