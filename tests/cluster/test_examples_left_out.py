"""The value `examples.enabled`: with it off, the DAG processor's own pod sees no example, on a root that it cannot write to."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.charts.conftest import CHARTS, objects, pod_specs, render

from . import kube
from .eventually import eventually

PROCESSOR = "tandem-airflow-dag-processor"
POD = "examples-left-out"
# As the DAG processor looks for files.
LOOK = """
import json
from airflow.utils.file import list_py_file_paths
print(json.dumps(sorted(path.removeprefix("/opt/airflow/dags/") for path in list_py_file_paths("/opt/airflow/dags"))))
"""


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
