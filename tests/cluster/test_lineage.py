"""One lineage over both orchestrators: what one has updated, the other shows, with a way back to the run that did it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from . import asset_events, lineage
from .airflow_api import Airflow
from .dagster_api import Dagster
from .eventually import eventually
from .lineage import QUIET

EXTERNAL = {
    "customer_transactions": set(),
    "labeled_transactions": {"customer_transactions"},
    "fraud_summary": {"customer_transactions", "labeled_transactions"},
}
LINKED = [*EXTERNAL, "taxi_trips", "taxi_zones", "trips_by_week", "manhattan_stats"]
GRAPH = "{ assetNodes { assetKey { path } groupName isMaterializable dependencyKeys { path } repository { location { name } } } }"
MONTH = "2023-01"


@pytest.mark.parametrize("asset", LINKED)
def test_each_event_of_one_side_is_one_of_the_other_in_order(airflow: Airflow, dagster: Dagster, asset: str) -> None:
    """All that was ever emitted, by whatever tests and people did so far."""
    lineage.same(airflow, dagster, asset)


def test_an_event_of_airflow_has_its_extra_and_a_link_to_the_run_that_works(airflow: Airflow, dagster: Dagster, airflow_url: str) -> None:
    run = airflow.trigger("generate_transaction_and_labels")
    assert airflow.finished("generate_transaction_and_labels", run)["state"] == "success"
    for asset, task in (("customer_transactions", "generate_transactions"), ("labeled_transactions", "generate_labels")):
        found = eventually("the materialization", lambda asset=asset: of_run(dagster, asset, run), within=60)  # type: ignore[misc]
        [event] = [one for one in airflow.asset_events("generate_transaction_and_labels", run) if one["name"] == asset]
        told = found["metadata"]
        assert told["airflow/event"].startswith(f"{event['id']}@")
        assert {name: told[name] for name in event["extra"]} == event["extra"]
        assert (told["airflow/dag"], told["airflow/task"]) == ("generate_transaction_and_labels", task)
        link = urlsplit(told["airflow/run"])
        assert link.netloc == "localhost:8080"
        assert requests.get(f"{airflow_url}{link.path}", timeout=30).status_code == 200
        _, _, dag, _, run_id = link.path.split("/")
        found_run = airflow.call("GET", f"/dags/{dag}/dagRuns/{run_id}")
        assert (found_run["dag_id"], found_run["dag_run_id"]) == ("generate_transaction_and_labels", run)


def of_run(dagster: Dagster, asset: str, run: str) -> Any:
    """The materialization that stands for an event of an Airflow run; None while there is none."""
    return next((one for one in lineage.history(dagster, asset) if one["metadata"].get("airflow/run_id") == run), None)


def test_airflows_assets_are_in_one_graph_with_dagsters(dagster: Dagster) -> None:
    nodes = {"/".join(node["assetKey"]["path"]): node for node in dagster.query(GRAPH)["assetNodes"]}
    for asset, upstream in EXTERNAL.items():
        assert dependencies(nodes[asset]) == upstream
        assert not nodes[asset]["isMaterializable"], "none of Dagster's runs makes it"
        assert (nodes[asset]["groupName"], nodes[asset]["repository"]["location"]["name"]) == ("airflow", "lineage")
    assert dependencies(nodes["fraud_by_borough_hour"]) == {"fraud_summary", "taxi_trips", "taxi_zones"}


def dependencies(node: Any) -> set[str]:
    """The keys of the assets that one depends on."""
    return {"/".join(key["path"]) for key in node["dependencyKeys"]}


def test_a_run_of_dagster_is_an_event_of_airflow_and_starts_taxi_report(airflow: Airflow, dagster: Dagster) -> None:
    with asset_events.consumer(airflow, "taxi_report") as consumer:
        run = dagster.launch("trip_update_job", partition=f"{MONTH}-01", assets=["taxi_trips_file", "taxi_trips"])
        dagster.succeeds(run)
        event = eventually("the event", lambda: from_run(airflow, "taxi_trips", run), within=60)
        want = {"partition": f"{MONTH}-01", "dagster_run_id": run, "dagster_run_url": f"http://localhost:3000/runs/{run}"}
        assert want.items() <= event["extra"].items()
        made = dagster.materialization("taxi_trips", f"{MONTH}-01")
        assert event["extra"]["dagster/row_count"] == made["metadata"]["dagster/row_count"]
        started = eventually("its run", lambda: run_with(consumer, event["id"]), within=60)
        assert airflow.finished("taxi_report", started)["state"] == "success"


def run_with(consumer: asset_events.Consumer, event: int) -> str:
    """The run that an event has started; empty while there is none. Other tests' events may start runs, too."""
    return next((run for run in consumer.runs() if event in [one["id"] for one in consumer.events(run)]), "")


def from_run(airflow: Airflow, asset: str, run: str) -> Any:
    """Airflow's event of an asset that a Dagster run has made; None while there is none."""
    return next((one for one in lineage.received(airflow, asset) if one["extra"].get("dagster_run_id") == run), None)


def test_a_run_of_taxi_monthly_appears_in_dagster_and_is_not_echoed(airflow: Airflow, dagster: Dagster) -> None:
    before = len(lineage.received(airflow, "taxi_trips"))
    with asset_events.unpaused(airflow, "taxi_monthly"):
        run = airflow.trigger("taxi_monthly", conf={"first_month": MONTH})
        assert airflow.finished("taxi_monthly", run, within=420)["state"] == "success"
    partitions = {"taxi_trips": [f"{MONTH}-01"], "taxi_zones": [None], "manhattan_stats": [None]}
    for asset, want in partitions.items():
        eventually(f"{asset} in Dagster", lambda asset=asset: of_run(dagster, asset, run), within=60)  # type: ignore[misc]
        assert [one["partition"] for one in lineage.history(dagster, asset) if one["metadata"].get("airflow/run_id") == run] == want
    weeks = [one["partition"] for one in lineage.history(dagster, "trips_by_week") if one["metadata"].get("airflow/run_id") == run]
    assert weeks == ["2023-01-01", "2023-01-08", "2023-01-15", "2023-01-22", "2023-01-29"]
    # A later materialization that has come to Airflow shows that nothing of the run is still on its way.
    lineage.materialize(dagster)
    lineage.same(airflow, dagster)
    assert len(lineage.received(airflow, "taxi_trips")) == before


def test_an_event_from_outside_is_carried_too(airflow: Airflow, dagster: Dagster) -> None:
    event = asset_events.post(airflow, QUIET, {"words": "by hand", "inner": {"n": 1}})
    lineage.same(airflow, dagster)
    told = next(
        one["metadata"] for one in lineage.history(dagster, QUIET) if one["metadata"].get("airflow/event", "").startswith(f"{event['id']}@")
    )
    assert (told["words"], told["inner.n"], told["from_rest_api"]) == ("by hand", 1, True)
    assert told["airflow/asset"] == f"http://localhost:8080/assets/{event['asset_id']}"
