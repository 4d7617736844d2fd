"""Examples 01, 02 and 07: which ends of a task emit events, and what their consumers are told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from .airflow_api import Airflow
from .asset_events import Consumer, consumer, idle, logged, post, runs, triggering_events, unpaused
from .eventually import eventually

DATA = "/path/to/data.csv"
PROCESSED_DATA = "s3://data-lake/processed_data"


def test_a_producer_starts_its_consumer_and_clearing_it_emits_again(airflow: Airflow) -> None:
    with unpaused(airflow, "producer_dag"):
        # It is never paused, and its first run ever, or that of midnight, may be under way.
        eventually("no run of producer_dag is due or under way", lambda: nothing_is_due(airflow, "producer_dag"), within=120)
        with consumer(airflow, "consumer_dag") as found:
            run, (first, second) = emit_twice(airflow, found)
        for consuming in (first, second):
            [event] = found.events(consuming)
            source = (event["name"], event["uri"], event["source_dag_id"], event["source_task_id"], event["source_run_id"])
            assert source == (DATA, DATA, "producer_dag", "produce_data", run)
            assert airflow.finished("consumer_dag", consuming)["state"] == "success"
        assert len(airflow.asset_events("producer_dag", run)) == airflow.task("producer_dag", run, "produce_data")["try_number"] == 2
        logged(airflow, "consumer_dag", first, "consume_data", f"Data is read from {DATA}.")


def emit_twice(airflow: Airflow, found: Consumer) -> tuple[str, list[str]]:
    """Run producer_dag, and clear it after its consumer's run; the run, and both runs of the consumer."""
    run = airflow.trigger("producer_dag")
    found.ran(1)
    assert airflow.finished("producer_dag", run)["state"] == "success"
    airflow.clear("producer_dag", run)
    return run, found.ran(2)


@pytest.mark.parametrize(
    ("dag", "schedule", "start", "task", "tags"),
    [
        ("producer_dag", "0 0 * * *", "2024-01-01T00:00:00Z", "produce_data", {"example", "ex01"}),
        ("consumer_dag", "Asset", None, "consume_data", {"example", "ex01"}),
        ("exercise_5_1_producer", "0 * * * *", "2024-01-01T00:00:00Z", "process_data", {"exercise", "module-05", "assets", "producer"}),
        ("exercise_5_1_consumer", "Asset", "2024-01-01T00:00:00Z", "consume_data", {"exercise", "module-05", "assets", "consumer"}),
    ],
)
def test_the_first_two_examples_are_scheduled_and_tagged_as_the_exercise_says(
    airflow: Airflow, dag: str, schedule: str, start: str | None, task: str, tags: set[str]
) -> None:
    found = airflow.call("GET", f"/dags/{dag}/details")
    assert (found["timetable_summary"], found["start_date"]) == (schedule, start)
    assert {tag["name"] for tag in found["tags"]} == tags
    assert [one["task_id"] for one in airflow.call("GET", f"/dags/{dag}/tasks")["tasks"]] == [task]


@dataclass
class Backfill:
    """Two hours of the exercise's producer, one after the other, and the runs of its consumer."""

    runs: list[Any]
    consumer: Consumer
    consuming: list[str]


@pytest.fixture(scope="module")
def backfill(airflow: Airflow) -> Iterator[Backfill]:
    """Hours that were backfilled before are run again."""
    dag = "exercise_5_1_producer"
    hours = {
        "dag_id": dag,
        "from_date": "2024-01-01T00:00:00Z",
        "to_date": "2024-01-01T01:00:00Z",
        "reprocess_behavior": "completed",
        "max_active_runs": 1,
    }
    with unpaused(airflow, dag), consumer(airflow, "exercise_5_1_consumer") as found:
        eventually("the run of this hour, if there was none yet, is over", lambda: nothing_is_due(airflow, dag), within=120)
        made = airflow.call("POST", "/backfills", json=hours)

        def complete() -> bool:
            return bool(airflow.call("GET", f"/backfills/{made['id']}")["completed_at"])

        eventually("the backfill is complete", complete, within=120)
        found.handled()
        ours = [
            run
            for run in runs(airflow, dag, run_type="backfill")
            if run["logical_date"] in ("2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z")
        ]
        ids = {run["dag_run_id"] for run in ours}
        consuming = [run for run in found.runs() if {event["source_run_id"] for event in found.events(run)} & ids]
        for run in consuming:
            airflow.finished("exercise_5_1_consumer", run)
        yield Backfill(ours, found, consuming)


