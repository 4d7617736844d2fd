"""Airflow's REST API, as much of it as `make up` and `make status` use."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tandem import kube
from tandem.errors import TandemError

DAG = "generate_transaction_and_labels"
HALF_HOUR = timedelta(minutes=30)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Airflow:
    """A logged-in client of the Airflow at `url`. Calls raise TandemError with the server's words."""

    def __init__(self, url: str) -> None:
        self.url = url
        login = kube.secret("tandem-airflow-admin")
        if not login:
            raise TandemError("there is no Secret tandem-airflow-admin with Airflow's login", "run `make up`")
        self.username, self.password = login["username"], login["password"]
        self._token = ""
        self._token = self.call("POST", "/auth/token", {"username": self.username, "password": self.password})["access_token"]

    def call(self, method: str, path: str, body: Any = None, *, timeout: float = 30) -> Any:
        """A call with a JSON body; the parsed answer."""
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self._token}"} if self._token else {})}
        request = urllib.request.Request(self.url + path, None if body is None else json.dumps(body).encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            words = problem.read().decode(errors="replace")[:300]
            raise TandemError(f"Airflow refuses {method} {path}: {problem.code} {words}") from None
        except (OSError, ValueError) as problem:
            raise TandemError(f"Airflow does not answer at {self.url}: {problem}", "see `make status`") from None

    def last_run(self) -> Any:
        """The newest run of the DAG, None when it has none yet or the DAG is not known yet."""
        try:
            runs = self.call("GET", f"/api/v2/dags/{DAG}/dagRuns?limit=1&order_by=-run_after")["dag_runs"]
        except TandemError as problem:
            if ": 404 " in str(problem):
                return None
            raise
        return runs[0] if runs else None

    def trigger(self) -> Any:
        """Start a run for the last complete half hour."""
        return self.call("POST", f"/api/v2/dags/{DAG}/dagRuns", {"logical_date": None})

    def run(self, run_id: str) -> Any:
        """A run of the DAG."""
        return self.call("GET", f"/api/v2/dags/{DAG}/dagRuns/{quote(run_id, safe='')}")

    def task_states(self, run_id: str) -> dict[str, str]:
        """Task -> state, for the tasks of a run that have one."""
        found = self.call("GET", f"/api/v2/dags/{DAG}/dagRuns/{quote(run_id, safe='')}/taskInstances")["task_instances"]
        return {task["task_id"]: task["state"] for task in found if task["state"]}


def interval(run: Any) -> tuple[datetime, datetime]:
    """The half hour that a run works on, by the DAG's own rule: its data interval, or the last half hour before it started."""
    if run.get("data_interval_start"):
        return datetime.fromisoformat(run["data_interval_start"]), datetime.fromisoformat(run["data_interval_end"])
    end = EPOCH + (datetime.fromisoformat(run["run_after"]) - EPOCH) // HALF_HOUR * HALF_HOUR
    return end - HALF_HOUR, end


def until_known(airflow: Airflow, *, within: float = 120) -> None:
    """Wait for the DAG processor to have read the DAG; on a new platform that takes some seconds."""
    deadline = time.monotonic() + within
    while True:
        try:
            airflow.call("GET", f"/api/v2/dags/{DAG}")
            return
        except TandemError as problem:
            if ": 404 " not in str(problem):
                raise
        if time.monotonic() > deadline:
            errors = airflow.call("GET", "/api/v2/importErrors")["import_errors"]
            reason = errors[0]["stack_trace"].strip().splitlines()[-1] if errors else "the DAG processor has not read it"
            raise TandemError(
                f"the DAG {DAG} does not appear in Airflow: {reason}", "see `kubectl logs -n tandem deploy/tandem-airflow-dag-processor`"
            )
        time.sleep(0.5)
