"""What the DAG processor makes of the files in its image: all of them at once when it starts, and none of the examples on request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.charts.conftest import CHARTS, objects, pod_specs, render

from . import kube
from .airflow_api import Airflow
from .databases import postgres
from .eventually import eventually

PROCESSOR = "tandem-airflow-dag-processor"
POD = "examples-left-out"
# As the DAG processor looks for files.
LOOK = """
import json
from airflow.utils.file import list_py_file_paths
print(json.dumps(sorted(path.removeprefix("/opt/airflow/dags/") for path in list_py_file_paths("/opt/airflow/dags"))))
"""


GONE = "a_dag_that_its_file_no_longer_has"


@pytest.fixture
def gone() -> Iterator[str]:
    """A DAG in the database that an earlier version of a file had."""
    postgres(
        f"""delete from dag where dag_id = '{GONE}';
        create temporary table gone as select * from dag where dag_id = 'generate_transaction_and_labels';
        update gone set dag_id = '{GONE}', last_parsed_time = now() - interval '1 hour', is_stale = false;
        insert into dag select * from gone""",
        database="airflow",
    )
    yield GONE
    postgres(f"delete from dag where dag_id = '{GONE}'", database="airflow")


def test_a_new_dag_processor_reads_every_file_at_once_and_drops_what_is_no_longer_there(airflow: Airflow, gone: str) -> None:
    """As after an upgrade, whatever the interval is at which files are parsed again."""
    assert airflow.call("GET", "/dags", params={"dag_id_pattern": gone, "exclude_stale": "false"})["total_entries"] == 1
    start = datetime.now(UTC).isoformat()
    kube.kubectl("rollout", "restart", "-n", kube.NAMESPACE, f"deployment/{PROCESSOR}")

    def parsed() -> bool:
        dags = airflow.call("GET", "/dags", params={"limit": "100"})["dags"]
        late = [dag["dag_id"] for dag in dags if dag["last_parsed_time"] < start and dag["dag_id"] != gone]
        assert not late, late
        return len(dags) > 3

    eventually("every DAG file is parsed again", parsed, within=90)
    eventually("the DAG that is gone has left the page", lambda: gone not in names(airflow), within=120)


def names(airflow: Airflow) -> list[str]:
    """The DAGs that the page shows."""
    return [dag["dag_id"] for dag in airflow.call("GET", "/dags", params={"limit": "100"})["dags"]]


@pytest.fixture
def pod() -> Iterator[str]:
    """A pod as the DAG processor's, with the mounts of a chart without examples, that lists the files to be parsed."""
    rendered = render("airflow", "--values", CHARTS / "airflow/ci/standalone-values.yaml", "--set", "examples.enabled=false")
    mounts = dict(pod_specs(objects(rendered)))[f"Deployment/{PROCESSOR}"]["containers"][0]["volumeMounts"]
    spec = kube.get("deployment", PROCESSOR)["spec"]["template"]["spec"]
    container = spec["containers"][0]
    for unwanted in ("startupProbe", "livenessProbe", "readinessProbe", "ports"):
        container.pop(unwanted, None)
    container |= {"args": ["python", "-W", "ignore", "-c", LOOK], "volumeMounts": mounts}
    spec |= {"initContainers": [], "restartPolicy": "Never"}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD}, "spec": spec}
    kube.kubectl("delete", "pod", "-n", kube.NAMESPACE, POD, "--ignore-not-found")
    kube.kubectl("create", "-n", kube.NAMESPACE, "-f", "-", input=json.dumps(manifest))
    yield POD
    kube.kubectl("delete", "pod", "-n", kube.NAMESPACE, POD, "--wait=false")


def test_without_examples_only_the_pipelines_are_parsed(pod: str) -> None:
    eventually("the pod has ended", lambda: kube.get("pod", pod)["status"]["phase"] in ("Succeeded", "Failed"), within=90)
    files = json.loads(kube.kubectl("logs", "-n", kube.NAMESPACE, pod).strip().splitlines()[-1])
    assert "generate_transaction_and_labels.py" in files
    assert [file for file in files if file.startswith("examples/")] == []
