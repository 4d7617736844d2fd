"""What each side shows of the other: events of Airflow as materializations in Dagster, and materializations as events in Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import requests

from tandem.open import Forward

from . import asset_events, kube
from .airflow_api import Airflow
from .dagster_api import Dagster, keys
from .eventually import eventually

LOCATION = "lineage"
SENSORS = ("airflow_events_sensor", "airflow_push_sensor")
QUIET = "taxi_zones"
"""An asset that is linked in both directions, and for whose events nothing runs."""
PAGE = 500

HISTORY = """query($k: AssetKeyInput!, $n: Int!, $b: String) { assetOrError(assetKey: $k) { __typename ... on Asset {
  assetMaterializations(limit: $n, beforeTimestampMillis: $b) { runId partition timestamp metadataEntries { __typename label
  ... on IntMetadataEntry { intValue } ... on FloatMetadataEntry { floatValue } ... on TextMetadataEntry { text }
  ... on UrlMetadataEntry { url } ... on BoolMetadataEntry { boolValue } ... on JsonMetadataEntry { jsonString } } } } } }"""
REPORT = """mutation($p: ReportRunlessAssetEventsParams!) { reportRunlessAssetEvents(eventParams: $p) {
  __typename ... on Error { message } } }"""
SWITCH = {
    True: "mutation($s: SensorSelector!) { startSensor(sensorSelector: $s) { __typename ... on PythonError { message } } }",
    False: """mutation($id: String!) { stopSensor(id: $id) { __typename ... on PythonError { message } } }""",
}
STATE = "query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) { ... on Sensor { id sensorState { status } } } }"
TICKS = """query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) { ... on Sensor { sensorState { ticks(limit: 3) {
  status error { message causes { message } } } } } } }"""
VALUES = ("intValue", "floatValue", "text", "url", "boolValue", "jsonString")


def history(dagster: Dagster, asset: str) -> list[Any]:
    """All materializations of an asset, oldest first, each with its metadata as label -> value."""
    found: dict[tuple[Any, ...], Any] = {}
    before = None
    while True:
        answer = dagster.query(HISTORY, k=keys([asset])[0], n=PAGE, b=before)["assetOrError"]
        page = answer.get("assetMaterializations", [])
        for one in page:
            one["metadata"] = {entry["label"]: value(entry) for entry in one.pop("metadataEntries")}
            found.setdefault((one["timestamp"], one["runId"], one["partition"], one["metadata"].get("airflow/event")), one)
        if len(page) < PAGE:
            return list(reversed(found.values()))
        # Those of the same millisecond may be on both pages.
        before = str(int(page[-1]["timestamp"]) + 1)


def value(entry: dict[str, Any]) -> Any:
    """What a metadata entry holds."""
    return next((entry[name] for name in VALUES if entry.get(name) is not None), None)


def carried(dagster: Dagster, asset: str) -> list[int]:
    """Ids of the Airflow events that Dagster has materializations of, in their order; one that is of many partitions counts once."""
    told = [one["metadata"]["airflow/event"] for one in history(dagster, asset) if "airflow/event" in one["metadata"]]
    return [int(identity.partition("@")[0]) for number, identity in enumerate(told) if number == 0 or identity != told[number - 1]]


def own(dagster: Dagster, asset: str) -> list[Any]:
    """The materializations that Dagster itself has made."""
    return [one for one in history(dagster, asset) if "airflow/event" not in one["metadata"]]


def emitted(airflow: Airflow, asset: str) -> list[int]:
    """Ids of Airflow's own events of an asset, in their order."""
    return [event["id"] for event in all_events(airflow, asset) if "dagster_event" not in event["extra"]]


def received(airflow: Airflow, asset: str) -> list[Any]:
    """Airflow's events that stand for materializations of Dagster, in their order."""
    return [event for event in all_events(airflow, asset) if "dagster_event" in event["extra"]]


def all_events(airflow: Airflow, asset: str) -> list[Any]:
    """All events of an asset, in the order of their times."""
    chosen = {"asset_id": asset_events.asset_id(airflow, asset), "order_by": "timestamp", "limit": 100}
    found: list[Any] = []
    while True:
        page = airflow.call("GET", "/assets/events", params={**chosen, "offset": len(found)})
        found += page["asset_events"]
        if len(found) >= page["total_entries"]:
            return found


def milliseconds(event: Any) -> int:
    """When the materialization was made that an event stands for, in milliseconds since 1970, as Dagster's API tells it."""
    return int(datetime.fromisoformat(event["extra"]["dagster_event"].partition("@")[2]).timestamp() * 1000)


def materialize(dagster: Dagster, asset: str = QUIET, count: int = 1) -> None:
    """Report materializations without a run, as the page of an asset does."""
    for _ in range(count):
        body = {"eventType": "ASSET_MATERIALIZATION", "assetKey": keys([asset])[0], "description": "by a test"}
        answer = dagster.query(REPORT, p=body)["reportRunlessAssetEvents"]
        assert answer["__typename"] == "ReportRunlessAssetEventsSuccess", answer


