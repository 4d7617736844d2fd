"""Each data service installs alone with `helm install --wait` and proves itself with `helm test`; so does the installed platform."""

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


def test_the_installed_platform_passes_its_own_helm_tests() -> None:
    helm("test", "tandem", "-n", kube.NAMESPACE, "--timeout", "6m", timeout=600)
