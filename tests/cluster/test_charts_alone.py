"""Data services, and Dagster over one, install alone with `helm install --wait` and prove themselves, as the installed platform does."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tandem import images, shell, tools
from tandem.paths import ROOT

from . import kube

RESTRICTED = "pod-security.kubernetes.io/enforce"


def helm(*arguments: str | Path, timeout: float = 420) -> subprocess.CompletedProcess[str]:
    """helm against Tandem's cluster; fails the test with helm's words."""
    command = [str(tools.find("helm")), "--kube-context", kube.CONTEXT, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=shell.environment())
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty restricted namespace, removed afterwards."""
    name = f"alone-{request.node.callspec.params['chart']}"
    kube.kubectl("delete", "namespace", name, "--ignore-not-found", timeout=180)
    kube.kubectl(
        "create",
        "-f",
        "-",
        input=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {RESTRICTED: "restricted"}}}),
    )
    yield name
    kube.kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.parametrize("chart", ["postgres", "mysql", "objectstore"])
def test_a_data_service_installs_alone(chart: str, namespace: str) -> None:
    tag = images.tags()[chart]
    values = ROOT / "charts" / chart / "ci" / "standalone-values.yaml"
    helm(
        "install", "alone", ROOT / "charts" / chart, "-n", namespace, "--wait", "--timeout", "5m", "-f", values, "--set", f"image.tag={tag}"
    )
    helm("test", "alone", "-n", namespace, "--timeout", "3m")
    helm("uninstall", "alone", "-n", namespace, "--wait")


@pytest.mark.parametrize("chart", ["dagster"])
def test_dagster_installs_alone_over_a_database(chart: str, namespace: str) -> None:
    found = images.tags()
    waiting = ["-n", namespace, "--wait", "--timeout", "5m"]
    databases = ["--set-json", 'databases={"dagster":{"owner":"dagster"}}']
    databases += ["--set-json", 'roles={"dagster":{},"dagsterrun":{"database":"dagster"}}']
    helm("install", "db", ROOT / "charts" / "postgres", *waiting, *databases, "--set", f"image.tag={found['postgres']}")
    settings = {
        "image.tag": found[chart],
        "postgresql.secretName": "db-postgres-dagster",
        "postgresql.runSecretName": "db-postgres-dagsterrun",
        "computeLogManager.type": "NoOpComputeLogManager",
        "dagsterWebserver.replicaCount": "2",
        "dagsterWebserver.enableReadOnly": "true",
    }
    values = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    helm("install", "alone", ROOT / "charts" / chart, *waiting, *values)
    helm("test", "alone", "-n", namespace, "--timeout", "3m")
    helm("uninstall", "alone", "-n", namespace, "--wait")


def test_the_installed_platform_passes_its_own_helm_tests() -> None:
    helm("test", "tandem", "-n", kube.NAMESPACE, "--timeout", "6m", timeout=600)
