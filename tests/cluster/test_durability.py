"""No acknowledged row is lost when a database pod is deleted, politely or by force, while rows are being committed."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from . import kube
from .databases import mysql, postgres
from .eventually import eventually

# Commits numbers one by one and prints each after the server acknowledged it; reconnects for as long as it is told to run.
WRITER = """
import os, sys, time
engine, stop = sys.argv[1], time.monotonic() + float(sys.argv[2])

def connect():
    if engine == "postgres":
        import psycopg
        return psycopg.connect(connect_timeout=2, autocommit=False)
    import pymysql
    e = os.environ
    return pymysql.connect(host=e["MYSQL_HOST"], port=int(e["MYSQL_PORT"]), user=e["MYSQL_USER"], password=e["MYSQL_PASSWORD"],
                           database=e["MYSQL_DATABASE"], connect_timeout=2, read_timeout=5)

n = 0
while time.monotonic() < stop:
    try:
        connection = connect()
        cursor = connection.cursor()
        while time.monotonic() < stop:
            n += 1
            cursor.execute("insert into acknowledged values (%s)", (n,))
            connection.commit()
            print(n, flush=True)
    except Exception as error:
        print("lost", type(error).__name__, flush=True)
        time.sleep(0.2)
print("end", flush=True)
"""
SECONDS = 45


def writer_pod(engine: str, secret: str) -> dict[str, Any]:
    """A job pod that runs WRITER with the credentials of a database's job role."""
    image = kube.get("deployment", "tandem-airflow-dag-processor")["spec"]["template"]["spec"]["containers"][0]["env"]
    [pipelines] = [variable["value"] for variable in image if variable["name"] == "TANDEM_JOBS_IMAGE"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"writer-{engine}", "namespace": kube.JOBS},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "writer",
                    "image": pipelines,
                    "command": ["python", "-c", WRITER, engine, str(SECONDS)],
                    "envFrom": [{"secretRef": {"name": secret}}],
                    "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }


@pytest.mark.parametrize(
    ("engine", "secret", "query"),
    [("postgres", "tandem-postgres-airbyte", postgres), ("mysql", "tandem-mysql-data", mysql)],
)
def test_every_acknowledged_row_survives(engine: str, secret: str, query: Callable[[str], list[list[str]]]) -> None:
    server = f"tandem-{engine}-0"
    query("drop table if exists acknowledged")
    query("create table acknowledged (n integer primary key)")
    if engine == "postgres":
        query("alter table acknowledged owner to airbyte")
    kube.kubectl("delete", "pod", f"writer-{engine}", "-n", kube.JOBS, "--ignore-not-found", "--wait")
    kube.kubectl("create", "-f", "-", input=json.dumps(writer_pod(engine, secret)))
    try:
        wait_for_rows(engine, 20)
        for options in ([], ["--force", "--grace-period=0"]):
            old = kube.get("pod", server)["metadata"]["uid"]
            kube.kubectl("delete", "pod", server, "-n", kube.NAMESPACE, "--wait=false", *options)
            eventually(f"a new {server} is ready", partial(serving, server, old), within=120)
            wait_for_rows(engine, len(acknowledged(engine)) + 20)
        eventually("the writer ends", lambda: "end" in log(engine).split(), within=SECONDS + 60)
        written = acknowledged(engine)
        assert "lost" in log(engine), "the server was never away: nothing was tested"
        stored = {int(row[0]) for row in query("select n from acknowledged")}
        assert written - stored == set(), "acknowledged rows are gone"
    finally:
        kube.kubectl(
            "delete", "pod", f"writer-{engine}", "-n", kube.JOBS, "--ignore-not-found", "--wait=false", "--force", "--grace-period=0"
        )
    query("drop table acknowledged")


def log(engine: str) -> str:
    """What the writer printed so far."""
    return kube.attempt("logs", f"writer-{engine}", "-n", kube.JOBS).stdout


def acknowledged(engine: str) -> set[int]:
    """The numbers whose commit the server acknowledged."""
    return {int(word) for word in log(engine).split() if word.isdigit()}


def wait_for_rows(engine: str, count: int) -> None:
    """Until the writer has that many acknowledgements."""
    eventually(f"{count} rows are acknowledged by {engine}", lambda: len(acknowledged(engine)) >= count, within=90)


def serving(server: str, old: str) -> bool:
    """Whether the server's pod is another one than `old`, and ready."""
    found = kube.attempt("get", "pod", server, "-n", kube.NAMESPACE, "-o", "json")
    if found.returncode != 0:
        return False
    pod = json.loads(found.stdout)
    return pod["metadata"]["uid"] != old and "deletionTimestamp" not in pod["metadata"] and kube.is_ready(pod)
