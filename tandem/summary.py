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
COLUMNS = ("stock_symbol", "transactions", "amount", "fraudulent_transactions", "fraudulent_amount")


def ensure(client: Airflow, run: Any, phase: console.Phase, *, within: float = WITHIN_SECONDS) -> str:
    """Wait until the hour that the run wrote into is summed up. Says why it is not, if it is not; empty when it is.

    Nobody has to start anything: Airflow runs the DAG once both tables have been updated.
    """
    try:
        if client.call("GET", f"/api/v2/dags/{DAG}")["is_paused"]:
            return f"DAG {DAG} is paused"
        deadline = time.monotonic() + within
        while not is_whole(hour_of(run)):
            if time.monotonic() > deadline:
                return f"it is not made after {within:.0f} s: {client.url}/dags/{DAG}"
            phase.note(f"waiting for {DAG}")
            time.sleep(1)
    except TandemError as problem:
        return f"not readable here ({problem})"
    return ""


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
