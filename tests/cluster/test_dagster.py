"""Dagster as a platform: what its chart promises whatever the pipelines are."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tandem.open import Forward

from . import job_pod, kube
from .dagster_api import Dagster
from .databases import postgres
from .eventually import eventually

DAEMON = "tandem-dagster-daemon"
WEBSERVER = "tandem-dagster-webserver"


def quick(dagster: Dagster) -> str:
    """Queue a run that does almost nothing; its id."""
    return dagster.launch("trip_update_job", partition="2023-01-01", assets=["taxi_zones_file"])


def test_pools_of_the_values_are_in_force(dagster: Dagster) -> None:
    pools = dagster.query("{ instance { concurrencyLimits { concurrencyKey limit } poolConfig { poolGranularity } } }")["instance"]
    limits = {pool["concurrencyKey"]: pool["limit"] for pool in pools["concurrencyLimits"]}
    assert limits["lake"] == 4
    assert pools["poolConfig"]["poolGranularity"] == "run"


def test_every_daemon_is_healthy(dagster: Dagster) -> None:
    text = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy lastHeartbeatErrors { message } } } } }"
    statuses = dagster.query(text)["instance"]["daemonHealth"]["allDaemonStatuses"]
    assert not [status for status in statuses if status["required"] and not status["healthy"]]


@pytest.fixture(scope="module")
def run_pod(dagster: Dagster) -> tuple[str, Any]:
    """A run that ended well and the pod that it ran in."""
    run = quick(dagster)
    dagster.succeeds(run)
    return run, kube.pods(f"dagster/run-id={run}", namespace=kube.JOBS)[0]


def test_a_run_pod_has_no_token_and_only_job_credentials(run_pod: tuple[str, Any]) -> None:
    _, pod = run_pod
    spec = pod["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert not [volume for volume in spec["volumes"] if "projected" in volume or "secret" in volume]
    secrets = {source["secretRef"]["name"] for c in spec["containers"] for source in c.get("envFrom", []) if "secretRef" in source}
    secrets |= {
        entry["valueFrom"]["secretKeyRef"]["name"]
        for c in spec["containers"]
        for entry in c.get("env", [])
        if "secretKeyRef" in entry.get("valueFrom", {})
    }
    assert secrets == {"tandem-postgres-airbyte", "tandem-postgres-lake", "tandem-objectstore-pipelines", "tandem-postgres-dagsterrun"}


def test_no_password_is_where_people_or_runs_can_read_it(dagster: Dagster, run_pod: tuple[str, Any]) -> None:
    """Not in the pod of a run, nor in its event log, nor in any ConfigMap of either namespace."""
    run, pod = run_pod
    passwords = {kube.secret(f"tandem-postgres-{role}")["PGPASSWORD"] for role in ("dagster", "dagsterrun", "lake", "airbyte")}
    passwords.add(kube.secret("tandem-objectstore-pipelines")["AWS_SECRET_ACCESS_KEY"])
    maps = [kube.get("configmap", namespace=namespace) for namespace in (kube.NAMESPACE, kube.JOBS)]
    text = json.dumps([pod, maps]) + dagster.story(run) + dagster.output(run)
    assert not [password for password in passwords if password in text]


def test_the_login_of_run_pods_cannot_change_the_schema() -> None:
    login = kube.secret("tandem-postgres-dagsterrun")
    rights = postgres(
        f"""select has_schema_privilege('{login["PGUSER"]}', 'public', 'create'),
        count(*) filter (where tableowner = '{login["PGUSER"]}'), count(*) filter (where has_table_privilege('{login["PGUSER"]}',
        format('%I.%I', schemaname, tablename), 'truncate')) from pg_tables where schemaname = 'public'""",
        database="dagster",
    )
    assert rights == [["f", "0", "0"]]


def test_a_replaced_code_server_is_picked_up_by_webserver_and_daemon(dagster: Dagster) -> None:
    """The page knows the new server within 30 s by itself, and a run that the daemon launches afterwards ends well."""
    before = server_of(dagster)
    kube.kubectl("rollout", "restart", "-n", kube.NAMESPACE, f"deployment/{job_pod.CODE}")
    kube.kubectl("rollout", "status", "-n", kube.NAMESPACE, f"deployment/{job_pod.CODE}", "--timeout=120s", timeout=130)
    ready = time.monotonic()
    eventually("the page has the new code server", lambda: server_of(dagster) != before, within=30)
    dagster.succeeds(quick(dagster), within=60)
    assert time.monotonic() - ready < 90
    sensor = """query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) { ... on Sensor { sensorState {
      ticks(limit: 1) { timestamp status error { message } } } } } }"""
    selector = {"repositoryName": "__repository__", "repositoryLocationName": "taxi", "sensorName": "adhoc_request_sensor"}
    moment = time.time()

    def ticked() -> bool:
        newest = dagster.query(sensor, s=selector)["sensorOrError"]["sensorState"]["ticks"][0]
        assert newest["error"] is None, newest
        return bool(newest["timestamp"] > moment and newest["status"] in ("SKIPPED", "SUCCESS"))

    eventually("the daemon's sensor ticks with the new server", ticked, within=60)


def server_of(dagster: Dagster) -> str:
    """What tells one start of a code server from the next."""
    found = dagster.query(
        '{ workspaceLocationEntryOrError(name: "taxi") { ... on WorkspaceLocationEntry { versionKey updatedTimestamp loadStatus } } }'
    )
    entry = found["workspaceLocationEntryOrError"]
    assert entry["loadStatus"] == "LOADED"
    return f"{entry['versionKey']} {entry['updatedTimestamp']}"


def test_a_rollout_never_runs_two_daemons() -> None:
    selector = "app.kubernetes.io/name=dagster,app.kubernetes.io/component=daemon"
    before = {pod["metadata"]["name"] for pod in kube.get("pods", selector=selector)}
    kube.kubectl("rollout", "restart", "-n", kube.NAMESPACE, f"deployment/{DAEMON}")

    def replaced() -> bool:
        running = [pod for pod in kube.get("pods", selector=selector) if pod["status"]["phase"] == "Running"]
        assert len(running) <= 1, [pod["metadata"]["name"] for pod in running]
        return bool(running) and running[0]["metadata"]["name"] not in before and kube.is_ready(running[0])

    deadline = time.monotonic() + 120
    while not replaced():
        assert time.monotonic() < deadline, "the daemon was not replaced within 120 s"
        time.sleep(0.2)


@contextmanager
def scaled(deployment: str, replicas: int) -> Iterator[None]:
    """A Deployment with another number of pods for the length of the block."""
    kube.kubectl("scale", "-n", kube.NAMESPACE, f"deployment/{deployment}", f"--replicas={replicas}")
    try:
        kube.kubectl("rollout", "status", "-n", kube.NAMESPACE, f"deployment/{deployment}", "--timeout=120s", timeout=130)
        yield
    finally:
        kube.kubectl("scale", "-n", kube.NAMESPACE, f"deployment/{deployment}", "--replicas=1")
        kube.kubectl("rollout", "status", "-n", kube.NAMESPACE, f"deployment/{deployment}", "--timeout=120s", timeout=130)


def test_two_webservers_show_the_same(run_pod: tuple[str, Any]) -> None:
    run, _ = run_pod
    with scaled(WEBSERVER, 2):
        pods = [pod["metadata"]["name"] for pod in kube.pods("app.kubernetes.io/name=dagster,app.kubernetes.io/component=webserver")]
        assert len(pods) == 2
        for pod in pods:
            with Forward(f"pod/{pod}", 3000) as forward:
                assert Dagster(forward.url).run(run)["status"] == "SUCCESS"


def test_old_runs_are_purged_but_not_the_one_that_an_asset_rests_on(dagster: Dagster) -> None:
    """Two runs of one asset, both made to look 400 days old: the first goes, the second holds what the asset page shows."""
    superseded = quick(dagster)
    dagster.succeeds(superseded)
    latest = quick(dagster)
    dagster.succeeds(latest)
    age = "interval '400 days'"
    postgres(
        f"""update runs set create_timestamp = create_timestamp - {age}, update_timestamp = update_timestamp - {age}
        where run_id in ('{superseded}', '{latest}')""",
        database="dagster",
    )
    job = f"purge-now-{int(time.time())}"
    kube.kubectl("create", "job", "-n", kube.NAMESPACE, job, "--from=cronjob/tandem-dagster-retention")
    try:
        kube.kubectl("wait", "-n", kube.NAMESPACE, "--for=condition=complete", f"job/{job}", "--timeout=120s", timeout=130)
        newest = dagster.materialization("taxi_zones_file")["runId"]
        assert [run["runId"] for run in dagster.runs(runIds=[superseded])] == []
        assert [run["runId"] for run in dagster.runs(runIds=[latest])] == ([latest] if newest == latest else [])
    finally:
        kube.kubectl("delete", "job", "-n", kube.NAMESPACE, job, "--wait=false")


def test_a_pod_that_has_no_business_there_cannot_reach_dagster() -> None:
    """From a job pod, which may reach the object store: neither the webserver nor a code server answers."""
    script = (
        "import socket\n"
        "for host, port in (('tandem-objectstore', 7070), ('tandem-dagster-webserver', 3000), ('tandem-dagster-code-taxi', 4000)):\n"
        "    try:\n"
        "        socket.create_connection((host + '.tandem.svc', port), timeout=3).close()\n"
        "        print(host, 'open')\n"
        "    except TimeoutError:\n"
        "        print(host, 'closed')\n"
    )
    said = job_pod.output("dagster-is-closed", ["python", "-c", script])
    assert said.split("\n")[:3] == ["tandem-objectstore open", "tandem-dagster-webserver closed", "tandem-dagster-code-taxi closed"]


def test_the_first_question_after_a_restart_of_postgres_is_answered(dagster: Dagster) -> None:
    """The webserver keeps no connection that the restart has cut."""
    question = {"query": "{ runsOrError(limit: 1) { __typename } }"}
    assert dagster.session.post(f"{dagster.url}/graphql", json=question, timeout=60).status_code == 200
    kube.kubectl("delete", "pod", "-n", kube.NAMESPACE, "tandem-postgres-0", "--wait=true")
    eventually("Postgres is back", lambda: kube.is_ready(kube.get("pod", "tandem-postgres-0")), within=120)
    assert dagster.session.post(f"{dagster.url}/graphql", json=question, timeout=60).status_code == 200
