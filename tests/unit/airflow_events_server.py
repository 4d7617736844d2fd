"""The part of Airflow's API server that deals with asset events, over real HTTP, with faults on demand."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local_server import serving

from lineage.airflow import Airflow
from lineage.settings import Settings

USER = {"username": "lineage", "password": "p@ss w'o\"rd"}
NAMES: tuple[str, ...] = ("customer_transactions", "labeled_transactions", "fraud_summary")
NAMES += ("taxi_trips", "taxi_zones", "trips_by_week", "manhattan_stats", "manhattan_map", "of_no_interest")


class AirflowEventsServer(ThreadingHTTPServer):
    """Answers as Airflow does.

    `faults` is a list of (method, path, what): the next request that fits takes one out and meets it: "401", "403", "500", "500 after"
    (it has committed), "cut", "cut after", "slow" (commits when `released`, and answers then), "not json".
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.assets = {name: number for number, name in enumerate(NAMES, 1)}
        self.events: list[dict[str, Any]] = []
        self.page = 100
        self.next_id = 1
        self.token = 1
        self.logins = 0
        self.requests: list[tuple[str, str]] = []
        self.faults: list[tuple[str, str, str]] = []
        self.released = threading.Event()
        self.between_pages: Callable[[], object] | None = None
        self.writing = threading.Lock()
        self.settings = Settings(
            f"http://127.0.0.1:{self.server_address[1]}",
            USER["username"],
            USER["password"],
            "http://airflow.example",
            "http://dagster.example",
        )

    def client(self, answer_seconds: float = 10) -> Airflow:
        """A client that has not logged in."""
        return Airflow(self.settings, answer_seconds=answer_seconds)

    def event(self, asset: str, *, at: datetime | None = None, dag: str | None = "a_dag", run: str | None = "a run", **extra: Any) -> int:
        """Emit and commit an event; its id."""
        return self.commit(self.begin(asset, extra, at=at, dag=dag, run=run))

    def begin(
        self, asset: str, extra: dict[str, Any], *, at: datetime | None = None, dag: str | None = None, run: str | None = None
    ) -> dict[str, Any]:
        """An event with its id and time that nobody can see yet."""
        with self.writing:
            number, self.next_id = self.next_id, self.next_id + 1
        return {
            "id": number,
            "asset_id": self.assets[asset],
            "name": asset,
            "uri": f"x-test://{asset}",
            "extra": extra,
            "source_dag_id": dag,
            "source_task_id": "a_task" if dag else None,
            "source_run_id": run if dag else None,
            "source_map_index": -1,
            "created_dagruns": [],
            "timestamp": (at or datetime.now(UTC)).isoformat().replace("+00:00", "Z"),
        }

    def commit(self, event: dict[str, Any]) -> int:
        with self.writing:
            self.events.append(event)
        return int(event["id"])

    def fault(self, method: str, path: str) -> str:
        """What shall happen to a request."""
        for entry in self.faults:
            if entry[:2] == (method, path):
                self.faults.remove(entry)
                return entry[2]
        return ""

    def received(self) -> list[str]:
        """What the events from Dagster stand for, in their order."""
        return [event["extra"]["dagster_event"] for event in self.events if "dagster_event" in event["extra"]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AirflowEventsServer

    def do_GET(self) -> None:
        self.deal("GET")

    def do_POST(self) -> None:
        self.deal("POST")

    def deal(self, method: str) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        path = url.path.removeprefix("/api/v2")
        self.server.requests.append((method, path))
        fault = self.server.fault(method, path)
        if fault.isdigit():
            self.answer(int(fault), {"detail": f"as the test\nwanted: {fault}"})
        elif fault == "cut":
            self.cut()
        elif fault == "not json":
            self.send(200, b"<html>")
        elif path == "/auth/token":
            self.login(body)
        elif self.headers.get("Authorization") != f"Bearer token-{self.server.token}":
            self.answer(401, {"detail": "Invalid or unsafe token"})
        elif path == "/assets":
            found = [asset for asset in self.assets() if query["name_pattern"] in asset["name"]]
            self.answer(200, {"assets": found, "total_entries": len(found)})
        elif method == "GET":
            self.list_events(query)
        else:
            self.create(body, fault)

    def login(self, body: dict[str, Any]) -> None:
        self.server.logins += 1
        if body == USER:
            self.answer(201, {"access_token": f"token-{self.server.token}"})
        else:
            self.answer(401, {"detail": "Invalid credentials"})

    def assets(self) -> list[dict[str, Any]]:
        return [{"id": number, "name": name, "uri": f"x-test://{name}"} for name, number in self.server.assets.items()]

    def list_events(self, query: dict[str, str]) -> None:
        assert query["order_by"] == "timestamp"
        found = sorted(self.server.events, key=lambda event: (time_of(event), event["id"]))
        if "timestamp_gte" in query:
            found = [event for event in found if time_of(event) >= datetime.fromisoformat(query["timestamp_gte"])]
        if "asset_id" in query:
            found = [event for event in found if event["asset_id"] == int(query["asset_id"])]
        start = int(query["offset"])
        page = found[start : start + min(int(query["limit"]), self.server.page)]
        self.answer(200, {"asset_events": page, "total_entries": len(found)})
        if self.server.between_pages:
            self.server.between_pages()
            self.server.between_pages = None

    def create(self, body: dict[str, Any], fault: str) -> None:
        name = next((name for name, number in self.server.assets.items() if number == body["asset_id"]), None)
        if name is None:
            self.answer(404, {"detail": f"Asset with ID: `{body['asset_id']}` was not found"})
            return
        event = self.server.begin(name, body["extra"] | {"from_rest_api": True})
        if fault == "slow":
            self.server.released.wait(20)
        self.server.commit(event)
        if fault == "cut after":
            self.cut()
        elif fault == "500 after":
            self.answer(500, {"detail": "Internal Server Error"})
        else:
            self.answer(200, event)

    def cut(self) -> None:
        """Break the connection without a word."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def answer(self, status: int, body: Any) -> None:
        self.send(status, json.dumps(body).encode())

    def send(self, status: int, data: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:  # Nobody waits for the answer any more.
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


def time_of(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["timestamp"])


def ago(seconds: float) -> datetime:
    """A time in the past."""
    return datetime.fromtimestamp(time.time(), UTC) - timedelta(seconds=seconds)


@contextmanager
def serve() -> Iterator[AirflowEventsServer]:
    server = AirflowEventsServer()
    with serving(server, server.released):
        yield server
