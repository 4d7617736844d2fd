"""Dagster's GraphQL API, as its web page uses it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import requests

from .eventually import eventually

LOCATION = "taxi"
REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": LOCATION}
FINISHED = ("SUCCESS", "FAILURE", "CANCELED")

LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on Error { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
BACKFILL = """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on Error { message } } }"""
RUNS = """query($f: RunsFilter!) { runsOrError(filter: $f, limit: 200) { __typename ... on Error { message } ... on Runs { results {
  runId status jobName creationTime startTime endTime tags { key value } } } } }"""
EVENTS = """query($r: ID!, $c: String) { logsForRun(runId: $r, afterCursor: $c, limit: 1000) { __typename ... on Error { message }
  ... on EventConnection { cursor hasMore events { __typename
    ... on MessageEvent { timestamp message stepKey eventType }
    ... on LogsCapturedEvent { fileKey }
    ... on AssetCheckEvaluationEvent { evaluation { checkName success } } } } } }"""
MATERIALIZATIONS = """query($k: AssetKeyInput!, $p: [String!]) { assetNodeOrError(assetKey: $k) { __typename
  ... on AssetNode { latest: assetMaterializations(partitions: $p, limit: 1) { runId partition timestamp metadataEntries {
    __typename label ... on IntMetadataEntry { intValue } ... on FloatMetadataEntry { floatValue } ... on TextMetadataEntry { text }
    ... on MarkdownMetadataEntry { mdStr } ... on UrlMetadataEntry { url } ... on PathMetadataEntry { path } } } } } }"""


class Dagster:
    """A client of one code location. Calls fail the test with the server's words when Dagster refuses."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def query(self, text: str, **variables: Any) -> Any:
        """The data of an answer. A question is asked again when the webserver behind the port-forward was replaced.

        A change is not, because it may have happened; it only waits for a webserver that answers.
        """
        body = {"query": text, "variables": variables}
        if text.startswith("mutation"):
            self.query("{ version }")
            answer = self.session.post(f"{self.url}/graphql", json=body, timeout=60)
        else:
            [answer] = eventually("Dagster answers", lambda: self.ask(body), within=60)
        answer.raise_for_status()
        found = answer.json()
        assert not found.get("errors"), found["errors"]
        return found["data"]

    def ask(self, body: dict[str, Any]) -> list[requests.Response]:
        """The answer in a list, which is empty while there is no connection."""
        try:
            return [self.session.post(f"{self.url}/graphql", json=body, timeout=60)]
        except requests.ConnectionError:
            return []

    def launch(
        self,
        job: str,
        *,
        partition: str = "",
        partitions: tuple[str, str] | None = None,
        config: dict[str, Any] | None = None,
        assets: Iterable[str] = (),
    ) -> str:
        """Queue a run of a job, or of some of its assets; its id. It is for one partition, or for all from a first to a last one."""
        selector: dict[str, Any] = {**REPOSITORY, "jobName": job}
        if assets:
            selector["assetSelection"] = keys(assets)
        said = {"dagster/partition": partition} if partition else {}
        if partitions:
            said = {"dagster/asset_partition_range_start": partitions[0], "dagster/asset_partition_range_end": partitions[1]}
        tags = [{"key": key, "value": value} for key, value in said.items()]
        body = {"selector": selector, "runConfigData": config or {}, "executionMetadata": {"tags": tags}}
        answer = self.query(LAUNCH, p=body)["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def backfill(self, assets: Iterable[str], partitions: list[str]) -> str:
        """Queue one run for each partition, with all of the assets in it; the backfill's id."""
        body = {"assetSelection": keys(assets), "partitionNames": partitions, "tags": []}
        answer = self.query(BACKFILL, p=body)["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        return str(answer["backfillId"])

    def runs(self, **filter: Any) -> list[Any]:
        """Runs that a RunsFilter lets through, newest first."""
        answer = self.query(RUNS, f=filter)["runsOrError"]
        assert answer["__typename"] == "Runs", answer
        return list(answer["results"])

    def run(self, run: str) -> Any:
        """One run."""
        return self.runs(runIds=[run])[0]

    def finished(self, run: str, *, within: float = 240) -> Any:
        """Wait for a run to end, and return it whatever its status."""
        return eventually(f"run {run} ends", lambda: next(iter(self.runs(runIds=[run], statuses=list(FINISHED))), None), within=within)

    def succeeds(self, run: str, *, within: float = 240) -> Any:
        """Wait for a run to end well, and return it."""
        found = self.finished(run, within=within)
        assert found["status"] == "SUCCESS", self.story(run)
        return found

    def backfilled(self, backfill: str, count: int, *, within: float = 420) -> list[Any]:
        """Wait until all runs of a backfill have ended, and return them; `count` is how many there must be."""

        def look() -> list[Any] | None:
            found = self.runs(tags=[{"key": "dagster/backfill", "value": backfill}])
            return found if len(found) >= count and all(run["status"] in FINISHED for run in found) else None

        return eventually(f"backfill {backfill} ends", look, within=within)

    def events(self, run: str) -> list[Any]:
        """The event log of a run."""
        found: list[Any] = []
        cursor = None
        while True:
            page = self.query(EVENTS, r=run, c=cursor)["logsForRun"]
            assert page["__typename"] == "EventConnection", page
            found += page["events"]
            cursor = page["cursor"]
            if not page["hasMore"]:
                return found

    def output(self, run: str) -> str:
        """What the run has written to its standard output and error, as the page shows it; empty while there is nothing."""
        captured = next((event for event in self.events(run) if event["__typename"] == "LogsCapturedEvent"), None)
        if captured is None:
            return ""
        text = "query($k: [String!]!) { capturedLogs(logKey: $k) { stdout stderr } }"
        logs = self.query(text, k=[run, "compute_logs", captured["fileKey"]])["capturedLogs"]
        return f"{logs['stdout'] or ''}{logs['stderr'] or ''}"

    def started(self, run: str, step: str) -> bool:
        """Whether a step of the run has started."""
        return any(event.get("eventType") == "STEP_START" and event.get("stepKey") == step for event in self.events(run))

    def story(self, run: str) -> str:
        """The event log as text, for messages of failed tests."""
        return "\n".join(
            f"{event.get('eventType')} {event.get('stepKey') or ''} {event.get('message', '')[:2000]}" for event in self.events(run)
        )

    def materialization(self, asset: str, partition: str = "") -> Any:
        """The newest materialization of an asset, or of a partition of it, with its metadata as label -> value; None without one."""
        found = self.query(MATERIALIZATIONS, k={"path": [asset]}, p=[partition] if partition else None)["assetNodeOrError"]
        assert found["__typename"] == "AssetNode", found
        if not found["latest"]:
            return None
        newest = found["latest"][0]
        newest["metadata"] = {entry["label"]: value(entry) for entry in newest["metadataEntries"]}
        return newest


def keys(assets: Iterable[str]) -> list[dict[str, list[str]]]:
    """Asset names as GraphQL wants them."""
    return [{"path": [asset]} for asset in assets]


def value(entry: dict[str, Any]) -> Any:
    """What a metadata entry holds, whatever its type; None for a type that no test reads."""
    names = ("intValue", "floatValue", "text", "mdStr", "url", "path")
    return next((entry[name] for name in names if entry.get(name) is not None), None)
