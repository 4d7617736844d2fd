"""Rendering charts, and asking the API server's own code what it thinks of the result."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tandem import engine, hashing, tools
from tandem.paths import CACHE, ROOT

CHARTS = ROOT / "charts"
APPLICATION_CHARTS = ("postgres", "mysql", "objectstore", "airflow", "dagster", "tandem")
NEEDS_A_DATABASE = ("airflow", "dagster")


def helm_template(
    chart: str, *arguments: str | Path, namespace: str = "tandem", release: str = "tandem"
) -> subprocess.CompletedProcess[str]:
    """`helm template` of a chart of this repository; the caller looks at status, output and error."""
    command = [tools.find("helm"), "template", release, CHARTS / chart, "--namespace", namespace, "--kube-version", "v1.36.3", *arguments]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True)


def render(chart: str, *arguments: str | Path) -> str:
    """The manifests of a chart, as text; fails the test with helm's words if it does not render."""
    done = helm_template(chart, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(manifests: str) -> list[dict[str, Any]]:
    """The objects of a YAML stream, and the pods that live as text in ConfigMaps (Airflow's pod template)."""
    found = [document for document in yaml.safe_load_all(manifests) if document]
    for config_map in [o for o in found if o["kind"] == "ConfigMap"]:
        for key, text in (config_map.get("data") or {}).items():
            if key.startswith("pod_template"):
                found.append(yaml.safe_load(text))
    return found


def pod_specs(found: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, pod spec) of everything that makes pods."""
    for o in found:
        name = f"{o['kind']}/{o['metadata']['name']}"
        if o["kind"] == "Pod":
            yield name, o["spec"]
        elif o["kind"] == "CronJob":
            yield name, o["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        elif "template" in o.get("spec", {}):
            yield name, o["spec"]["template"]["spec"]


def containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """All containers of a pod, those that run first included."""
    return [*spec.get("initContainers", []), *spec["containers"]]


@pytest.fixture(scope="session")
def manifestcheck() -> Path:
    """The checker of `manifestcheck/`, built once for each content of its folder."""
    source = Path(__file__).parent / "manifestcheck"
    target = CACHE / f"manifestcheck-{hashing.digest([source])}"
    if not (target / "manifestcheck").exists():
        engine.ensure()
        engine.build(source / "Dockerfile", context=source, output=target)
    return target / "manifestcheck"


def findings(checker: Path, manifests: str) -> list[dict[str, str]]:
    """What a Kubernetes API server with restricted Pod Security would refuse."""
    stream = "\n---\n".join(yaml.safe_dump(o) for o in objects(manifests))
    done = subprocess.run([checker], input=stream, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def configurations() -> list[Any]:
    """Each chart with its defaults, and with each of the supported configurations of its `ci` folder.

    Airflow and Dagster alone have no defaults that could work: they must be told their database.
    """
    found = []
    for chart in APPLICATION_CHARTS:
        if chart not in NEEDS_A_DATABASE:
            found.append(pytest.param(chart, [], id=f"{chart}-defaults"))
        for values in sorted((CHARTS / chart / "ci").glob("*-values.yaml")):
            found.append(pytest.param(chart, ["--values", values], id=f"{chart}-{values.name.removesuffix('-values.yaml')}"))
    return found
