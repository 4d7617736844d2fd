"""fraud_by_borough_hour: a Dagster asset that Airflow's fraud_summary brings about, and whose sums are exactly those of it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from . import kube
from .airflow_api import Airflow
from .dagster_api import Dagster
from .databases import postgres
from .eventually import eventually
from .lake import MONTHS, Lake, Store
from .test_transactions_and_labels import DAG as PRODUCER

ASSET = "fraud_by_borough_hour"
COLUMNS = "hour_of_day, borough, trips, share, transactions, amount, fraudulent_transactions, fraudulent_amount"
AUTOMATED = [{"key": "dagster/sensor_name", "value": "automation_sensor"}]


@pytest.fixture(scope="module")
def city(dagster: Dagster, lake: Lake) -> None:
    """Trips and zones in the lake: at least a month, which has trips in every hour of the day."""
    if not lake.counts() or not lake.rows("SELECT zone_id FROM lake.taxi_zones"):
        assets = ["taxi_trips_file", "taxi_trips", "taxi_zones_file", "taxi_zones"]
        dagster.succeeds(dagster.launch("trip_update_job", partition=f"{MONTHS[0]}-01", assets=assets))


@pytest.fixture(scope="module")
def transactions(airflow: Airflow) -> None:
    """Transactions and labels, at least those of one half hour."""
    if postgres("select to_regclass('customer_transactions')") == []:
        assert airflow.finished(PRODUCER, airflow.trigger(PRODUCER))["state"] == "success"


@pytest.fixture(scope="module")
def automated(airflow: Airflow, dagster: Dagster, city: None, transactions: None) -> Any:
    """The run that Dagster starts by itself after a run of Airflow's fraud_summary, which knows nothing of Dagster."""
    earlier = {run["runId"] for run in dagster.runs(tags=AUTOMATED)}
    trigger = airflow.trigger("fraud_summary")
    assert airflow.finished("fraud_summary", trigger)["state"] == "success"
    eventually(
        "Dagster knows Airflow's event",
        lambda: (dagster.materialization("fraud_summary") or {"metadata": {}})["metadata"].get("airflow/run_id") == trigger,
        within=60,
    )
    found = eventually(
        "Dagster starts a run", lambda: [run for run in dagster.runs(tags=AUTOMATED) if run["runId"] not in earlier], within=90
    )
    return dagster.succeeds(found[0]["runId"])


def table() -> list[tuple[Any, ...]]:
    """The rows, with numbers in the place of their texts."""
    rows = postgres(f"select {COLUMNS} from {ASSET} order by hour_of_day, borough")
    return [(int(row[0]), row[1], int(row[2]), *map(Decimal, row[3:])) for row in rows]


def test_an_event_of_airflow_starts_a_run_in_a_pod_of_its_own(dagster: Dagster, automated: Any) -> None:
    tags = {tag["key"]: tag["value"] for tag in automated["tags"]}
    assert tags["dagster/from_automation_condition"] == "true"
    assert tags["dagster/code_location"] == "taxi"
    pods = kube.get("pods", namespace=kube.JOBS)
    assert [pod for pod in pods if pod["metadata"]["labels"].get("dagster/run-id") == automated["runId"]]
    newest = dagster.materialization(ASSET)
    assert newest["runId"] == automated["runId"]
    assert newest["metadata"]["dagster/row_count"] == len(table())
    checks = [event["evaluation"] for event in dagster.events(automated["runId"]) if "evaluation" in event]
    assert checks == [{"checkName": "sums_equal_fraud_summary", "success": True}]


def test_sums_over_boroughs_are_exactly_those_of_fraud_summary(automated: Any) -> None:
    def of(table: str, hour: str) -> list[list[str]]:
        return postgres(
            f"""select {hour}, sum(transactions), sum(amount), sum(fraudulent_transactions), sum(fraudulent_amount)
            from {table} group by 1 having sum(transactions) > 0 order by 1"""
        )

    def same() -> list[list[str]]:
        # A summary that came meanwhile starts a run of its own.
        found = of(ASSET, "hour_of_day")
        assert found == of("fraud_summary", "extract(hour from hour at time zone 'UTC' at time zone 'America/New_York')::int")
        return found

    assert eventually("the sums of each hour of the day are those of fraud_summary", same, within=120, every=3)


def test_figures_are_spread_as_the_trips_of_the_lake_are(automated: Any, lake: Lake, store: Store) -> None:
    boroughs = dict(lake.rows("SELECT zone_id, borough FROM lake.taxi_zones"))
    trips: Counter[tuple[int, str]] = Counter()
    for hour, zone, count in lake.rows("SELECT hour(pickup_datetime), pickup_zone_id, count(*) FROM lake.taxi_trips GROUP BY ALL"):
        trips[hour, boroughs.get(zone, "Unknown")] += count
    found = table()
    assert {(row[0], row[1]): row[2] for row in found if row[2]} == dict(trips)
    assert {row[1] for row in found} >= {"Manhattan", "Queens", "Brooklyn", "Bronx", "Staten Island"}
    for hour in range(24):
        rows = [row for row in found if row[0] == hour]
        whole, transactions, amount = (sum(row[number] for row in rows) for number in (2, 4, 5))
        for row in rows:
            assert abs(row[4] - Decimal(transactions * row[2]) / whole) < 1
            assert abs(row[5] - amount * row[2] / whole) < Decimal("0.01")
    header, *lines = csv.reader(io.StringIO(store.read("outputs", f"fraud/{ASSET}.csv").decode()))
    assert header == COLUMNS.split(", ")
    assert [(int(line[0]), line[1], int(line[2]), *map(Decimal, line[3:])) for line in lines] == found


def test_the_graph_joins_both_orchestrators(dagster: Dagster) -> None:
    query = "query($k: AssetKeyInput!) { assetNodeOrError(assetKey: $k) { ... on AssetNode { groupName dependencyKeys { path } } } }"
    found = dagster.query(query, k={"path": [ASSET]})["assetNodeOrError"]
    assert found["groupName"] == "fraud"
    assert {key["path"][0] for key in found["dependencyKeys"]} == {"fraud_summary", "taxi_trips", "taxi_zones"}
    summary = dagster.query(query, k={"path": ["fraud_summary"]})["assetNodeOrError"]
    assert summary["groupName"] == "airflow"
    assert {key["path"][0] for key in summary["dependencyKeys"]} == {"customer_transactions", "labeled_transactions"}
