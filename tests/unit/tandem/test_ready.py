"""When a platform that is there already may be used."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tandem import cluster, console, kube, ready
from tandem.errors import TandemError

STARTED = {"tandem-worker": datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)}


def pod(name: str, phase: str = "Running", *, is_ready: bool = True, since: str = "2026-01-01T12:00:05Z") -> Any:
    return {
        "metadata": {"name": name, "labels": {"app.kubernetes.io/component": name}},
        "spec": {"nodeName": "tandem-worker"},
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": str(is_ready)}],
            "containerStatuses": [{"name": "main", "ready": is_ready, "restartCount": 0, "state": {"running": {"startedAt": since}}}],
        },
    }


@pytest.mark.parametrize(
    ("found", "serves"),
    [
        (pod("x"), True),
        (pod("x", is_ready=False), False),
        (pod("x", since="2026-01-01T11:00:00Z"), False),  # older than its node: not looked at since the restart
        (pod("x", "Succeeded", is_ready=False), True),
        (pod("x", "Failed", is_ready=False), True),
        (pod("x", "Pending", is_ready=False), False),
    ],
)
def test_a_pod_serves_if_it_is_ready_and_was_started_after_its_node(found: Any, serves: bool) -> None:
    assert ready.is_serving(found, STARTED) is serves


def test_the_starts_of_nodes_are_those_of_their_containers(program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "nodes", lambda: {"tandem-worker": "running"})
    program("docker", """echo '[{"Name": "/tandem-worker", "State": {"StartedAt": "2026-01-01T12:00:00.123456789Z"}}]'""")
    assert ready.node_starts() == STARTED


def test_pods_are_waited_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [[pod("api-server", is_ready=False), pod("postgres")], [pod("api-server"), pod("postgres")]]
    monkeypatch.setattr(ready, "node_starts", lambda: STARTED)
    monkeypatch.setattr(kube, "items", lambda _kind: looks.pop(0))
    notes: list[str] = []
    phase = console.Phase("wait")
    monkeypatch.setattr(phase, "note", notes.append)
    ready.wait_for_pods(phase)
    assert notes == ["waiting for api-server"]
    assert looks == []


def test_a_pod_that_never_serves_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "node_starts", lambda: STARTED)
    monkeypatch.setattr(kube, "items", lambda _kind: [pod("scheduler", is_ready=False)])
    monkeypatch.setattr("tandem.explain.keep_logs", lambda: None)
    with pytest.raises(TandemError, match="not ready after 0 s") as problem:
        ready.wait_for_pods(console.Phase("wait"), within=0)
    assert problem.value.hint == "scheduler: container main runs, but is not ready yet"


class Page(BaseHTTPRequestHandler):
    """A page behind a port-forward: its first connections are closed without a word, as kubectl does before the server listens."""

    silent = 2

    def do_GET(self) -> None:
        if type(self).silent:
            type(self).silent -= 1
            return
        self.send_response(403)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Page, "silent", 2)
    with HTTPServer(("127.0.0.1", 0), Page) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_page_is_waited_for_until_it_answers_if_only_to_refuse(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    phase = console.Phase("open")
    monkeypatch.setattr(phase, "note", notes.append)
    ready.wait_for_pages(phase, [{"name": "Airflow", "url": server}])
    assert notes == ["waiting for Airflow: Remote end closed connection without response"] * 2


def test_a_page_that_never_answers_is_named(server: str) -> None:
    with pytest.raises(TandemError, match=f"Files does not answer at {server}: Remote end closed connection"):
        ready.wait_for_pages(console.Phase("open"), [{"name": "Files", "url": server}], within=0)
