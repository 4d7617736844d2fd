"""
# Taxi months in the lake

Loads months of New York's yellow taxi trips into the lake, one pod a month, and makes the figures and the map of Manhattan anew.
It runs the functions behind Dagster's assets of these names, on the same tables: use whichever orchestrator you like, or both at once.

| Task | What it does |
|---|---|
| `months` | lists the months of this run |
| `load_month` | one pod a month: fetches the month's file, replaces the month in `taxi_trips`, counts its weeks in `trips_by_week` |
| `load_zones` | fetches the taxi zones, replaces `taxi_zones` |
| `manhattan` | trips by pickup zone as GeoJSON, and a map of them |

**Trigger it** with a `first_month`, and a `last_month` for a range. Running a month again replaces it and never doubles it.
At most as many months are loaded at once as pool `taxi` has slots.

**Paused at first**, because a scheduled run (on the 5th) takes the last complete month, and the taxi commission often publishes a
month later than that; the sample months of a platform without internet end with 2023-03. A run that you trigger starts when the DAG is
unpaused.

A month that its source does not have, or whose file the table cannot hold, fails at once with a sentence in its log. Anything else,
such as a lost connection, is tried again three times.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Param, task
from airflow.sdk.exceptions import AirflowFailException

from tandem_assets import MAP, STATS, TRIPS, WEEKS, ZONES
from tandem_jobs import RESULT_FILE, job_pod, job_pods

# The oldest month for which the taxi commission names zones is later; what a file may lack, the loading says better.
FIRST_MONTH = "2009-01"
MONTH = {"type": ["null", "string"], "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}
# The processes that load hold a month of 3.4 million trips in parts; the lake gives its database 70 % of the limit.
LARGE = {"memory_request": "512Mi", "memory_limit": "2Gi"}
# Exit statuses of the command line after which the same command ends the same way: a usage error, a month that is not there.
HOPELESS = {"fail_on_exit_code": (2, 3)}


def taxi(*arguments: str) -> list[str]:
    """A command of the taxi pipelines."""
    return ["python", "-m", "taxi", *arguments, f"--result-file={RESULT_FILE}"]


def month_command(month: str) -> list[str]:
    """The command that loads a month; its last but one word is the month."""
    return taxi("month", month)


def months_of(first: str | None, last: str | None, now: datetime) -> list[str]:
    """The months of a run, as YYYY-MM; without a first month the last one that was complete at `now`.

    Raises AirflowFailException, which no retry follows, if there are none.
    """
    this_month = now.strftime("%Y-%m")
    if last and not first:
        raise AirflowFailException(f"last_month is {last}, but first_month is missing.")
    first = first or (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    last = last or first
    for name, month in (("first_month", first), ("last_month", last)):
        try:
            datetime.strptime(month, "%Y-%m")
        except ValueError:
            raise AirflowFailException(f"{name} is {month}, which is not a month: write it as 2023-01.") from None
        if not FIRST_MONTH <= month < this_month:
            raise AirflowFailException(f"{name} is {month}, but months go from {FIRST_MONTH} to the last complete one before {this_month}.")
    if first > last:
        raise AirflowFailException(f"first_month {first} is after last_month {last}.")
    (year, month_of_year), end = map(int, first.split("-")), last
    found = []
    while (month := f"{year}-{month_of_year:02d}") <= end:
        found.append(month)
        year, month_of_year = (year, month_of_year + 1) if month_of_year < 12 else (year + 1, 1)
    return found


with DAG(
    dag_id="taxi_monthly",
    description="Months of taxi trips into the lake, one pod a month, then the figures and the map of Manhattan",
    doc_md=__doc__,
    schedule="0 0 5 * *",
    start_date=datetime(2023, 2, 1, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=True,
    default_args={
        "owner": "taxi",
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": 2,
        "max_retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=1),
    },
    params={
        "first_month": Param(None, **MONTH, description="The month to load, such as 2023-01. Empty: the last complete month."),
        "last_month": Param(None, **MONTH, description="For a range: its last month. Empty: only the first month."),
    },
    tags=["taxi", "lake"],
):

    @task
    def months(params: dict[str, Any], dag_run: Any) -> list[str]:
        """The months that this run loads."""
        try:
            return months_of(params["first_month"], params["last_month"], dag_run.logical_date or dag_run.run_after)
        except AirflowFailException as refusal:
            # As a line of the log; that of an exception is a part of its traceback.
            logging.getLogger(__name__).error("%s", refusal)
            raise

    listed = months()
    load_month = job_pods(
        "load_month",
        listed.map(month_command),
        outlets={TRIPS: "loaded", WEEKS: "weeks"},
        pool="taxi",
        map_index_template="{{ task.arguments[-2] }}",
        **LARGE,
        **HOPELESS,
    )
    load_zones = job_pod("load_zones", taxi("load-zones"), outlets={ZONES: ""}, memory_limit="1Gi", **HOPELESS)
    manhattan = job_pod("manhattan", taxi("manhattan"), outlets={STATS: "stats", MAP: "map"}, **LARGE, **HOPELESS)
    listed >> load_zones
    [load_month, load_zones] >> manhattan
