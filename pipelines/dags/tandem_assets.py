"""The platform's assets: what pipelines of either orchestrator write, each with its name and its address.

Airflow tells assets apart by both: one address under two names, or one name for two addresses, would be a conflict. So every DAG
that updates one of these assets, or waits for it, takes it from here. The names are the keys of the same assets in Dagster.
"""

from airflow.sdk import Asset

TRANSACTIONS = Asset(name="customer_transactions", uri="postgres://postgres/airbyte/public/customer_transactions")
LABELS = Asset(name="labeled_transactions", uri="mysql://mysql/data/labeled_transactions")
FRAUD_SUMMARY = Asset(name="fraud_summary", uri="postgres://postgres/airbyte/public/fraud_summary")
FRAUD_SUMMARY_FILE = Asset(name="fraud_summary_file", uri="s3://outputs/fraud/fraud_summary.csv")
TRIPS = Asset(name="taxi_trips", uri="x-ducklake://lake/main/taxi_trips")
ZONES = Asset(name="taxi_zones", uri="x-ducklake://lake/main/taxi_zones")
WEEKS = Asset(name="trips_by_week", uri="s3://outputs/taxi/trips_by_week.csv")
STATS = Asset(name="manhattan_stats", uri="s3://outputs/taxi/manhattan_stats.geojson")
MAP = Asset(name="manhattan_map", uri="s3://outputs/taxi/manhattan_map.png")
