"""What can be started as a whole."""

from typing import Any

import dagster as dg

from taxi import maintenance
from taxi.orchestration.assets.ingest import LAKE_POOL
from taxi.orchestration.failures import told
from taxi.orchestration.resources import Database

trip_update_job = dg.define_asset_job(
    "trip_update_job",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets("trips_by_week", "adhoc_request", "fraud_by_borough_hour"),
    description="Brings a month of trips into the lake, with the zones, and draws the map anew.",
)
weekly_update_job = dg.define_asset_job(
    "weekly_update_job",
    selection=dg.AssetSelection.assets("trips_by_week"),
    description="Counts one week, or all weeks of a range in one run.",
)
adhoc_request_job = dg.define_asset_job(
    "adhoc_request_job",
    selection=dg.AssetSelection.assets("adhoc_request"),
    description="Answers one request. The sensor starts it for each file under requests/.",
)


@dg.op(pool=LAKE_POOL)
def tidy_up(context: dg.OpExecutionContext, database: Database) -> None:
    """Merge small files, forget snapshots older than a week, and delete files that nothing needs for a day."""
    with told():
        done = maintenance.run(database.settings())
    context.log.info(
        f"made {done.merged} files by merging, forgot {done.expired} snapshots, deleted {done.cleaned} superseded and {done.orphans} "
        f"left-over files, ended {done.uploads} uploads: {done.seconds:.1f} s"
    )


@dg.job(description="Tidies up the lake's files. Loads may go on meanwhile.")
def lake_maintenance_job() -> None:
    tidy_up()


ALL: list[Any] = [trip_update_job, weekly_update_job, adhoc_request_job, lake_maintenance_job]
