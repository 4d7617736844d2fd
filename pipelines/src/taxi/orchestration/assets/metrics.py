"""Group metrics: what people look at."""

from datetime import date

import dagster as dg

from taxi import manhattan, weeks
from taxi.orchestration import columns
from taxi.orchestration.assets.ingest import taxi_trips, taxi_zones
from taxi.orchestration.failures import told
from taxi.orchestration.metadata import OWNERS, place, preview, schema
from taxi.orchestration.partitions import ALL_WEEKS_IN_ONE_RUN, MONTHS_OF_A_WEEK, WEEKS
from taxi.orchestration.resources import Database, ObjectStore

GROUP = "metrics"


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"duckdb", "geojson", "postgres"},
    deps=[taxi_trips, taxi_zones],
    metadata={"dagster/column_schema": schema(columns.STATS, columns.STATS_MEANINGS)},
)
def manhattan_stats(database: Database) -> dg.MaterializeResult:
    """How many trips began in each taxi zone of Manhattan, over all months that are in the lake.

    A feature of the GeoJSON file is a zone with its border, also one without any trip. The counts without the borders are in the
    Postgres table manhattan_stats too.
    """
    with told():
        settings = database.settings()
        done = manhattan.stats(settings)
        return dg.MaterializeResult(
            metadata={
                **place(settings, done.uri),
                "dagster/row_count": done.zones,
                "trips": done.trips,
                "seconds": round(done.seconds, 3),
            }
        )


@dg.asset(group_name=GROUP, owners=OWNERS, kinds={"matplotlib", "png"}, deps=[manhattan_stats])
def manhattan_map(store: ObjectStore) -> dg.MaterializeResult:
    """Map of Manhattan: the darker a taxi zone, the more trips began there. It shows what manhattan_stats has counted."""
    with told():
        settings = store.settings()
        done = manhattan.draw(settings)
        return dg.MaterializeResult(
            metadata={**preview(done.png), **place(settings, done.uri), "bytes": len(done.png), "seconds": round(done.seconds, 3)}
        )


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"duckdb", "csv", "postgres"},
    deps=[dg.AssetDep(taxi_trips, partition_mapping=MONTHS_OF_A_WEEK)],
    partitions_def=WEEKS,
    backfill_policy=ALL_WEEKS_IN_ONE_RUN,
    metadata={"dagster/column_schema": schema(columns.WEEKS, columns.WEEKS_MEANINGS)},
)
def trips_by_week(context: dg.AssetExecutionContext, database: Database) -> None:
    """Trips, dollars, miles and passengers of each week, which begins on a Sunday and is called by it.

    A line of the CSV file, and a row of the Postgres table trips_by_week, is a week. It counts what the lake has of the week, in all
    months: materialize it again after a month was loaded. A partition changes its own line and no other.
    """
    with told():
        settings = database.settings()
        done = weeks.update_all(settings, [date.fromisoformat(key) for key in context.partition_keys])
        where = place(settings, weeks.uri(settings))
    for week in done:
        figures = {
            "trips": week.num_trips,
            "dollars": week.total_amount,
            "miles": week.trip_distance,
            "passengers": week.passenger_count,
            "dagster/row_count": 1,
            "seconds": round(week.seconds, 3),
        }
        context.add_asset_metadata({**where, **figures}, partition_key=str(week.period))


ALL = [manhattan_stats, manhattan_map, trips_by_week]
