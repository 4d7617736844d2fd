"""Asset events over Airflow's REST API: to emit them from outside, and to see which runs they started.

A test makes a `Consumer`, posts events, and asks for the runs that came of them. What was there before is left out, so that a test does
not depend on what ran earlier. That nothing runs is never proven by waiting: the queue is empty once the scheduler has handled an event
(both happen in one transaction), and a later event's run shows what was left over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote

from .airflow_api import FINISHED, Airflow
from .eventually import eventually


def asset(airflow: Airflow, name: str) -> Any:
    """The active asset of this name, in exactly this spelling."""
    found = airflow.call("GET", "/assets", params={"name_prefix_pattern": name, "limit": "100"})["assets"]
    [match] = [one for one in found if one["name"] == name]
    return match


@cache
def asset_id(airflow: Airflow, name: str) -> int:
    """The id of an asset, looked up once: events of the same second leave no time for more."""
    return int(asset(airflow, name)["id"])


def post(airflow: Airflow, name: str, extra: dict[str, Any] | None = None) -> Any:
    """Emit an event of an asset from outside, and return it. It is committed, with its places in the consumers' queues."""
    return airflow.call("POST", "/assets/events", json={"asset_id": asset_id(airflow, name), "extra": extra or {}})


def events(airflow: Airflow, name: str, *, after: int = 0) -> list[Any]:
    """The newest 100 events of an asset, oldest first, of those whose id is above `after`."""
    parameters = {"asset_id": asset_id(airflow, name), "order_by": "-timestamp", "limit": "100"}
    found = airflow.call("GET", "/assets/events", params=parameters)["asset_events"]
    return sorted((event for event in found if event["id"] > after), key=age)


def newest_event(airflow: Airflow) -> int:
    """The id of the newest event of any asset: a mark for "after this"."""
    found = airflow.call("GET", "/assets/events", params={"order_by": "-timestamp", "limit": "20"})["asset_events"]
    return max((event["id"] for event in found), default=0)


def age(event: Any) -> tuple[str, int]:
    """The order in which a consumer gets events."""
    return event["timestamp"], event["id"]


def runs(airflow: Airflow, dag: str, *, run_type: str = "") -> list[Any]:
    """The newest 100 runs of a DAG, oldest first; with `run_type` (asset_triggered, scheduled, manual…) only those."""
    parameters = {"order_by": "-id", "limit": "100", **({"run_type": run_type} if run_type else {})}
    return list(reversed(airflow.call("GET", f"/dags/{dag}/dagRuns", params=parameters)["dag_runs"]))


def triggering_events(airflow: Airflow, dag: str, run: str) -> list[Any]:
    """The events that a run was started for, oldest first."""
    found = airflow.call("GET", f"/dags/{dag}/dagRuns/{quote(run, safe='')}/upstreamAssetEvents")["asset_events"]
    return sorted(found, key=age)


def queued(airflow: Airflow, dag: str) -> list[int]:
    """The ids of the assets whose update waits for a run of this DAG."""
    return [one["asset_id"] for one in airflow.call("GET", f"/dags/{dag}/assets/queuedEvents")["queued_events"]]


def logged(airflow: Airflow, dag: str, run: str, task: str, words: str) -> str:
    """Wait until the log of a task's first try has these words, and return it: it is stored a moment after the task has ended."""

    def look() -> str:
        found = airflow.log(dag, run, task)
        assert words in found, found[-500:]
        return found

    return eventually(f"{words!r} in the log of {dag}.{task}", look, within=30)


def forget_queued(airflow: Airflow, dag: str) -> None:
    """Let no update wait for a run of this DAG. (Airflow refuses to delete nothing.)"""
    if queued(airflow, dag):
        airflow.call("DELETE", f"/dags/{dag}/assets/queuedEvents")


def idle(airflow: Airflow, dag: str) -> bool:
    """Whether no run of a DAG is under way."""
    return all(run["state"] in FINISHED for run in runs(airflow, dag))


@contextmanager
def unpaused(airflow: Airflow, *dags: str) -> Iterator[None]:
    """The DAGs, ready to run. In the end those that were paused are so again, after their runs: those of a paused DAG never end."""
    paused = [dag for dag in dags if airflow.call("GET", f"/dags/{dag}")["is_paused"]]
    for dag in paused:
        pause(airflow, dag, False)
    try:
        yield
    finally:
        for dag in paused:
            eventually(f"the runs of {dag} are over", lambda dag=dag: idle(airflow, dag), within=120)  # type: ignore[misc]
            pause(airflow, dag)


def pause(airflow: Airflow, dag: str, paused: bool = True) -> None:
    """Pause a DAG, or unpause it."""
    airflow.call("PATCH", f"/dags/{dag}", json={"is_paused": paused})


class Consumer:
    """What asset events did to a DAG since this object was made."""

    def __init__(self, airflow: Airflow, dag: str) -> None:
        self.airflow, self.dag = airflow, dag
        self.earlier_runs = {run["dag_run_id"] for run in runs(airflow, dag)}
        self.earlier_event = newest_event(airflow)

    def runs(self) -> list[str]:
        """The ids of the runs that events started, oldest first."""
        found = runs(self.airflow, self.dag, run_type="asset_triggered")
        return [run["dag_run_id"] for run in found if run["dag_run_id"] not in self.earlier_runs]

    def events(self, run: str) -> list[Any]:
        """The new events that a run was started for, oldest first."""
        found = triggering_events(self.airflow, self.dag, run)
        return [event for event in found if event["id"] > self.earlier_event]

    def consumed(self) -> list[list[int]]:
        """The ids of the new events of each run."""
        return [[event["id"] for event in self.events(run)] for run in self.runs()]

    def names(self) -> list[list[str]]:
        """The same by the assets' names."""
        return [[event["name"] for event in self.events(run)] for run in self.runs()]

    def handled(self, *, within: float = 60) -> list[list[int]]:
        """Wait until no update waits for a run, and return what each run consumed."""
        eventually(f"nothing is queued for {self.dag}", lambda: not queued(self.airflow, self.dag), within=within, every=0.1)
        return self.consumed()

    def waiting(self) -> list[str]:
        """The names of the assets whose update waits for a run."""
        return sorted(self.airflow.call("GET", f"/assets/{one}")["name"] for one in queued(self.airflow, self.dag))

    def ran(self, number: int = 1, *, within: float = 60) -> list[str]:
        """Wait for this many runs, and return the ids of all that there are."""

        def look() -> list[str]:
            found = self.runs()
            assert len(found) >= number, f"{len(found)} runs"
            return found

        return eventually(f"{number} run(s) of {self.dag}", look, within=within, every=0.2)


@contextmanager
def consumer(airflow: Airflow, dag: str) -> Iterator[Consumer]:
    """A consumer, unpaused while the test lasts; without updates of earlier tests in its queue, and without leaving any."""
    forget_queued(airflow, dag)
    with unpaused(airflow, dag):
        eventually(f"the earlier runs of {dag} are over", lambda: idle(airflow, dag), within=120)
        try:
            yield Consumer(airflow, dag)
        finally:
            forget_queued(airflow, dag)
