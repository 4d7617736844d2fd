"""The GraphQL client, against a server that gives the answers of a Dagster."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tandem import dagster
from tandem.dagster import Dagster
from tandem.errors import TandemError


class Server(HTTPServer):
    """Gives prepared answers one after the other, the last one again and again, and keeps what it was asked."""

    answers: list[Any]
    asked: list[Any]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["variables"])
        answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        self.send_response(answer if isinstance(answer, int) else 200)
        self.end_headers()
        self.wfile.write(b"no database" if isinstance(answer, int) else json.dumps(answer).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.answers, running.asked = [], []
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def client(server: Server) -> Dagster:
    return Dagster(f"http://127.0.0.1:{server.server_port}")


def run(status: str, run_id: str = "a1", day: str = "2023-01-01") -> Any:
    tags = [{"key": "dagster/partition", "value": day}]
    return {"runId": run_id, "status": status, "jobName": "trip_update_job", "startTime": 1.5, "endTime": None, "tags": tags}


def runs(*found: Any) -> Any:
    return {"data": {"runsOrError": {"__typename": "Runs", "results": list(found)}}}


def locations(status: str, loaded: Any, name: str = "taxi") -> Any:
    entry = {"name": name, "loadStatus": status, "locationOrLoadError": loaded}
    return {"data": {"workspaceOrError": {"__typename": "Workspace", "locationEntries": [entry]}}}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (locations("LOADED", {"__typename": "RepositoryLocation"}), None),
        (locations("LOADING", None), "code location taxi is loading"),
        (locations("LOADED", {"__typename": "PythonError", "message": "\nno module shapely\nlong story"}), "no module shapely"),
        (locations("LOADED", {"__typename": "RepositoryLocation"}, name="other"), "there is no code location taxi"),
        ({"data": {"workspaceOrError": {"__typename": "PythonError", "message": "no workspace"}}}, "no workspace"),
    ],
)
def test_a_code_location_is_used_when_it_is_loaded(server: Server, client: Dagster, answer: Any, problem: str | None) -> None:
    server.answers = [answer]
    assert client.location_problem() == problem


def test_a_launch_names_job_and_partition(server: Server, client: Dagster) -> None:
    server.answers = [{"data": {"launchRun": {"__typename": "LaunchRunSuccess", "run": {"runId": "a1"}}}}]
    assert client.launch("trip_update_job", {"dagster/partition": "2023-01-01"}) == "a1"
    (asked,) = server.asked
    assert asked["p"]["selector"]["jobName"] == "trip_update_job"
    assert asked["p"]["executionMetadata"]["tags"] == [{"key": "dagster/partition", "value": "2023-01-01"}]


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {"launchRun": {"__typename": "PipelineNotFoundError", "message": "Could not find it\nat all"}}},
        {"data": {"launchRun": {"__typename": "RunConfigValidationInvalid", "errors": [{"message": "Could not find it"}]}}},
    ],
)
def test_a_refused_launch_is_told_in_a_line(server: Server, client: Dagster, answer: Any) -> None:
    server.answers = [answer]
    with pytest.raises(TandemError, match=r"^Dagster does not start trip_update_job: Could not find it$"):
        client.launch("trip_update_job", {})


def test_runs_are_waited_for_until_all_have_ended(server: Server, client: Dagster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tandem.dagster.time.sleep", lambda _seconds: None)
    later = run("QUEUED", "b2", "2023-02-01")
    server.answers = [runs(later, run("STARTED")), runs({**later, "status": "SUCCESS"}, run("SUCCESS"))]
    notes: list[str] = []
    client.finish(["a1", "b2"], notes.append, within=60)
    assert notes[0] == "trip_update_job 2023-01-01 started, trip_update_job 2023-02-01 queued"


def test_a_failed_run_is_told_with_its_reason_and_where_to_look(server: Server, client: Dagster) -> None:
    error = {"message": "an op failed", "cause": {"message": "TaxiError: 2023-01 is not published\nlong story"}}
    failure = {"data": {"logsForRun": {"events": [{}, {"stepKey": "taxi_trips_file", "error": error}]}}}
    server.answers = [runs(run("FAILURE")), failure]
    with pytest.raises(TandemError, match=r"trip_update_job of 2023-01-01 failed: TaxiError: 2023-01 is not published$") as problem:
        client.finish(["a1"], lambda _note: None, within=60)
    assert problem.value.hint == f"its log: {client.url}/runs/a1"


def test_runs_that_take_too_long_are_told(server: Server, client: Dagster) -> None:
    server.answers = [runs(run("STARTED"))]
    with pytest.raises(TandemError, match="not ended after 0 s"):
        client.finish(["a1"], lambda _note: None, within=0)


def test_a_summary_is_one_query(server: Server, client: Dagster) -> None:
    ranges = [
        {"status": "MATERIALIZED", "startKey": "2023-01-01", "endKey": "2023-03-01"},
        {"status": "MATERIALIZED", "startKey": "2024-01-01", "endKey": "2024-01-01"},
        {"status": "FAILED", "startKey": "2024-02-01", "endKey": "2024-02-01"},
    ]
    data = {"assetNodeOrError": {"assetPartitionStatuses": {"ranges": ranges}}, "runsOrError": {"results": [run("SUCCESS")]}}
    server.answers = [{"data": data}]
    found = client.summary()
    assert found["months"] == ["2023-01 to 2023-03", "2024-01"]
    expected = {"run": "a1", "job": "trip_update_job", "partition": "2023-01-01", "state": "SUCCESS", "start": 1.5, "end": None}
    assert found["runs"] == [expected]
    assert len(server.asked) == 1


def test_a_range_of_partitions_is_said_by_its_ends() -> None:
    tags = [{"key": dagster.RANGE_START, "value": "2023-01-01"}, {"key": dagster.RANGE_END, "value": "2023-03-26"}]
    assert dagster.partition_of({"tags": tags}) == "2023-01-01 to 2023-03-26"
    assert dagster.partition_of({"tags": []}) == ""


def test_refusals_and_silence_are_told_in_a_line(server: Server, client: Dagster) -> None:
    server.answers = [500, {"errors": [{"message": "Cannot query field"}]}]
    with pytest.raises(TandemError, match="Dagster refuses a query: 500 no database"):
        client.query("{ version }")
    with pytest.raises(TandemError, match="Dagster refuses a query: Cannot query field"):
        client.query("{ version }")
    with pytest.raises(TandemError, match=r"Dagster does not answer at http://127\.0\.0\.1:9"):
        Dagster("http://127.0.0.1:9").query("{ version }")


def test_a_code_location_that_never_loads_is_told(server: Server, client: Dagster) -> None:
    notes: list[str] = []
    server.answers += [locations("LOADING", None, "lineage"), locations("LOADED", {"__typename": "RepositoryLocation"}, "lineage")]
    client.until_loaded("lineage", notes.append)
    assert notes == ["code location lineage is loading"]
    server.answers[:] = [locations("LOADED", {"__typename": "PythonError", "message": "no module shapely\nmore"})]
    with pytest.raises(TandemError, match=r"Dagster can't use the code location taxi: no module shapely$"):
        client.until_loaded("taxi", notes.append, within=0)


def test_sensors_say_how_their_last_look_ended(server: Server, client: Dagster) -> None:
    def sensor(name: str, status: str, *ticks: Any) -> Any:
        return {"name": name, "sensorState": {"status": status, "ticks": list(ticks)}}

    causes = [{"message": "lineage.errors.LineageError: Airflow refuses the login\nTraceback"}]
    failed = {"status": "FAILURE", "timestamp": 7.5, "skipReason": None, "error": {"message": "the sensor failed\n", "causes": causes}}
    skipped = {"status": "SKIPPED", "timestamp": 8.5, "skipReason": "nothing new", "error": None}
    found = [sensor("one", "RUNNING", failed), sensor("two", "RUNNING", skipped), sensor("three", "STOPPED")]
    server.answers.append({"data": {"sensorsOrError": {"results": found}}})
    assert client.sensors("lineage") == [
        {"name": "one", "on": True, "last": "FAILURE", "at": 7.5, "said": "Airflow refuses the login"},
        {"name": "two", "on": True, "last": "SKIPPED", "at": 8.5, "said": "nothing new"},
        {"name": "three", "on": False, "last": None, "at": None, "said": ""},
    ]
    assert server.asked[0]["r"]["repositoryLocationName"] == "lineage"
    server.answers[:] = [{"data": {"sensorsOrError": {}}}]
    assert client.sensors("lineage") == []
