"""
# Fraud by hour and symbol

Joins the transactions in Postgres with their labels in MySQL, in **one SQL statement**, and writes per hour and symbol how many
transactions there are, of which amount, and how many of them, of which amount, are labelled as fraud: to the Postgres table
`fraud_summary` and to the file `s3://outputs/fraud/fraud_summary.csv`.

It runs when **both** tables were updated, and renews the hours that the events' intervals lie in. The interval of an event is in its
extra. Hours whose counts are not what the tables say are renewed, too, so that no order and no loss of events leaves one behind.

**Trigger it by hand**, and it renews all hours. Whatever is renewed is replaced: run it as often as you like.

Both results are assets. Their events carry the number of rows and hours, and the interval.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG

from tandem_assets import FRAUD_SUMMARY, FRAUD_SUMMARY_FILE, LABELS, TRANSACTIONS
from tandem_jobs import RESULT_FILE, job_pod

# A command line is limited, and so are the conditions that a statement should have.
MOST_INTERVALS = 100
# What the command takes for intervals of transactions: whole minutes of these years.
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def intervals(events: Mapping[Any, Collection[Any]]) -> str:
    """The data intervals that events tell of, START/END separated by commas; adjacent ones are joined.

    Nothing, which means all, without events, when an event tells no interval, and when the intervals are very many.
    """
    found = set()
    for event in (event for of_asset in events.values() for event in of_asset):
        try:
            start, end = (datetime.fromisoformat(event.extra[f"interval_{name}"]) for name in ("start", "end"))
        except (KeyError, TypeError, ValueError):
            return ""
        if not is_interval(start, end):
            return ""
        found.add((start, end))
    joined = merged(sorted(found))
    return ",".join(f"{start.isoformat()}/{end.isoformat()}" for start, end in joined) if len(joined) <= MOST_INTERVALS else ""


def is_interval(start: datetime, end: datetime) -> bool:
    """Whether transactions can be of this interval. An extra may hold anything."""
    if start.tzinfo is None or end.tzinfo is None:
        return False
    return FIRST <= start < end <= LAST and not any(moment.second or moment.microsecond for moment in (start, end))


def merged(sorted_intervals: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same time in as few intervals as can be."""
    result: list[tuple[datetime, datetime]] = []
    for start, end in sorted_intervals:
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


with DAG(
    dag_id="fraud_summary",
    description="Transactions and fraud by hour and symbol, from Postgres and MySQL in one statement",
    doc_md=__doc__,
    schedule=[TRANSACTIONS, LABELS],
    catchup=False,
    # One at a time. What happens meanwhile starts one more run. Airflow need not tell it of all events (those after the first of
    # an asset come with a later run), but it finds their hours by itself.
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={
        "owner": "airflow",
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(minutes=30),
    },
    user_defined_macros={"intervals": intervals},
    tags=["fraud", "postgres", "mysql"],
):
    job_pod(
        "summarise",
        ["python", "-m", "fraud", "summary", "--intervals={{ intervals(triggering_asset_events) }}", f"--result-file={RESULT_FILE}"],
        outlets={FRAUD_SUMMARY: "", FRAUD_SUMMARY_FILE: ""},
        # DuckDB takes 70 % of the limit, and what its client of MySQL holds is not counted.
        memory_request="256Mi",
        memory_limit="1Gi",
        fail_on_exit_code=(2,),
    )
