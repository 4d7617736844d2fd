"""What every chart must hold in every supported configuration."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import configurations, containers, findings, objects, pod_specs, render

every_configuration = pytest.mark.parametrize(("chart", "arguments"), configurations())
PROGRAMS_THAT_START_PYTHON = re.compile(r"\b(python[0-9.]*|airflow|dagster|dagster-daemon|celery)\b")
SECRET_KEY = re.compile(r"PASSWORD|SECRET|FERNET|^password$", re.IGNORECASE)


@every_configuration
def test_an_api_server_with_restricted_pod_security_accepts_every_object(chart: str, arguments: list[Any], manifestcheck: Path) -> None:
    assert findings(manifestcheck, render(chart, *arguments)) == []


def test_the_checker_refuses_what_an_api_server_refuses(manifestcheck: Path) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "bad"},
        "spec": {"container": [], "containers": [{"name": "main", "image": "busybox", "imagePullPolicy": "Sometimes"}]},
    }
    import yaml

    checks = {f["check"] for f in findings(manifestcheck, yaml.safe_dump(pod))}
    assert checks == {"strict", "pod-security", "validation"}


@every_configuration
def test_every_container_has_requests_and_a_memory_limit(chart: str, arguments: list[Any]) -> None:
    for name, spec in pod_specs(objects(render(chart, *arguments))):
        for container in containers(spec):
            resources = container.get("resources") or {}
            assert {"cpu", "memory"} <= set(resources.get("requests") or {}), f"{name} {container['name']}: no requests"
            assert "memory" in (resources.get("limits") or {}), f"{name} {container['name']}: no memory limit"


@every_configuration
def test_every_root_filesystem_is_read_only(chart: str, arguments: list[Any]) -> None:
    for name, spec in pod_specs(objects(render(chart, *arguments))):
        for container in containers(spec):
            assert container["securityContext"].get("readOnlyRootFilesystem") is True, f"{name} {container['name']}"


@every_configuration
def test_no_pod_gets_a_token_or_service_variables_by_accident(chart: str, arguments: list[Any]) -> None:
    for name, spec in pod_specs(objects(render(chart, *arguments))):
        assert "automountServiceAccountToken" in spec, f"{name} does not say whether it wants a token"
        assert spec.get("enableServiceLinks") is False, f"{name}: service links"
        if spec["automountServiceAccountToken"]:
            assert spec.get("serviceAccountName", "default") != "default", f"{name} has a token of the default service account"


@every_configuration
def test_no_probe_starts_python(chart: str, arguments: list[Any]) -> None:
    for name, spec in pod_specs(objects(render(chart, *arguments))):
        for container in containers(spec):
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                command = " ".join(container.get(probe, {}).get("exec", {}).get("command", []))
                assert not PROGRAMS_THAT_START_PYTHON.search(command), f"{name} {container['name']} {probe}: {command}"


@every_configuration
def test_every_long_running_container_has_a_readiness_and_a_liveness_probe(chart: str, arguments: list[Any]) -> None:
    for o in objects(render(chart, *arguments)):
        if o["kind"] in ("Deployment", "StatefulSet"):
            for container in o["spec"]["template"]["spec"]["containers"]:
                missing = {"readinessProbe", "livenessProbe"} - set(container)
                assert not missing, f"{o['metadata']['name']} {container['name']}: {missing}"


@every_configuration
def test_secret_values_appear_in_secrets_only(chart: str, arguments: list[Any]) -> None:
    found = objects(render(chart, *arguments))
    values = {
        value
        for o in found
        if o["kind"] == "Secret"
        for key, value in secret_content(o).items()
        if SECRET_KEY.search(key) and len(value) >= 8
    }
    for o in found:
        if o["kind"] != "Secret":
            text = str(o)
            leaked = [value for value in values if value in text or base64.b64encode(value.encode()).decode() in text]
            assert not leaked, f"{o['kind']}/{o['metadata']['name']} holds a secret value"


def secret_content(secret: dict[str, Any]) -> dict[str, str]:
    """Keys and plain values of a Secret, whichever way it was written."""
    decoded = {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}
    return {**decoded, **(secret.get("stringData") or {})}


@every_configuration
def test_every_object_carries_the_recommended_labels(chart: str, arguments: list[Any]) -> None:
    for o in objects(render(chart, *arguments)):
        if o["metadata"].get("labels") is None and o["kind"] == "Pod":
            continue  # Airflow's pod template: the executor names and labels the pod
        missing = {f"app.kubernetes.io/{label}" for label in ("name", "instance", "managed-by")} - set(o["metadata"].get("labels") or {})
        assert not missing, f"{o['kind']}/{o['metadata']['name']}: {missing}"


@every_configuration
def test_selectors_hold_nothing_that_an_upgrade_changes(chart: str, arguments: list[Any]) -> None:
    for o in objects(render(chart, *arguments)):
        if o["kind"] in ("Deployment", "StatefulSet"):
            assert not {"helm.sh/chart", "app.kubernetes.io/version"} & set(o["spec"]["selector"]["matchLabels"])


@every_configuration
def test_an_upgrade_without_a_change_touches_no_pod_template(chart: str, arguments: list[Any]) -> None:
    """Revision and random secrets of a second rendering must not reach the templates of long-running pods.

    The random part is taken out by rendering twice as an upgrade: what differs between the two is what a cluster would see.
    """
    first, second = (
        {
            (o["kind"], o["metadata"]["name"]): o["spec"]["template"]
            for o in objects(render(chart, *arguments, *extra))
            if o["kind"] in ("Deployment", "StatefulSet")
        }
        for extra in ([], ["--is-upgrade"])
    )
    strip = lambda template: re.sub(r"'checksum/[^']*': '[0-9a-f]*'", "", str(template))  # noqa: E731
    assert {k: strip(v) for k, v in first.items()} == {k: strip(v) for k, v in second.items()}
