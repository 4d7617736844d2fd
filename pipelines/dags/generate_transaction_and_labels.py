"""
# Transactions and fraud labels

Every half hour, `generate_transactions` writes 50 to 200 random transactions to Postgres
(database `airbyte`, table `customer_transactions`), and `generate_labels` gives each transaction that has none
a label in MySQL (database `data`, table `labeled_transactions`).

The rows of a data interval are a function of its start and of the parameters, and are written exactly once:
clear a task, kill its pod or run the interval again as often as you like.

To try other parameters, trigger the DAG with a **logical date** whose half hour has no rows yet. An interval that was
written with some parameters refuses others, instead of mixing two sets of rows.

Both tables are assets. Their events carry the number of rows and the interval.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, Param

from tandem_assets import LABELS, TRANSACTIONS
from tandem_jobs import RESULT_FILE, interval_macros, job_pod

COMMON = [
    "--interval-start={{ interval_start(dag_run) }}",
    "--interval-end={{ interval_end(dag_run) }}",
    f"--result-file={RESULT_FILE}",
]

with DAG(
    dag_id="generate_transaction_and_labels",
    description="Random transactions to Postgres and fraud labels to MySQL, exactly once per half hour",
    doc_md=__doc__,
    # A plain cron string would mean a moment, not the half hour that the rows belong to.
    schedule=CronDataIntervalTimetable("*/30 * * * *", timezone="UTC"),
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={
        "owner": "airflow",
        "depends_on_past": False,
        "retries": 1,
        "retry_delay": timedelta(minutes=2),
        "execution_timeout": timedelta(minutes=30),
    },
    params={
        "users": Param(10, type="integer", minimum=1, maximum=10_000_000, description="Users 1 to this number get transactions."),
        "rows_per_user": Param(
            "5-20", type="string", pattern=r"^\d+(-\d+)?$", description="Transactions of each user: a number, or a range to choose from."
        ),
        "fraud_rate": Param(0.5, type="number", minimum=0, maximum=1, description="Share of new labels that say fraud."),
    },
    user_defined_macros=interval_macros(timedelta(minutes=30)),
    tags=["fraud", "postgres", "mysql"],
):
    generate_transactions = job_pod(
        "generate_transactions",
        ["python", "-m", "fraud", "transactions", *COMMON, "--users={{ params.users }}", "--rows-per-user={{ params.rows_per_user }}"],
        outlets={TRANSACTIONS: ""},
    )
    generate_labels = job_pod(
        "generate_labels",
        ["python", "-m", "fraud", "labels", *COMMON, "--fraud-rate={{ params.fraud_rate }}"],
        outlets={LABELS: ""},
    )
    generate_transactions >> generate_labels
