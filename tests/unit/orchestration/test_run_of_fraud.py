"""A run of fraud_by_borough_hour in process against a real lake and a real table of Airflow's."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import psycopg
import pytest
import servers
import taxi_rows

from taxi.orchestration import failures
from taxi.orchestration.definitions import defs
from taxi.settings import Settings

ASSET = dg.AssetKey("fraud_by_borough_hour")


@pytest.fixture
def postgres(postgres_env: servers.Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """The database without the tables of this test."""
    monkeypatch.setattr(failures, "PAUSE", (0, 0))
    with psycopg.connect(servers.postgres_url(postgres_env), autocommit=True) as conn:
        conn.execute("DROP TABLE IF EXISTS fraud_summary, fraud_by_borough_hour")
        yield conn
        conn.execute("DROP TABLE IF EXISTS fraud_summary, fraud_by_borough_hour")


def run(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """A run as the automation sensor asks for it."""
    job = defs.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=instance, raise_on_error=False, asset_selection=[ASSET])


def summarise(conn: psycopg.Connection) -> None:
    conn.execute(
        "CREATE TABLE fraud_summary (hour timestamp, stock_symbol text, transactions bigint, amount numeric(38,2), "
        "fraudulent_transactions bigint, fraudulent_amount numeric(38,2))"
    )
    conn.execute("INSERT INTO fraud_summary VALUES ('2026-01-31 09:00', 'BTC', 101, 20202.01, 50, 9999.99)")


def checked(result: dg.ExecuteInProcessResult) -> tuple[bool, str]:
    (evaluation,) = result.get_asset_check_evaluations()
    return evaluation.passed, str(evaluation.description)


def test_it_tells_what_it_spread_and_checks_sums(settings: Settings, instance: dg.DagsterInstance, postgres: psycopg.Connection) -> None:
    taxi_rows.load_zones(settings)
    taxi_rows.insert(settings, taxi_rows.trips("2023-01", 500))
    summarise(postgres)
    result = run(instance)
    assert result.success
    (event,) = result.get_asset_materialization_events()
    found = {name: value.value for name, value in event.materialization.metadata.items()}
    assert found["dagster/row_count"] == 72
    assert (found["trips"], found["transactions"], found["fraudulent transactions"]) == (500, 101, 50)
    assert (found["amount"], found["fraudulent amount"]) == (20202.01, 9999.99)
    assert found["uri"] == f"{settings.fraud_outputs}/fraud_by_borough_hour.csv"
    assert str(found["link (valid for 7 days)"]).startswith("http://localhost:7070/outputs/")
    passed, words = checked(result)
    assert passed
    assert "transactions 101 of 101, amount 20,202.01 of 20,202.01, fraudulent transactions 50 of 50" in words


def test_without_trips_it_succeeds_with_nothing(settings: Settings, instance: dg.DagsterInstance, postgres: psycopg.Connection) -> None:
    summarise(postgres)
    result = run(instance)
    assert result.success
    assert checked(result) == (True, "no trips, so no rows")


def test_without_a_summary_it_makes_nothing_and_a_check_warns(
    settings: Settings, instance: dg.DagsterInstance, postgres: psycopg.Connection
) -> None:
    """A pod that fails each half hour would help nobody."""
    result = run(instance)
    assert result.success
    (event,) = result.get_asset_materialization_events()
    assert "has no table fraud_summary" in str(event.materialization.metadata["nothing to spread"].value)
    passed, words = checked(result)
    assert not passed
    assert "Airflow's DAG fraud_summary makes it where its transactions are" in words
