"""Group fraud: where Airflow's pipelines and the taxi trips meet."""

import dagster as dg

from taxi import fraud_by_borough
from taxi.orchestration import columns
from taxi.orchestration.assets.ingest import taxi_trips, taxi_zones
from taxi.orchestration.failures import told
from taxi.orchestration.metadata import OWNERS, place, schema
from taxi.orchestration.resources import Database

GROUP = "fraud"
FRAUD_SUMMARY = dg.AssetKey("fraud_summary")
"""A table that Airflow makes. Code location `lineage` defines it, and reports each of Airflow's events of it."""

EACH_SUMMARY = (
    dg.AutomationCondition.asset_matches(FRAUD_SUMMARY, dg.AutomationCondition.newly_updated()).since(
        dg.AutomationCondition.newly_requested()
    )
    & ~dg.AutomationCondition.in_progress()
).with_label("fraud_summary was updated since the last run was requested, and no run is in progress")
"""Neither of the trips' months is waited for, and a new one starts no run: the next summary, in half an hour, counts it."""


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"duckdb", "postgres", "csv"},
    deps=[FRAUD_SUMMARY, taxi_trips, taxi_zones],
    automation_condition=EACH_SUMMARY,
    metadata={"dagster/column_schema": schema(columns.FRAUD, columns.FRAUD_MEANINGS)},
)
def fraud_by_borough_hour(database: Database) -> dg.MaterializeResult:
    """Fraud by hour of the day and borough: the hour's figures of fraud_summary, spread as the hour's taxi trips are.

    A line of the CSV file, and a row of the Postgres table fraud_by_borough_hour, is an hour of the day in a borough. A transaction
    has no place, so this is a model and not a count; but the sums over the boroughs are exactly those of fraud_summary. It is
    materialized whenever Airflow has updated fraud_summary. All hours are those of New York's clock, which the trips have.
    """
    with told():
        settings = database.settings()
        done = fraud_by_borough.make(settings)
        return dg.MaterializeResult(
            metadata={
                **place(settings, done.uri),
                "dagster/row_count": done.rows,
                "trips": done.trips,
                "transactions": done.transactions,
                "amount": float(done.amount),
                "fraudulent transactions": done.fraudulent_transactions,
                "fraudulent amount": float(done.fraudulent_amount),
                "seconds": round(done.seconds, 3),
                **({"nothing to spread": done.missing} if done.missing else {}),
            }
        )


ALL = [fraud_by_borough_hour]
