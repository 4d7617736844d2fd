"""Dagster's GraphQL API, as much of it as `make up` and `make status` use."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

from tandem.errors import TandemError

LOCATION = "taxi"
REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": LOCATION}
PARTITION = "dagster/partition"
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
LOCATION_SECONDS = 120.0
FINISHED = ("SUCCESS", "FAILURE", "CANCELED")

LOCATIONS = """{ workspaceOrError { __typename ... on PythonError { message } ... on Workspace { locationEntries { name loadStatus
  locationOrLoadError { __typename ... on PythonError { message } } } } } }"""
LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename ... on LaunchRunSuccess { run { runId } }
  ... on Error { message } ... on RunConfigValidationInvalid { errors { message } } } }"""
SENSORS = """query($r: RepositorySelector!) { sensorsOrError(repositorySelector: $r) { ... on Sensors { results { name sensorState {
  status ticks(limit: 1) { status timestamp skipReason error { message causes { message } } } } } } } }"""
RUNS = """query($f: RunsFilter!, $n: Int!) { runsOrError(filter: $f, limit: $n) { __typename ... on Error { message }
  ... on Runs { results { runId status jobName startTime endTime tags { key value } } } } }"""
FAILURES = """query($r: ID!) { logsForRun(runId: $r, limit: 1000) { ... on EventConnection { events {
  ... on ExecutionStepFailureEvent { stepKey error { message cause { message } } }
  ... on RunFailureEvent { message error { message } } } } } }"""
SUMMARY = """query($k: AssetKeyInput!, $n: Int!) {
  assetNodeOrError(assetKey: $k) { ... on AssetNode { assetPartitionStatuses {
    ... on TimePartitionStatuses { ranges { status startKey endKey } } } } }
  runsOrError(limit: $n) { ... on Runs { results { runId status jobName startTime endTime tags { key value } } } } }"""


