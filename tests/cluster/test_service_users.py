"""Logins for programs: what the lineage bridge's may do at Airflow, and that it may do nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from . import asset_events, kube
from .airflow_api import Airflow

LOGIN = "tandem-airflow-user-lineage"
READABLE = {"generate_transaction_and_labels", "fraud_summary", "taxi_monthly"}
# Rights are looked at first. Whoever had them would be told that the body or the name is wrong, so that no such mistake changes anything.
FORBIDDEN: list[tuple[str, str, Any]] = [
    ("GET", "/connections", None),
    ("GET", "/variables", None),
    ("POST", "/variables", {}),
    ("GET", "/pools", None),
    ("GET", "/config", None),
    ("GET", "/eventLogs", None),
    ("GET", "/jobs", None),
    ("GET", "/importErrors", None),
    ("GET", "/plugins", None),
    ("GET", "/dags/producer_dag", None),
    ("GET", "/dagSources/taxi_monthly", None),
    ("GET", "/dags/taxi_monthly/dagRuns", None),
    ("GET", "/dags/~/dagRuns", None),
    ("POST", "/dags/taxi_monthly/dagRuns", {}),
    ("PATCH", "/dags/taxi_monthly", {}),
    ("POST", "/dags/taxi_monthly/clearTaskInstances", {"dry_run": True}),
    ("DELETE", "/dags/no_such_dag", None),
]


@pytest.fixture(scope="module")
def lineage(airflow_url: str) -> Airflow:
    """Airflow, logged in as the bridge."""
    login = kube.secret(LOGIN)
    assert login["URL"] == "http://tandem-airflow-api-server.tandem.svc:8080"
    return Airflow(airflow_url, login["USERNAME"], login["PASSWORD"])


@pytest.fixture
def trips(airflow: Airflow) -> int:
    """The id of an asset that a DAG produces."""
    return asset_events.asset_id(airflow, "taxi_trips")


def test_it_reads_assets_and_events_and_just_the_dags_whose_events_it_carries(lineage: Airflow, airflow: Airflow, trips: int) -> None:
    # An asset that nobody waits for and that is not carried: a new platform has no event yet.
    asset_events.post(airflow, "fraud_summary_file")
    assert trips in {asset["id"] for asset in lineage.call("GET", "/assets", params={"limit": "100"})["assets"]}
    known = {dag["dag_id"] for dag in airflow.call("GET", "/dags", params={"limit": "100"})["dags"]}
    assert known > READABLE
    assert {dag["dag_id"] for dag in lineage.call("GET", "/dags", params={"limit": "100"})["dags"]} == READABLE
    found = lineage.call("GET", "/assets/events", params={"limit": "100", "order_by": "-timestamp"})["asset_events"]
    assert {event["source_dag_id"] for event in found} <= READABLE | {None}
    assert found


@pytest.mark.parametrize(("method", "path", "body"), FORBIDDEN, ids=lambda value: value if isinstance(value, str) else "")
def test_anything_else_is_forbidden(lineage: Airflow, method: str, path: str, body: Any) -> None:
    with pytest.raises(requests.HTTPError) as refusal:
        lineage.call(method, path, json=body)
    assert refusal.value.response.status_code == 403, refusal.value


def test_making_an_event_gives_no_way_to_run_the_dag_that_produces_the_asset(lineage: Airflow, trips: int) -> None:
    with pytest.raises(requests.HTTPError) as refusal:
        # With the right, the parameter would be refused.
        lineage.call("POST", f"/assets/{trips}/materialize", json={"conf": {"first_month": "no month"}})
    assert refusal.value.response.status_code == 403, refusal.value
