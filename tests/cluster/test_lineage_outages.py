"""Nothing is lost or doubled by an outage of either side, or of the bridge between them. Each test ends with both sides at work."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from . import asset_events, kube, lineage
from .airflow_api import Airflow
from .dagster_api import Dagster
from .eventually import eventually
from .lineage import QUIET

API_SERVER = "tandem-airflow-api-server"
DAEMON = "tandem-dagster-daemon"
CODE_SERVER = "tandem-dagster-code-lineage"
MANY = 20
"""Events that take the bridge some seconds to send."""
LONGER_THAN_QUIET = 30
"""Seconds: longer than a new code server waits for the last write of the one before."""


@pytest.fixture(autouse=True)
def healthy(airflow: Airflow, dagster: Dagster) -> Iterator[None]:
    """All pods ready, and events on their way in both directions: before a test and after it."""
    lineage.same(airflow, dagster, within=120)
    yield
    for deployment in (API_SERVER, DAEMON, CODE_SERVER):
        eventually(f"{deployment} is ready", lambda deployment=deployment: ready(deployment), within=120)  # type: ignore[misc]
    post(airflow, 1)
    lineage.materialize(dagster)
    lineage.same(airflow, dagster, within=120)


def ready(deployment: str) -> bool:
    """Whether all pods of a deployment are."""
    status = kube.get("deployment", deployment)["status"]
    return bool(status.get("readyReplicas") == status["replicas"] > 0)


def post(airflow: Airflow, count: int) -> None:
    """Events of Airflow, one after the other."""
    for number in range(count):
        asset_events.post(airflow, QUIET, {"number": number})


def test_nothing_is_lost_or_doubled_while_airflow_is_away(airflow: Airflow, dagster: Dagster) -> None:
    with lineage.scaled_down(API_SERVER):
        lineage.materialize(dagster, count=5)
        eventually(
            "the sensor says so", lambda: "Airflow is not reachable" in (lineage.last_error(dagster, "airflow_push_sensor")), within=60
        )
    lineage.same(airflow, dagster, within=180)


def test_nothing_is_lost_or_doubled_while_dagster_is_away(airflow: Airflow, dagster: Dagster) -> None:
    with lineage.scaled_down(DAEMON):
        post(airflow, 5)
        lineage.materialize(dagster, count=2)
    lineage.same(airflow, dagster, within=120)


def test_nothing_is_lost_or_doubled_while_the_bridge_is_away(airflow: Airflow, dagster: Dagster) -> None:
    with lineage.scaled_down(CODE_SERVER):
        post(airflow, 3)
        lineage.materialize(dagster, count=3)
        post(airflow, 2)
    lineage.same(airflow, dagster, within=180)


def test_a_daemon_that_is_killed_while_it_writes_does_not_write_twice(airflow: Airflow, dagster: Dagster) -> None:
    """Its last statement waits in the database and is executed long after its death, while the next daemon has begun the same tick."""
    with lineage.no_writes("tandem-postgres-dagster", "event_logs") as watcher:
        post(airflow, 3)
        eventually("the daemon writes", lambda: lineage.waiting(watcher, "event_logs") > 0, within=60)
        lineage.killed(DAEMON)
        eventually(
            "the next one has looked", lambda: "has been writing" in lineage.last_error(dagster, "airflow_events_sensor"), within=120
        )
    lineage.same(airflow, dagster, within=120)


def test_a_bridge_that_is_killed_between_reading_and_writing_does_not_write_twice(airflow: Airflow, dagster: Dagster) -> None:
    """Its request waits in Airflow when it dies, and succeeds after its death. The next code server must find what came of it."""
    before = len(lineage.received(airflow, QUIET))
    old = lineage.pods_of(CODE_SERVER)
    with lineage.no_writes("tandem-postgres-airflow", "asset_event") as watcher:
        lineage.materialize(dagster, count=MANY)
        eventually("the bridge writes", lambda: lineage.waiting(watcher, "asset_event") > 0, within=60, every=0.1)
        lineage.kill(old)
    eventually("the request succeeds", lambda: len(lineage.received(airflow, QUIET)) > before, within=10, every=0.1)
    eventually("another code server", lambda: set(lineage.pods_of(CODE_SERVER)) - set(old), within=60)
    assert before < len(lineage.received(airflow, QUIET)) < before + MANY, "not killed in the middle: nothing was tested"
    lineage.same(airflow, dagster, within=180)


def test_a_bridge_that_is_killed_while_airflow_cannot_write_for_long_does_not_write_twice(airflow: Airflow, dagster: Dagster) -> None:
    """Its request fails by itself after a while, so that it cannot succeed behind the back of the next code server."""
    with lineage.no_writes("tandem-postgres-airflow", "asset_event") as watcher:
        lineage.materialize(dagster, count=3)
        eventually("the bridge writes", lambda: lineage.waiting(watcher, "asset_event") > 0, within=60, every=0.1)
        lineage.killed(CODE_SERVER)
        released = time.monotonic() + LONGER_THAN_QUIET
        eventually(
            "the next one has written too", lambda: time.monotonic() > released and lineage.waiting(watcher, "asset_event") > 0, within=120
        )
    lineage.same(airflow, dagster, within=180)


def test_both_at_once_again_and_again(airflow: Airflow, dagster: Dagster) -> None:
    """Events on both sides while the bridge and the daemon are killed in turn."""
    for deployment in (CODE_SERVER, DAEMON):
        post(airflow, 2)
        lineage.materialize(dagster, count=2)
        lineage.killed(deployment)
        post(airflow, 1)
        lineage.materialize(dagster)
    lineage.same(airflow, dagster, within=180)
