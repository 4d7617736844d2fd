"""The DAG that everything starts with: what it writes, and that nothing makes it write twice."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from . import kube
from .airflow_api import Airflow
from .databases import mysql, postgres
from .eventually import eventually

DAG = "generate_transaction_and_labels"
TASKS = ("generate_transactions", "generate_labels")
SYMBOLS = {"BTC", "ETH", "XRP", "ADA", "SOL", "DOGE", "BNB"}
HALF_HOUR = timedelta(minutes=30)


def fresh_interval() -> datetime:
    """The start of a half hour of the past that no run has used; the DAG's tasks begin in 2024, and it does not catch up."""
    while True:
        start = datetime(2024, 1, 1, tzinfo=UTC) + random.randrange(365 * 48) * HALF_HOUR
        if not transactions(start):
            return start


def transactions(start: datetime) -> list[list[str]]:
    """(id, user, date as UTC text, amount, symbol) of an interval, in the order of their ids; none before the first run ever."""
    if postgres("select to_regclass('customer_transactions')") == []:
        return []
    return postgres(
        f"""set timezone = 'UTC';
        select transaction_id, user_id, transaction_date, amount, stock_symbol
        from customer_transactions where interval_start = '{start.isoformat()}' order by transaction_id"""
    )


def labels(ids: list[int]) -> dict[int, int]:
    """The labels of these transactions by id, 1 for fraudulent."""
    if not ids:
        return {}
    query = f"select transaction_id, is_fraudulent from labeled_transactions where transaction_id between {min(ids)} and {max(ids)}"
    return {int(i): int(flag) for i, flag in mysql(query)}


def run_for(airflow: Airflow, start: datetime, conf: dict[str, Any] | None = None) -> str:
    """Trigger the run of one interval: a manual run takes the last one that is complete at its logical date."""
    return airflow.trigger(DAG, logical_date=(start + HALF_HOUR).isoformat(), conf=conf)


@pytest.fixture(scope="module")
def finished_run(airflow: Airflow) -> tuple[str, datetime]:
    """A successful run of an interval that nobody else uses: its id and its interval's start."""
    start = fresh_interval()
    run = run_for(airflow, start)
    assert airflow.finished(DAG, run)["state"] == "success"
    return run, start


@pytest.fixture
def large_interval() -> Iterator[datetime]:
    """An interval for hundreds of thousands of rows, which are removed from both databases afterwards."""
    start = fresh_interval()
    yield start
    first_id = int(start.timestamp()) // 60 * 10_000_000
    postgres(f"delete from customer_transactions where interval_start = '{start.isoformat()}'")
    mysql(f"delete from labeled_transactions where transaction_id between {first_id} and {first_id + 9_999_999}")


def test_a_run_writes_transactions_of_its_interval(finished_run: tuple[str, datetime]) -> None:
    _, start = finished_run
    rows = transactions(start)
    first_id = int(start.timestamp()) // 60 * 10_000_000
    assert 50 <= len(rows) <= 200
    assert [int(row[0]) for row in rows] == [first_id + n for n in range(len(rows))]
    per_user = [sum(1 for row in rows if row[1] == user) for user in {row[1] for row in rows}]
    assert len(per_user) == 10
    assert all(5 <= count <= 20 for count in per_user)
    for _, _, date, amount, symbol in rows:
        assert start <= datetime.fromisoformat(date).replace(tzinfo=UTC) < start + HALF_HOUR
        assert 5 <= float(amount) <= 500
        assert symbol in SYMBOLS


def test_a_run_labels_exactly_its_transactions(finished_run: tuple[str, datetime]) -> None:
    _, start = finished_run
    ids = [int(row[0]) for row in transactions(start)]
    found = labels(ids)
    assert sorted(found) == ids
    assert set(found.values()) == {0, 1}, "with 50 or more fair coins both sides come up"


def test_no_label_is_an_orphan_and_no_transaction_is_unlabelled(finished_run: tuple[str, datetime]) -> None:
    written = {row[0] for row in postgres("select transaction_id from customer_transactions")}
    labelled = {row[0] for row in mysql("select transaction_id from labeled_transactions")}
    assert labelled <= written, "a label without a transaction"
    _, start = finished_run
    assert {row[0] for row in transactions(start)} <= labelled


def test_both_tasks_emit_their_asset_with_count_and_interval(airflow: Airflow, finished_run: tuple[str, datetime]) -> None:
    run, start = finished_run
    events = {event["uri"] if "uri" in event else event["asset_uri"]: event["extra"] for event in airflow.asset_events(DAG, run)}
    rows = len(transactions(start))
    for uri in ("postgres://postgres/airbyte/public/customer_transactions", "mysql://mysql/data/labeled_transactions"):
        assert events[uri]["rows"] == rows
        assert datetime.fromisoformat(events[uri]["interval_start"]) == start
        assert datetime.fromisoformat(events[uri]["interval_end"]) == start + HALF_HOUR


