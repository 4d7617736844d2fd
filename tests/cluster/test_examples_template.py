"""Example 13: the data interval of the run that made an event, as the filter of a query on the real table."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from .airflow_api import Airflow
from .asset_events import consumer, logged, unpaused
from .databases import postgres

DAG, PRODUCER = "ex13_template_consumer", "generate_transaction_and_labels"


@pytest.fixture(scope="module")
def start() -> datetime:
    """A half hour of long ago that no other test has written."""
    return datetime(1995, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * secrets.randbelow(100_000))


def test_the_source_runs_data_interval_filters_the_query(airflow: Airflow, start: datetime) -> None:
    end = start + timedelta(minutes=30)
    with consumer(airflow, DAG) as found:
        # With a logical date, a run works on the half hour that ended there.
        source = airflow.trigger(PRODUCER, logical_date=end.isoformat())
        assert airflow.finished(PRODUCER, source)["state"] == "success"
        [run] = [run for run in found.ran(1) if source in [event["source_run_id"] for event in found.events(run)]]
        assert airflow.finished(DAG, run)["state"] == "success"
        sql = " ".join(airflow.task(DAG, run, "query")["rendered_fields"]["arguments"][-1].split())
        condition = rf"transaction_date >= '{said(start)}' AND transaction_date < '{said(end)}'"
        assert re.search(condition, sql), sql
        expected = postgres(
            f"""select stock_symbol, count(*), sum(amount) from customer_transactions
            where interval_start = '{start.isoformat()}' group by 1 order by 1"""
        )
        assert expected, "the source run has written nothing"
        text = logged(airflow, DAG, run, "query", expected[-1][2])
        for row in expected:
            assert re.search(r"\b" + r"\W+".join(map(re.escape, row)) + r"\b", text), f"{row} is not in the log: {text[-2000:]}"


def said(moment: datetime) -> str:
    """A moment as the template writes it, to be found in text."""
    return re.escape(moment.isoformat())


def test_a_run_without_events_asks_for_nothing_and_finds_nothing(airflow: Airflow) -> None:
    with unpaused(airflow, DAG):
        run = airflow.trigger(DAG)
        assert airflow.finished(DAG, run)["state"] == "success"
        assert "WHERE false GROUP BY" in " ".join(airflow.task(DAG, run, "query")["rendered_fields"]["arguments"][-1].split())
