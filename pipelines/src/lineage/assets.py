"""Airflow's assets as Dagster shows them: external, for none of its runs makes them."""

import dagster as dg

OWNERS = ["team:fraud"]
GROUP = "airflow"

customer_transactions = dg.AssetSpec(
    "customer_transactions",
    group_name=GROUP,
    owners=OWNERS,
    kinds={"airflow", "postgres"},
    description="Random transactions, 50 to 200 every half hour, by Airflow's DAG `generate_transaction_and_labels`.\n\n"
    "A materialization is an event of Airflow: its extra is the metadata, and `airflow/run` leads to the DAG run.",
    metadata={"airflow/dag": "generate_transaction_and_labels", "dagster/uri": "postgres://postgres/airbyte/public/customer_transactions"},
)
labeled_transactions = dg.AssetSpec(
    "labeled_transactions",
    group_name=GROUP,
    owners=OWNERS,
    kinds={"airflow", "mysql"},
    deps=[customer_transactions],
    description="Whether each transaction is a fraud, by Airflow's DAG `generate_transaction_and_labels`.",
    metadata={"airflow/dag": "generate_transaction_and_labels", "dagster/uri": "mysql://mysql/data/labeled_transactions"},
)
fraud_summary = dg.AssetSpec(
    "fraud_summary",
    group_name=GROUP,
    owners=OWNERS,
    kinds={"airflow", "duckdb", "postgres"},
    deps=[customer_transactions, labeled_transactions],
    description="Transactions and frauds for each symbol and hour, by Airflow's DAG `fraud_summary`: "
    "one SQL statement over both databases.",
    metadata={"airflow/dag": "fraud_summary", "dagster/uri": "postgres://postgres/airbyte/public/fraud_summary"},
)

ALL = [customer_transactions, labeled_transactions, fraud_summary]