def test_logs_of_both_tasks_are_readable_after_the_pods_are_gone(airflow: Airflow, finished_run: tuple[str, datetime]) -> None:
    run, start = finished_run
    count = len(transactions(start))

    def gone() -> bool:
        return not [
            pod
            for pod in kube.get("pods", namespace=kube.JOBS)
            if pod["metadata"].get("annotations", {}).get("run_id") == run or run_label(pod, run)
        ]

    eventually("the run's pods are gone", gone, within=60)
    for task in TASKS:
        assert re.search(rf"\b{count}\b", airflow.log(DAG, run, task)), f"the log of {task} does not tell how many rows it wrote"


def run_label(pod: Any, run: str) -> bool:
    """Whether a pod's labels name this run, in the form that Kubernetes lets a label have."""
    return str(pod["metadata"].get("labels", {}).get("run_id", "")).startswith(run.replace(":", "").replace("+", "")[:20])


def test_a_cleared_run_leaves_the_same_rows(airflow: Airflow, finished_run: tuple[str, datetime]) -> None:
    run, start = finished_run
    before = transactions(start)
    before_labels = labels([int(row[0]) for row in before])
    airflow.clear(DAG, run)
    eventually("the run runs again", lambda: airflow.run(DAG, run)["state"] not in ("success", "failed"), within=30, every=0.1)
    assert airflow.finished(DAG, run)["state"] == "success"
    assert airflow.task(DAG, run, "generate_transactions")["try_number"] == 2
    assert transactions(start) == before
    assert labels([int(row[0]) for row in before]) == before_labels


def test_a_manual_run_without_a_date_takes_the_last_half_hour(airflow: Airflow) -> None:
    run = airflow.trigger(DAG)
    assert airflow.finished(DAG, run)["state"] == "success"
    run_after = datetime.fromisoformat(airflow.run(DAG, run)["run_after"])
    floor = run_after.replace(minute=run_after.minute // 30 * 30, second=0, microsecond=0)
    assert 50 <= len(transactions(floor - HALF_HOUR)) <= 200


def test_a_transactions_pod_killed_while_it_writes_leaves_one_set_after_the_retry(airflow: Airflow, large_interval: datetime) -> None:
    start = large_interval
    run = run_for(airflow, start, {"rows_per_user": "60000"})
    copying = "select count(*) from pg_stat_progress_copy where relid = to_regclass('customer_transactions') and tuples_processed > 1000"
    eventually("rows are being copied", lambda: postgres(copying)[0][0] != "0", within=90, every=0.05)
    [pod] = [
        p
        for p in kube.pods(namespace=kube.JOBS)
        if p["metadata"]["labels"].get("task_id") == "generate_transactions" and "airflow_kpo_in_cluster" in p["metadata"]["labels"]
    ]
    kube.kubectl("delete", "pod", pod["metadata"]["name"], "-n", kube.JOBS, "--force", "--grace-period=0")
    eventually("the try is over", lambda: airflow.task(DAG, run, "generate_transactions")["state"] == "up_for_retry", within=60)
    assert transactions(start) == [], "the killed pod left rows behind"
    assert airflow.finished(DAG, run, within=360)["state"] == "success"
    assert airflow.task(DAG, run, "generate_transactions")["try_number"] == 2
    counted = postgres(
        "select count(*), count(distinct transaction_id), count(distinct user_id) from customer_transactions "
        f"where interval_start = '{start.isoformat()}'"
    )
    assert counted == [["600000", "600000", "10"]]
    first_id = int(start.timestamp()) // 60 * 10_000_000
    labelled = mysql(f"select count(*) from labeled_transactions where transaction_id between {first_id} and {first_id + 9_999_999}")
    assert labelled == [["600000"]]


def test_a_parameter_out_of_range_is_refused_before_anything_runs(airflow: Airflow) -> None:
    import requests

    with pytest.raises(requests.HTTPError, match="fraud_rate"):
        airflow.trigger(DAG, logical_date=fresh_interval().isoformat(), conf={"fraud_rate": 1.5})


def test_the_dag_is_unpaused_and_runs_by_itself(airflow: Airflow) -> None:
    dag = airflow.call("GET", f"/dags/{DAG}")
    assert dag["is_paused"] is False
    assert dag["timetable_summary"] == "*/30 * * * *"

    def scheduled() -> list[Any]:
        runs = airflow.call("GET", f"/dags/{DAG}/dagRuns", params={"run_type": "scheduled", "state": "success"})["dag_runs"]
        return list(runs)

    newest = max(
        datetime.fromisoformat(run["data_interval_start"]) for run in eventually("a scheduled run succeeded", scheduled, within=120)
    )
    assert 50 <= len(transactions(newest)) <= 200


def test_the_log_of_a_running_task_is_live(airflow: Airflow, large_interval: datetime) -> None:
    run = run_for(airflow, large_interval, {"rows_per_user": "60000"})

    def words() -> str:
        state = airflow.task(DAG, run, "generate_transactions")["state"]
        assert state in (None, "scheduled", "queued", "running"), f"ended before its log was seen: {state}"
        return airflow.log(DAG, run, "generate_transactions") if state == "running" else ""

    eventually("the running task's log names its pod", lambda: "generate-transactions" in words(), within=90, every=0.3)
    assert airflow.finished(DAG, run)["state"] == "success"
