"""The pod of a run, as Dagster makes it from what the chart tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import findings, objects, render
from .dagster_chart import LAKE, OWNER, RESULTS, RUN, STORE, instance, named


@pytest.fixture
def run_job() -> dict[str, Any]:
    """The Job of a run of code location taxi, as the launcher makes it from the rendered values, as the API server gets it."""
    job = pytest.importorskip("dagster_k8s.job")
    context = pytest.importorskip("dagster_k8s.container_context")
    from kubernetes.client import ApiClient

    found = objects(render("tandem"))
    launcher = instance(found)["run_launcher"]["config"]
    [code] = named(found, "Deployment", "tandem-dagster-code-taxi")["spec"]["template"]["spec"]["containers"]
    variables = {variable["name"]: variable.get("value") for variable in code["env"]}
    location = json.loads(variables["DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT"])
    merged = context.K8sContainerContext.create_from_config({"k8s": {"run_k8s_config": launcher["run_k8s_config"]}}).merge(
        context.K8sContainerContext.create_from_config(location)
    )
    config = job.DagsterK8sJobConfig(
        job_image=variables["DAGSTER_CURRENT_IMAGE"],
        dagster_home=launcher["dagster_home"],
        instance_config_map=launcher["instance_config_map"],
        service_account_name=launcher["service_account_name"],
    )
    made = job.construct_dagster_k8s_job(config, ["dagster"], "run", merged.run_k8s_config, labels={"dagster/run-id": "1"})
    return dict(ApiClient().sanitize_for_serialization(made))


def test_the_pod_of_a_run_passes_the_restricted_standard(run_job: dict[str, Any], manifestcheck: Path) -> None:
    run_job["metadata"]["namespace"] = "tandem-jobs"
    assert findings(manifestcheck, yaml.safe_dump(run_job)) == []
    spec = run_job["spec"]["template"]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == "tandem-dagster-run"
    assert spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert {"cpu", "memory"} <= set(spec["containers"][0]["resources"]["requests"])
    assert run_job["spec"]["ttlSecondsAfterFinished"] == 900


def test_the_pod_of_a_run_holds_the_logins_of_jobs_only(run_job: dict[str, Any]) -> None:
    sources = run_job["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    secrets = {(source["secretRef"]["name"], source.get("prefix")) for source in sources if "secretRef" in source}
    assert secrets == {(RUN, "DAGSTER_"), (STORE, None), (LAKE, "LAKE_"), (RESULTS, None)}
    assert [source["configMapRef"]["name"] for source in sources if "configMapRef" in source] == ["tandem-taxi"]
    in_jobs = {
        o["metadata"]["name"] for o in objects(render("tandem")) if o["kind"] == "Secret" and o["metadata"]["namespace"] == "tandem-jobs"
    }
    assert {name for name, _ in secrets} <= in_jobs
    assert OWNER not in in_jobs