def same(airflow: Airflow, dagster: Dagster, asset: str = QUIET, *, within: float = 90) -> None:
    """Wait until each side has all events of the other; each once and in order is what then must hold."""

    # The port-forward may have to find the new pod of an api-server first.
    eventually("Airflow answers", lambda: answers(airflow), within=within)

    def look() -> bool:
        there, here = carried(dagster, asset), emitted(airflow, asset)
        assert len(there) >= len(here), f"{len(here) - len(there)} events of Airflow are missing"
        told, made = received(airflow, asset), own(dagster, asset)
        assert len(told) >= len(made), f"{len(made) - len(told)} materializations are missing"
        return True

    eventually(f"both sides have all events of {asset}", look, within=within)
    assert carried(dagster, asset) == emitted(airflow, asset)
    made = [int(one["timestamp"]) for one in own(dagster, asset)]
    told = [milliseconds(event) for event in received(airflow, asset)]
    assert [abs(a - b) < 2 for a, b in zip(told, made, strict=True)] == [True] * len(made), (told, made)
    identities = [event["extra"]["dagster_event"] for event in received(airflow, asset)]
    assert len(set(identities)) == len(identities), identities


def answers(airflow: Airflow) -> bool:
    """Whether Airflow's api-server can be reached."""
    try:
        return bool(airflow.call("GET", "/version"))
    except requests.RequestException:
        return False


def last_error(dagster: Dagster, sensor: str) -> str:
    """What the newest tick of a sensor that is over has failed with; empty if it has not."""
    selector = {"repositoryName": "__repository__", "repositoryLocationName": LOCATION, "sensorName": sensor}
    ticks = dagster.query(TICKS, s=selector)["sensorOrError"]["sensorState"]["ticks"]
    error = next((tick["error"] for tick in ticks if tick["status"] != "STARTED"), None)
    return " ".join(one["message"] for one in (error, *error["causes"])) if error else ""


def switch(dagster: Dagster, on: bool) -> None:
    """Start or stop both sensors."""
    for name in SENSORS:
        selector = {"repositoryName": "__repository__", "repositoryLocationName": LOCATION, "sensorName": name}
        state = dagster.query(STATE, s=selector)["sensorOrError"]
        answer = dagster.query(SWITCH[True], s=selector) if on else dagster.query(SWITCH[False], id=state["id"])
        assert "message" not in next(iter(answer.values())), answer


@contextmanager
def scaled_down(deployment: str) -> Iterator[None]:
    """A deployment without pods for the length of the block; with all of them, ready, after it."""
    before = kube.get("deployment", deployment)["spec"]["replicas"]
    kube.kubectl("scale", "deployment", deployment, "-n", kube.NAMESPACE, "--replicas=0")
    try:
        eventually(f"{deployment} is gone", lambda: not pods_of(deployment), within=120)
        yield
    finally:
        kube.kubectl("scale", "deployment", deployment, "-n", kube.NAMESPACE, f"--replicas={before}")
        kube.kubectl("rollout", "status", f"deployment/{deployment}", "-n", kube.NAMESPACE, "--timeout=180s", timeout=200)


def pods_of(deployment: str) -> list[str]:
    """Names of a deployment's pods, those that are ending included."""
    labels = kube.get("deployment", deployment)["spec"]["selector"]["matchLabels"]
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    return [pod["metadata"]["name"] for pod in kube.get("pods", selector=selector)]


def kill(pods: list[str]) -> None:
    """Kill pods without a chance to end anything."""
    kube.kubectl("delete", "pod", *pods, "-n", kube.NAMESPACE, "--force", "--grace-period=0", "--wait=false")


def killed(deployment: str) -> None:
    """Kill a deployment's pods without a chance to end anything, and wait for new ones."""
    before = pods_of(deployment)
    kill(before)
    eventually(f"a new pod of {deployment}", lambda: set(pods_of(deployment)) - set(before), within=60)
    kube.kubectl("rollout", "status", f"deployment/{deployment}", "-n", kube.NAMESPACE, "--timeout=180s", timeout=200)


@contextmanager
def no_writes(secret: str, table: str) -> Iterator[psycopg.Connection[Any]]:
    """For the length of the block nobody can write to a table, while everybody can read it; gives a connection to its database."""
    login = kube.secret(secret)
    with Forward("tandem-postgres", 5432) as forward:
        place = psycopg.conninfo.make_conninfo(
            host="localhost", port=forward.port, dbname=login["PGDATABASE"], user=login["PGUSER"], password=login["PGPASSWORD"]
        )
        with psycopg.connect(place, autocommit=True) as watcher, psycopg.connect(place) as blocker:
            blocker.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield watcher
            blocker.rollback()


def waiting(connection: psycopg.Connection[Any], table: str) -> int:
    """How many sessions wait to write to a table."""
    found = connection.execute(
        """SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND mode = 'RowExclusiveLock' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
        [table],
    ).fetchone()
    assert found
    return int(found[0])
