"""The DAG run that `make up` ends with, and the rows that it left in both databases, read from the databases themselves."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any
from urllib.parse import quote

from tandem import airflow, console, kube
from tandem.airflow import Airflow
from tandem.errors import TandemError

SAMPLE = 5
WITHIN_SECONDS = 300
SCHEDULER_SECONDS = 5.0
IDS_PER_MINUTE = 10_000_000
"""transaction_id = minutes since 1970 of the interval's start * this + number in the interval."""


def ensure(client: Airflow, phase: console.Phase) -> Any:
    """A finished run of the DAG: the last one when it went well or is under way, else a new one.

    Raises TandemError when the run fails or takes longer than WITHIN_SECONDS.
    """
    airflow.until_known(client)
    run = newest(client)
    if run is None or run["state"] == "failed":
        run = client.trigger()
    deadline = time.monotonic() + WITHIN_SECONDS
    while run["state"] not in ("success", "failed"):
        if time.monotonic() > deadline:
            states = ", ".join(f"{task} {state}" for task, state in client.task_states(run["dag_run_id"]).items())
            raise TandemError(
                f"run {run['dag_run_id']} has not ended after {WITHIN_SECONDS} s: {states or 'no task has started'}",
                "see its log in the UI",
            )
        time.sleep(0.5)
        run = client.run(run["dag_run_id"])
        phase.note(", ".join(f"{task} {state}" for task, state in client.task_states(run["dag_run_id"]).items()))
    if run["state"] == "failed":
        raise TandemError(
            f"run {run['dag_run_id']} of {airflow.DAG} failed",
            f"its log: {client.url}/dags/{airflow.DAG}/runs/{quote(run['dag_run_id'], safe='')}",
        )
    return run


def newest(client: Airflow) -> Any:
    """The DAG's newest run, None when it has none.

    The scheduler starts the last half hour of a new DAG by itself, within seconds after the DAG is known. A run
    triggered in these seconds would only wait for that one.
    """
    deadline = time.monotonic() + SCHEDULER_SECONDS
    while (run := client.last_run()) is None and time.monotonic() < deadline:
        time.sleep(0.5)
    return run


def show(run: Any) -> None:
    """Print counts and the first rows of what a run left in both databases."""
    start, end = airflow.interval(run)
    console.say(f"Run {run['dag_run_id']}")
    console.say(f"  wrote the half hour {start:%Y-%m-%d %H:%M} to {end:%H:%M} UTC, exactly once:")
    for title, read in (("Postgres  airbyte.customer_transactions", transactions), ("MySQL     data.labeled_transactions", labels)):
        try:
            count, note, head, rows = read(start, end)
        except TandemError as problem:
            console.warn(f"{title}: not readable here ({problem})")
            continue
        console.say()
        console.say(f"  {title}: {count} rows, {note}")
        for line in console.table(rows, head=head, indent="    "):
            console.say(line)


def transactions(start: datetime, _end: datetime) -> tuple[int, str, list[str], list[list[str]]]:
    """Rows of the interval in Postgres: their number, a sum, column names, and the first of them."""
    where = f"FROM customer_transactions WHERE interval_start = '{start.isoformat()}'"
    columns = ["transaction_id", "user_id", "transaction_date", "amount", "stock_symbol"]
    totals = postgres(f"SELECT count(*), coalesce(sum(amount), 0), count(DISTINCT user_id) {where}")[0]
    rows = postgres(
        f"SELECT transaction_id, user_id, date_trunc('second', transaction_date), amount, stock_symbol {where} ORDER BY 1 LIMIT {SAMPLE}"
    )
    return int(totals[0]), f"{totals[2]} users, {totals[1]} in total", columns, rows


def labels(start: datetime, end: datetime) -> tuple[int, str, list[str], list[list[str]]]:
    """Labels of the interval's transactions in MySQL: their number, how many say fraud, column names, and the first of them."""
    low, high = (int(moment.timestamp()) // 60 * IDS_PER_MINUTE for moment in (start, end))
    where = f"FROM labeled_transactions WHERE transaction_id >= {low} AND transaction_id < {high}"
    totals = mysql(f"SELECT count(*), coalesce(sum(is_fraudulent), 0) {where}")[0]
    rows = mysql(f"SELECT transaction_id, if(is_fraudulent, 'true', 'false') {where} ORDER BY 1 LIMIT {SAMPLE}")
    return int(totals[0]), f"{totals[1]} of them fraudulent", ["transaction_id", "is_fraudulent"], rows


def postgres(sql: str) -> list[list[str]]:
    """Rows of a query in database airbyte, as text."""
    client = 'PGPASSWORD="$POSTGRES_PASSWORD" psql -X -q -h 127.0.0.1 -U postgres -d airbyte -At -F "\t" -v ON_ERROR_STOP=1 -f -'
    return _rows(kube.execute("tandem-postgres-0", "postgres", ["bash", "-c", client], input=sql))


def mysql(sql: str) -> list[list[str]]:
    """Rows of a query in database data, as text."""
    client = 'MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysql --protocol=tcp -h 127.0.0.1 -u root -D data -N -B'
    return _rows(kube.execute("tandem-mysql-0", "mysql", ["bash", "-c", client], input=sql))


def _rows(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines() if line]
