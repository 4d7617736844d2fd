"""Examples 16 and 17: events that no task makes."""

from __future__ import annotations

import ast
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from tandem.paths import ROOT

from . import kube
from .airflow_api import Airflow
from .asset_events import Consumer, asset, consumer, events, logged, pause, post
from .eventually import eventually

TRIGGERER = "deployment/tandem-airflow-triggerer"
WATCHER, REST = "ex16_watcher_consumer", "ex17_rest_consumer"


def reparse(airflow: Airflow, dag: str) -> None:
    """Have the file of a DAG read now, as the button of its page does."""
    before = airflow.call("GET", f"/dags/{dag}")
    airflow.call("PUT", f"/parseDagFile/{before['file_token']}")
    eventually(
        f"{dag} is read again",
        lambda: airflow.call("GET", f"/dags/{dag}")["last_parsed_time"] > before["last_parsed_time"],
        within=60,
    )


@contextmanager
def watched(airflow: Airflow) -> Iterator[Consumer]:
    """The consumer of example 16, with its watcher at work; that is gone afterwards."""
    with consumer(airflow, WATCHER) as found:
        reparse(airflow, WATCHER)
        yield found
    reparse(airflow, WATCHER)


def in_triggerer(script: str) -> str:
    """Run a line of shell where the watcher looks for its file."""
    [pod] = [pod for pod in kube.pods("app.kubernetes.io/name=airflow,app.kubernetes.io/component=triggerer") if kube.is_ready(pod)]
    return kube.kubectl("exec", "-n", kube.NAMESPACE, pod["metadata"]["name"], "-c", "triggerer", "--", "sh", "-c", script)


def test_a_watcher_makes_an_event_of_a_file_and_again_after_the_triggerer_was_replaced(airflow: Airflow) -> None:
    with watched(airflow) as found:
        for number in (1, 2):
            in_triggerer("mkdir -p /tmp/ex16 && touch /tmp/ex16/go")
            run = found.ran(number)[-1]
            [event] = found.events(run)
            assert (event["source_dag_id"], event["source_run_id"]) == (None, None)
            assert event["extra"] == {"from_trigger": True, "payload": {"filepath": "/tmp/ex16/go"}}
            assert in_triggerer("ls /tmp/ex16") == ""
            logged(airflow, WATCHER, run, "consume", "source DAG: None, extra: {'from_trigger': True")
            if number == 1:
                kube.kubectl("rollout", "restart", "-n", kube.NAMESPACE, TRIGGERER)
                kube.kubectl("rollout", "status", "-n", kube.NAMESPACE, TRIGGERER, "--timeout=120s", timeout=130)
        # The file of the first event was deleted, so the new triggerer has not taken it for a second one.
        assert len(found.runs()) == 2


def test_the_commands_of_the_page_make_an_event(airflow: Airflow) -> None:
    """As they stand there, with the address and the password of this platform."""
    login = kube.secret("tandem-airflow-admin")
    page = ast.get_docstring(ast.parse((ROOT / "pipelines/dags/examples/17_events_by_rest.py").read_text())) or ""
    commands = "\n".join(line for line in page.splitlines() if line.startswith("    "))
    assert "curl" in commands
    commands = re.sub(r"AIRFLOW=\S+", f"AIRFLOW={airflow.url}", commands).replace('"…"', f'"{login["password"]}"')
    with consumer(airflow, REST) as found:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        [run] = found.ran(1)
        [event] = found.events(run)
        assert event["extra"] == {"orders": 12, "from_rest_api": True}
        assert (event["source_dag_id"], event["source_run_id"], event["source_task_id"]) == (None, None, None)
        logged(airflow, REST, run, "consume", "source DAG: None, extra: {'orders': 12, 'from_rest_api': True}")


def test_events_can_be_read_while_a_run_that_they_started_waits_for_its_turn(airflow: Airflow) -> None:
    """A run that is cleared waits again, and for as long as its DAG is paused. Airflow 3.3.2 itself has no answer then."""
    with consumer(airflow, REST) as found:
        event = post(airflow, "ex17_shop_orders")
        [run] = found.ran(1)
        airflow.finished(REST, run)
        pause(airflow, REST)
        try:
            airflow.clear(REST, run)
            assert airflow.run(REST, run)["start_date"] is None
            assert event["id"] in [one["id"] for one in events(airflow, "ex17_shop_orders")]
            [consumed] = found.events(run)
            assert consumed["created_dagruns"][0]["start_date"] is None
        finally:
            pause(airflow, REST, False)
        assert airflow.finished(REST, run)["state"] == "success"


@pytest.fixture
def viewer(airflow: Airflow) -> Iterator[Airflow]:
    """A login with the role Viewer, gone after the test."""
    name, password = f"viewer-{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    users = f"{airflow.url}/auth/fab/v1/users"
    person = {"username": name, "password": password, "email": f"{name}@example.com", "first_name": "A", "last_name": "Viewer"}
    airflow.session.post(users, json={**person, "roles": [{"name": "Viewer"}]}, timeout=60).raise_for_status()
    try:
        yield Airflow(airflow.url, name, password)
    finally:
        airflow.session.delete(f"{users}/{name}", timeout=60).raise_for_status()


def test_a_viewer_may_see_assets_but_make_no_event(airflow: Airflow, viewer: Airflow) -> None:
    orders = asset(viewer, "ex17_shop_orders")["id"]
    with pytest.raises(requests.HTTPError, match="403"):
        viewer.call("POST", "/assets/events", json={"asset_id": orders, "extra": {}})
