"""Example 13: the data interval of the run that made an event, as the filter of a query on the real table."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta

from .airflow_api import Airflow
from .asset_events import Consumer, consumer, logged, triggering_events, unpaused
from .databases import postgres
from .eventually import eventually

DAG, PRODUCER = "ex13_template_consumer", "generate_transaction_and_labels"


def unused() -> datetime:
    """The start of a half hour of 2025 without transactions. (Tests of the producer itself use 2024, when its tasks begin.)"""
    while True:
        start = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * secrets.randbelow(365 * 48))
        # On a new platform there is no table yet, and so no row.
        if not postgres("select to_regclass('customer_transactions')"):
            return start
        if postgres(f"select count(*) from customer_transactions where interval_start = '{start.isoformat()}'") == [["0"]]:
            return start


def test_the_source_runs_data_interval_filters_the_query(airflow: Airflow) -> None:
    start = unused()
    end = start + timedelta(minutes=30)
    with consumer(airflow, DAG) as found:
        # With a logical date, a run works on the half hour that ended there.
        source = airflow.trigger(PRODUCER, logical_date=end.isoformat())
        assert airflow.finished(PRODUCER, source)["state"] == "success"
        run = eventually("the source's event started a run", lambda: consumer_of(found, source), within=60)
        assert airflow.finished(DAG, run)["state"] == "success"
        sql = " ".join(airflow.task(DAG, run, "query")["rendered_fields"]["arguments"][-1].split())
        condition = rf"transaction_date >= '{said(start)}' AND transaction_date < '{said(end)}'"
        assert re.search(condition, sql), sql
        expected = postgres(
            f"""select stock_symbol, count(*), sum(amount) from customer_transactions
            where {" or ".join(f"interval_start = '{one}'" for one in intervals_of(airflow, run))} group by 1 order by 1"""
        )
        assert expected, "the source run has written nothing"
        text = logged(airflow, DAG, run, "query", expected[-1][2])
        for row in expected:
            assert re.search(r"\b" + r"\W+".join(map(re.escape, row)) + r"\b", text), f"{row} is not in the log: {text[-2000:]}"


def consumer_of(found: Consumer, source: str) -> str | None:
    """The run that an event of the source run went into; the producer's own schedule may have brought others."""
    return next((run for run in found.runs() if source in [event["source_run_id"] for event in found.events(run)]), None)


def intervals_of(airflow: Airflow, run: str) -> set[str]:
    """Where the data intervals begin of all runs whose events a run got; those from before the test come along."""
    sources = {event["source_run_id"] for event in triggering_events(airflow, DAG, run) if event["source_run_id"]}
    return {began for source in sources if (began := airflow.run(PRODUCER, source)["data_interval_start"])}


def said(moment: datetime) -> str:
    """A moment as the template writes it, to be found in text."""
    return re.escape(moment.isoformat())


def test_a_run_without_events_asks_for_nothing_and_finds_nothing(airflow: Airflow) -> None:
    with unpaused(airflow, DAG):
        run = airflow.trigger(DAG)
        assert airflow.finished(DAG, run)["state"] == "success"
        assert "WHERE false GROUP BY" in " ".join(airflow.task(DAG, run, "query")["rendered_fields"]["arguments"][-1].split())
