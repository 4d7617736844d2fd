"""Airflow's REST API, with the login that `make up` prints."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

from .eventually import eventually

FINISHED = ("success", "failed")


class Airflow:
    """A logged-in client. Calls raise requests.HTTPError with the server's words when Airflow refuses."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url
        self.session = requests.Session()
        login = self.session.post(f"{url}/auth/token", json={"username": username, "password": password}, timeout=30)
        login.raise_for_status()
        self.session.headers["Authorization"] = f"Bearer {login.json()['access_token']}"

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """A call below /api/v2; the parsed answer."""
        answer = self.session.request(method, f"{self.url}/api/v2{path}", timeout=60, **arguments)
        if not answer.ok:
            raise requests.HTTPError(f"{method} {path}: {answer.status_code} {answer.text[:500]}", response=answer)
        return answer.json() if answer.content else None

    def trigger(self, dag: str, *, logical_date: str | None = None, conf: dict[str, Any] | None = None) -> str:
        """Start a run and return its id."""
        body = {"logical_date": logical_date, "conf": conf or {}}
        return str(self.call("POST", f"/dags/{dag}/dagRuns", json=body)["dag_run_id"])

    def run(self, dag: str, run: str) -> Any:
        """A DAG run."""
        return self.call("GET", f"/dags/{dag}/dagRuns/{quote(run, safe='')}")

    def finished(self, dag: str, run: str, *, within: float = 180) -> Any:
        """Wait for a run to end, and return it whatever its state."""

        def look() -> Any:
            found = self.run(dag, run)
            return found if found["state"] in FINISHED else None

        return eventually(f"{dag} {run} ends", look, within=within)

    def task(self, dag: str, run: str, task: str) -> Any:
        """A task instance; with a state of None while the run is queued and has no tasks yet."""
        try:
            return self.call("GET", f"/dags/{dag}/dagRuns/{quote(run, safe='')}/taskInstances/{task}")
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code == 404:
                return {"state": None, "try_number": 0, "start_date": None, "end_date": None}
            raise

    def log(self, dag: str, run: str, task: str, try_number: int = 1, map_index: int = -1) -> str:
        """The log of one try, as lines of text; of a mapped task, that of one index."""
        path = f"/dags/{dag}/dagRuns/{quote(run, safe='')}/taskInstances/{task}/logs/{try_number}"
        parameters = {"full_content": "true", "map_index": str(map_index)}
        content = self.call("GET", path, params=parameters, headers={"Accept": "application/json"})["content"]
        return "\n".join(str(line.get("event", "")) if isinstance(line, dict) else str(line) for line in content)

    def clear(self, dag: str, run: str) -> None:
        """Clear every task of a run, so that all of it runs again."""
        self.call("POST", f"/dags/{dag}/clearTaskInstances", json={"dag_run_id": run, "dry_run": False, "only_failed": False})

    def asset_events(self, dag: str, run: str) -> list[Any]:
        """The asset events that a run's tasks emitted."""
        found = self.call("GET", "/assets/events", params={"source_dag_id": dag, "source_run_id": run})["asset_events"]
        return list(found)
