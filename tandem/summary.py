"""The summary of both databases that Airflow makes after each run of the main DAG, read from Postgres itself."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from tandem import airflow, console
from tandem.airflow import Airflow
from tandem.errors import TandemError
from tandem.first_run import postgres

DAG = "fraud_summary"
TABLE = "fraud_summary"
WITHIN_SECONDS = 180.0
# So long at most a run that events start lets wait for itself.
PAUSE_SECONDS = 3.0
COLUMNS = ("stock_symbol", "transactions", "amount", "fraudulent_transactions", "fraudulent_amount")


def ensure(client: Airflow, run: Any, phase: console.Phase, *, within: float = WITHIN_SECONDS) -> str:
    """Wait until the hour that the run wrote into is summed up. Says why it is not, if it is not; empty when it is.

    Airflow runs the DAG by itself once both tables have been updated. On a platform whose last run is older than the DAG nothing would
    come of waiting, so a run is started where none is under way; it sums up all hours.
    """
    try:
        deadline, started = time.monotonic() + within, False
        while not is_whole(hour_of(run)):
            if client.call("GET", f"/api/v2/dags/{DAG}")["is_paused"]:
                return f"DAG {DAG} is paused"
            if time.monotonic() > deadline:
                return f"it is not made after {within:.0f} s: {client.url}/dags/{DAG}"
            phase.note(f"waiting for {DAG}")
            time.sleep(PAUSE_SECONDS)
            if not started and not is_under_way(client):
                client.call("POST", f"/api/v2/dags/{DAG}/dagRuns", {"logical_date": None})
                started = True
    except TandemError as problem:
        return f"not readable here ({problem})"
    return ""


def is_under_way(client: Airflow) -> bool:
    """Whether a run of the DAG is waiting or at work."""
    query = "limit=1&state=queued&state=running"
    return bool(client.call("GET", f"/api/v2/dags/{DAG}/dagRuns?{query}")["dag_runs"])


def hour_of(run: Any) -> datetime:
    """The hour that the half hour of a run lies in."""
    return airflow.interval(run)[0].replace(minute=0, second=0, microsecond=0, tzinfo=None)


def is_whole(hour: datetime) -> bool:
    """Whether the summary of an hour counts all transactions of it."""
    if postgres(f"SELECT to_regclass('public.{TABLE}') IS NOT NULL") != [["t"]]:
        return False
    of_hour = f"transaction_date >= '{hour}' AND transaction_date < timestamp '{hour}' + interval '1 hour'"
    [[summed, counted]] = postgres(
        f"SELECT (SELECT coalesce(sum(transactions), 0) FROM {TABLE} WHERE hour = '{hour}'),"
        f" (SELECT count(*) FROM customer_transactions WHERE {of_hour})"
    )
    return summed == counted


def show(run: Any, problem: str) -> None:
    """Print the summary of the hour, or why there is none."""
    title = f"Postgres  airbyte.{TABLE}"
    if problem:
        console.warn(f"{title}: {problem}")
        return
    hour = hour_of(run)
    rows = postgres(f"SELECT {', '.join(COLUMNS)} FROM {TABLE} WHERE hour = '{hour}' ORDER BY transactions DESC, stock_symbol")
    console.say(f"  {title}: the hour from {hour:%Y-%m-%d %H:%M} UTC on, both tables joined in one statement")
    for line in console.table(rows, head=COLUMNS, indent="    "):
        console.say(line)