class Dagster:
    """A client of a Dagster; of its code location `taxi` where none is named. Calls raise TandemError with the server's words."""

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, text: str, *, timeout: float = 60, **variables: Any) -> Any:
        """The data of an answer."""
        body = json.dumps({"query": text, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as problem:
            raise TandemError(f"Dagster refuses a query: {problem.code} {words_of(problem)}") from None
        except (OSError, ValueError) as problem:
            raise TandemError(f"Dagster does not answer at {self.url}: {problem}", "see `make status`") from None
        if found.get("errors"):
            raise TandemError(f"Dagster refuses a query: {found['errors'][0]['message']}")
        return found["data"]

    def location_problem(self, location: str = LOCATION) -> str | None:
        """Why the code location can't be used yet; None when it can."""
        workspace = self.query(LOCATIONS)["workspaceOrError"]
        entry = next((e for e in workspace.get("locationEntries", []) if e["name"] == location), None)
        if entry is None:
            return str(workspace.get("message") or f"there is no code location {location}")
        loaded = entry["locationOrLoadError"] or {}
        if loaded.get("__typename") == "PythonError":
            return str(loaded["message"]).strip().splitlines()[0]
        return None if entry["loadStatus"] == "LOADED" and loaded else f"code location {location} is loading"

    def until_loaded(self, location: str, note: Callable[[str], None], *, within: float = LOCATION_SECONDS) -> None:
        """Wait until a code location can be used; after an upgrade that takes some seconds. Raises TandemError that says why it cannot."""
        deadline = time.monotonic() + within
        while problem := self.location_problem(location):
            if time.monotonic() > deadline:
                raise TandemError(f"Dagster can't use the code location {location}: {problem}", f"see {self.url}/locations")
            note(problem)
            time.sleep(1)

    def launch(self, job: str, tags: dict[str, str]) -> str:
        """Queue a run of a job; its id."""
        body = {
            "selector": {**REPOSITORY, "jobName": job},
            "runConfigData": {},
            "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
        }
        answer = self.query(LAUNCH, p=body)["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            problem = answer.get("message") or "; ".join(error["message"] for error in answer.get("errors", [])) or answer["__typename"]
            raise TandemError(f"Dagster does not start {job}: {problem.strip().splitlines()[0]}")
        return str(answer["run"]["runId"])

    def runs(self, *, limit: int = 100, **filter: Any) -> list[Any]:
        """Runs that a RunsFilter lets through, newest first."""
        answer = self.query(RUNS, f=filter, n=limit)["runsOrError"]
        if answer["__typename"] != "Runs":
            raise TandemError(f"Dagster does not list its runs: {answer.get('message', answer['__typename'])}")
        return list(answer["results"])

    def finish(self, runs: Sequence[str], note: Callable[[str], None], *, within: float) -> None:
        """Wait until all of these runs have ended well, saying meanwhile how they stand.

        Raises TandemError with the reason and the address of the first run that fails, or when they take longer than `within` seconds.
        """
        deadline = time.monotonic() + within
        while True:
            found = self.runs(runIds=list(runs))
            note(", ".join(f"{run['jobName']} {partition_of(run)} {run['status'].lower()}" for run in reversed(found)))
            for run in found:
                if run["status"] in ("FAILURE", "CANCELED"):
                    name = f"{run['jobName']} of {partition_of(run)}"
                    raise TandemError(f"{name} failed: {self.reason(run['runId'])}", f"its log: {self.url}/runs/{run['runId']}")
            if all(run["status"] == "SUCCESS" for run in found):
                return
            if time.monotonic() > deadline:
                raise TandemError(f"Dagster's runs have not ended after {within:.0f} s", f"see them at {self.url}/runs")
            time.sleep(1)

    def reason(self, run: str) -> str:
        """Why a run failed, in a line: the first step's own error, else what Dagster says."""
        for event in self.query(FAILURES, r=run)["logsForRun"].get("events", []):
            error = event.get("error") or {}
            if text := ((error.get("cause") or {}).get("message") or error.get("message") or event.get("message") or "").strip():
                return str(text.splitlines()[0])
        return "Dagster does not say why"

    def sensors(self, location: str) -> list[dict[str, Any]]:
        """The sensors of a code location: name, whether it is on, and how (`last`), when (`at`) and with what words the last look ended."""
        selector = {**REPOSITORY, "repositoryLocationName": location}
        found = self.query(SENSORS, timeout=10, r=selector)["sensorsOrError"].get("results", [])
        return [{"name": sensor["name"], "on": sensor["sensorState"]["status"] == "RUNNING", **last_look(sensor)} for sensor in found]

    def summary(self, *, runs: int = 3) -> dict[str, Any]:
        """In one query: the partitions of taxi_trips that are loaded, as ranges of days, and the newest runs."""
        found = self.query(SUMMARY, timeout=10, k={"path": ["taxi_trips"]}, n=runs)
        ranges = found["assetNodeOrError"].get("assetPartitionStatuses", {}).get("ranges", [])
        return {
            "months": [month_range(r["startKey"], r["endKey"]) for r in ranges if r["status"] == "MATERIALIZED"],
            "runs": [
                {
                    "run": run["runId"],
                    "job": run["jobName"],
                    "partition": partition_of(run) or None,
                    "state": run["status"],
                    "start": run["startTime"],
                    "end": run["endTime"],
                }
                for run in found["runsOrError"].get("results", [])
            ],
        }


def last_look(sensor: Any) -> dict[str, Any]:
    """How the last tick of a sensor ended, when, and with which words; None for a sensor that has none."""
    tick = next(iter(sensor["sensorState"]["ticks"]), None)
    if tick is None:
        return {"last": None, "at": None, "said": ""}
    # Dagster wraps what a sensor has raised in an error of its own, which says no more than that.
    error = tick["error"] or {}
    words = (error.get("causes") or [error])[-1].get("message") or tick["skipReason"] or ""
    first = words.strip().partition("\n")[0]
    return {"last": tick["status"], "at": tick["timestamp"], "said": re.sub(r"^[\w.]+(Error|Exception): ", "", first)}


def partition_of(run: Any) -> str:
    """The partition of a run, or the first and last of a range; empty if it has none."""
    tags: dict[str, str] = {tag["key"]: tag["value"] for tag in run["tags"]}
    if RANGE_START in tags:
        return f"{tags[RANGE_START]} to {tags.get(RANGE_END, '')}"
    return tags.get(PARTITION, "")


def month_range(first: str, last: str) -> str:
    """Keys of monthly partitions as people say them: 2023-01-01 and 2023-03-01 become `2023-01 to 2023-03`."""
    return first[:7] if first == last else f"{first[:7]} to {last[:7]}"


def words_of(problem: urllib.error.HTTPError) -> str:
    """The beginning of what a server says about an error."""
    return problem.read().decode(errors="replace")[:300]
