"""fraud_summary: it runs because both tables were updated, and says of every hour what the two tables say, whoever adds them up."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from .airflow_api import Airflow
from .asset_events import Consumer, post
from .databases import mysql, postgres
from .eventually import eventually
from .lake import Store
from .test_transactions_and_labels import DAG as PRODUCER
from .test_transactions_and_labels import HALF_HOUR, fresh_interval, run_for

DAG, TASK = "fraud_summary", "summarise"
COLUMNS = "hour, stock_symbol, transactions, amount, fraudulent_transactions, fraudulent_amount"
Row = tuple[str, str, int, Decimal, int, Decimal]


@dataclass(frozen=True)
class Handled:
    """A half hour that a run of the producer has written, and the run of the consumer that came of it."""

    start: datetime
    producer_run: str
    consumer_run: str
    events: list[Any]

    @property
    def hour(self) -> str:
        return f"{self.start.replace(minute=0):%Y-%m-%d %H:%M:%S}"


@pytest.fixture(scope="module")
def handled(airflow: Airflow) -> Handled:
    """One half hour of the past, from its transactions to its summary."""
    consumer = Consumer(airflow, DAG)
    start = fresh_interval()
    run = run_for(airflow, start)
    assert airflow.finished(PRODUCER, run)["state"] == "success"

    def both() -> Any:
        for found in consumer.runs():
            events = [event for event in consumer.events(found) if event["source_run_id"] == run]
            if {event["name"] for event in events} == {"customer_transactions", "labeled_transactions"}:
                return found, consumer.events(found)
        return None

    found, events = eventually("a run of fraud_summary has both events of the producer's run", both, within=120)
    assert airflow.finished(DAG, found)["state"] == "success"
    return Handled(start, run, found, events)


def expected() -> dict[tuple[str, str], Row]:
    """What the summary must say, added up here from all rows of both tables."""
    labels = {
        int(transaction): label == "1" for transaction, label in mysql("select transaction_id, is_fraudulent from labeled_transactions")
    }
    sums: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0, Decimal(0), 0, Decimal(0)])
    for transaction, date, symbol, amount in postgres(
        "select transaction_id, transaction_date, stock_symbol, amount from customer_transactions"
    ):
        figures = sums[f"{date[:13]}:00:00", symbol]
        for number in (0, 2) if labels.get(int(transaction)) else (0,):
            figures[number] += 1
            figures[number + 1] += Decimal(amount)
    return {key: (*key, *figures) for key, figures in sums.items()}


def parsed(lines: list[list[str]]) -> dict[tuple[str, str], Row]:
    return {
        (hour, symbol): (hour, symbol, int(count), Decimal(amount), int(frauds), Decimal(fraud_amount))
        for hour, symbol, count, amount, frauds, fraud_amount in lines
    }


def table() -> dict[tuple[str, str], Row]:
    return parsed(postgres(f"select {COLUMNS} from fraud_summary"))


def file(store: Store) -> dict[tuple[str, str], Row]:
    header, *lines = csv.reader(io.StringIO(store.read("outputs", "fraud/fraud_summary.csv").decode()))
    assert header == COLUMNS.split(", ")
    assert lines == sorted(lines)
    return parsed(lines)


def extras(airflow: Airflow, run: str) -> dict[str, Any]:
    """Asset -> extra of its event of a run."""
    return {event["name"]: event["extra"] for event in airflow.asset_events(DAG, run)}


def of_hour(rows: dict[tuple[str, str], Row], hour: str) -> list[Row]:
    return sorted(row for row in rows.values() if row[0] == hour)


def test_a_run_came_of_both_events_and_took_its_hours_from_their_extras(airflow: Airflow, handled: Handled) -> None:
    run = airflow.run(DAG, handled.consumer_run)
    assert run["run_type"] == "asset_triggered"
    rendered = airflow.call("GET", f"/dags/{DAG}/dagRuns/{handled.consumer_run}/taskInstances/{TASK}")["rendered_fields"]["arguments"]
    (intervals,) = [argument for argument in rendered if argument.startswith("--intervals=")]
    assert f"{handled.start.isoformat()}/{(handled.start + HALF_HOUR).isoformat()}" in intervals
    for extra in extras(airflow, handled.consumer_run).values():
        assert extra["rows"] >= len(of_hour(table(), handled.hour)) > 0
        assert datetime.fromisoformat(extra["interval_start"]) <= handled.start
        assert datetime.fromisoformat(extra["interval_end"]) >= handled.start + HALF_HOUR
    assert set(extras(airflow, handled.consumer_run)) == {"fraud_summary", "fraud_summary_file"}


def test_totals_are_those_of_the_two_tables_and_the_file_has_the_same(handled: Handled, store: Store) -> None:
    def same() -> dict[tuple[str, str], Row]:
        # Another half hour may be on its way from one table to the next: then the run that follows it brings the summary up to date.
        wanted = expected()
        assert table() == wanted
        assert file(store) == wanted
        return wanted

    found = eventually("the summary and the file say what the two tables say", same, within=90, every=3)
    assert sum(row[2] for row in of_hour(found, handled.hour)) >= 50
    assert any(row[4] for row in of_hour(found, handled.hour))
    assert all(row[4] <= row[2] for row in found.values())


def test_a_rerun_changes_nothing(airflow: Airflow, handled: Handled, store: Store) -> None:
    before = of_hour(table(), handled.hour)
    airflow.clear(DAG, handled.consumer_run)
    eventually("it runs again", lambda: airflow.run(DAG, handled.consumer_run)["state"] not in ("success", "failed"), within=30, every=0.1)
    assert airflow.finished(DAG, handled.consumer_run)["state"] == "success"
    assert airflow.task(DAG, handled.consumer_run, TASK)["try_number"] == 2
    assert of_hour(table(), handled.hour) == of_hour(file(store), handled.hour) == before


def test_an_interval_without_transactions_is_empty_and_no_failure(airflow: Airflow, handled: Handled) -> None:
    start = datetime(2001, 1, 1, 9, 30, tzinfo=UTC)
    consumer = Consumer(airflow, DAG)
    extra = {"rows": 0, "interval_start": start.isoformat(), "interval_end": (start + timedelta(minutes=30)).isoformat()}
    ids = {post(airflow, name, extra)["id"] for name in ("customer_transactions", "labeled_transactions")}
    run = eventually(
        "a run has both events",
        lambda: next((run for run in consumer.runs() if ids <= {event["id"] for event in consumer.events(run)}), None),
        within=120,
    )
    assert airflow.finished(DAG, run)["state"] == "success"
    assert of_hour(table(), "2001-01-01 09:00:00") == []
    assert extras(airflow, run)["fraud_summary"]["interval_start"] <= start.isoformat()
    assert of_hour(table(), handled.hour), "another hour was lost"


def test_a_run_by_hand_renews_all_hours(airflow: Airflow, handled: Handled) -> None:
    """Also those that no event tells of: rows that somebody has spoiled."""
    postgres(f"update fraud_summary set amount = amount + 1 where hour = '{handled.hour}'")
    spoiled = of_hour(table(), handled.hour)
    run = airflow.trigger(DAG)
    assert airflow.finished(DAG, run)["state"] == "success"
    extra = extras(airflow, run)["fraud_summary"]
    assert (extra["interval_start"], extra["interval_end"]) == (None, None)
    assert extra["rows"] == extra["file_rows"] >= 7
    assert of_hour(table(), handled.hour) == of_hour(expected(), handled.hour) != spoiled