def nothing_is_due(airflow: Airflow, dag: str) -> bool:
    """Whether the clock starts no run now, and none is under way. Two events at once might share a run of the consumer."""
    due = datetime.fromisoformat(airflow.call("GET", f"/dags/{dag}")["next_dagrun_run_after"])
    return due > datetime.now(UTC) and idle(airflow, dag)


def test_each_run_of_a_backfill_emits_and_the_consumer_runs_for_it(backfill: Backfill) -> None:
    assert [run["state"] for run in backfill.runs] == ["success", "success"]
    sources = [event["source_run_id"] for run in backfill.consuming for event in backfill.consumer.events(run)]
    assert [source for source in sources if source.startswith("backfill__")] == sorted(run["dag_run_id"] for run in backfill.runs)


def test_the_exercise_s_producer_logs_and_returns_what_it_did(airflow: Airflow, backfill: Backfill) -> None:
    run = backfill.runs[0]["dag_run_id"]
    attempt = airflow.task("exercise_5_1_producer", run, "process_data")["try_number"]
    path = f"/dags/exercise_5_1_producer/dagRuns/{run}/taskInstances/process_data/xcomEntries/return_value"
    value = airflow.call("GET", path)["value"]
    assert set(value) == {"processed_at", "records_processed", "status"}
    assert value["status"] == "success"
    words = f"Data processed at {value['processed_at']}"
    eventually(words, lambda: words in airflow.log("exercise_5_1_producer", run, "process_data", attempt), within=30)


def test_the_exercise_s_consumer_prints_the_asset_and_each_event(airflow: Airflow, backfill: Backfill) -> None:
    for run in backfill.consuming:
        log = logged(airflow, "exercise_5_1_consumer", run, "consume_data", "Extra: {}")
        assert "Data is available for processing!" in log
        assert f"Asset: {PROCESSED_DATA}" in log
        for event in triggering_events(airflow, "exercise_5_1_consumer", run):
            assert f"Timestamp: {event['timestamp'].replace('Z', '+00:00')}" in log
            assert f"Source DAG: {event['source_dag_id']}" in log
            assert f"Source task: {event['source_task_id']}" in log


def test_failed_skipped_and_upstream_failed_tasks_emit_nothing_and_a_retry_emits_once(airflow: Airflow) -> None:
    dag = "ex07_producer"
    with unpaused(airflow, dag), consumer(airflow, "ex07_consumer") as found:
        started = {outcome: airflow.trigger(dag, conf={"outcome": outcome}) for outcome in ("failure", "skip", "failure_at_first")}
        ended = {outcome: airflow.finished(dag, run)["state"] for outcome, run in started.items()}
        states = {outcome: [airflow.task(dag, run, task)["state"] for task in ("produce", "publish")] for outcome, run in started.items()}
        assert ended == {"failure": "failed", "skip": "success", "failure_at_first": "success"}
        assert states == {
            "failure": ["failed", "upstream_failed"],
            "skip": ["skipped", "skipped"],
            "failure_at_first": ["success", "success"],
        }
        emitted = {outcome: [event["name"] for event in airflow.asset_events(dag, run)] for outcome, run in started.items()}
        assert emitted == {"failure": [], "skip": [], "failure_at_first": ["ex07_raw", "ex07_published"]}

        # By hand, a failed task can be turned green, but that is no success of a task.
        airflow.call("PATCH", f"/dags/{dag}/dagRuns/{started['failure']}/taskInstances/produce", json={"new_state": "success"})
        assert airflow.task(dag, started["failure"], "produce")["state"] == "success"
        assert airflow.asset_events(dag, started["failure"]) == []

        # A later event is handled, and nothing else was in between.
        found.handled()
        later = post(airflow, "ex07_raw")
        expected = [event["id"] for event in airflow.asset_events(dag, started["failure_at_first"])] + [later["id"]]
        assert [event for run in found.handled() for event in run] == expected
