"""What the dagster chart makes of its values: dagster.yaml, rights, and who holds which secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import containers, helm_template, objects, pod_specs, render
from .dagster_chart import LAKE, OWNER, RESULTS, RUN, STANDALONE, STORE, TEAMS, instance, named

# Who may hold which Secret: nothing that runs a user's code has the login of the owner.
HOLDERS = {
    "Deployment/tandem-dagster-webserver": {OWNER, RUN, STORE},
    "Deployment/tandem-dagster-daemon": {OWNER, RUN, STORE},
    "Deployment/tandem-dagster-code-taxi": {RUN, STORE, LAKE, RESULTS},
    "Deployment/tandem-dagster-code-lineage": {RUN, STORE, "tandem-airflow-user-lineage"},
    "Job/tandem-dagster-migrations-r1": {OWNER, RUN},
    "CronJob/tandem-dagster-retention": {OWNER, STORE},
    "Job/tandem-lake-setup-r1": {STORE, LAKE, RESULTS},
}


def environment_secrets(spec: dict[str, Any]) -> set[str]:
    """Names of the Secrets that a pod has in its environment. Of the login of runs, control-plane pods only learn the role's name."""
    found = set()
    for container in containers(spec):
        found |= {source["secretRef"]["name"] for source in container.get("envFrom", []) if "secretRef" in source}
        for variable in container.get("env", []):
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                assert (variable["name"], reference["key"]) == ("DAGSTER_RUN_ROLE", "PGUSER")
                found.add(reference["name"])
    return found


@pytest.mark.parametrize("name", HOLDERS)
def test_a_component_reads_just_the_secrets_that_it_uses(name: str) -> None:
    assert environment_secrets(dict(pod_specs(objects(render("tandem"))))[name]) == HOLDERS[name]


def test_dagster_accepts_the_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = pytest.importorskip("dagster._core.instance.config")
    cases: list[tuple[str, list[str | Path]]] = [("tandem", []), ("dagster", ["--values", TEAMS]), ("dagster", ["--values", STANDALONE])]
    for chart, arguments in cases:
        (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(instance(objects(render(chart, *arguments)))))
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
        found, _ = config.dagster_instance_config(str(tmp_path))
        assert found["storage"]["postgres"]["should_autocreate_tables"] is False


def test_the_instance_holds_no_login_and_is_the_same_for_runs() -> None:
    found = objects(render("tandem"))
    assert instance(found) == instance(found, "tandem-jobs")
    login = instance(found)["storage"]["postgres"]["postgres_db"]
    assert {key: value["env"] for key, value in login.items() if isinstance(value, dict) and "env" in value} == {
        "hostname": "DAGSTER_PGHOST",
        "port": "DAGSTER_PGPORT",
        "db_name": "DAGSTER_PGDATABASE",
        "username": "DAGSTER_PGUSER",
        "password": "DAGSTER_PGPASSWORD",
    }
    assert set(named(found, "ConfigMap", "tandem-dagster-instance", "tandem-jobs")["data"]) == {"dagster.yaml"}


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (
            "tandem-dagster-daemon",
            {
                "jobs": ["create", "delete", "list"],
                "jobs/status": ["get"],
                "pods": ["delete", "get", "list"],
                "pods/log": ["get"],
                "events": ["list"],
            },
        ),
        ("tandem-dagster-webserver", {"jobs": ["delete", "list"], "pods": ["delete", "list"]}),
    ],
)
def test_rights_in_the_job_namespace(role: str, rights: dict[str, list[str]]) -> None:
    rules = named(objects(render("tandem")), "Role", role, "tandem-jobs")["rules"]
    assert {rule["resources"][0]: rule["verbs"] for rule in rules} == rights


def test_code_servers_runs_migrations_and_people_who_only_look_have_no_rights() -> None:
    found = objects(render("tandem", "--set", "dagster.dagsterWebserver.enableReadOnly=true"))
    bound = {subject["name"] for o in found if o["kind"] == "RoleBinding" for subject in o["subjects"]}
    mine = {o["metadata"]["name"] for o in found if o["kind"] == "ServiceAccount" and "dagster" in o["metadata"]["name"]}
    assert {name for name in mine if name in bound} == {"tandem-dagster-webserver", "tandem-dagster-daemon"}
    assert not [o for o in found if o["kind"].startswith("ClusterRole")]


def test_there_is_one_daemon_also_in_a_rollout() -> None:
    spec = named(objects(render("dagster", "--values", TEAMS)), "Deployment", "tandem-dagster-daemon")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_budgets_only_where_a_pod_can_be_spared() -> None:
    assert [o["metadata"]["name"] for o in objects(render("dagster", "--values", TEAMS)) if o["kind"] == "PodDisruptionBudget"] == [
        "tandem-dagster-webserver"
    ]


@pytest.mark.parametrize(
    ("setting", "advice"),
    [
        ("postgresql.postgresqlHost=x", "postgresql.secretName"),
        ("dagsterDaemon.runCoordinator.config.queuedRunCoordinator.maxConcurrentRuns=3", "concurrency.runs.maxConcurrentRuns"),
        ("runLauncher.config.k8sRunLauncher.envSecrets[0].name=x", "envSecrets of the code location"),
        ("runLauncher.config.celeryK8sRunLauncher.image=x", "k8sRunLauncher"),
        ("dagsterDaemon.replicaCount=2", "one daemon"),
        ("rabbitmq.enabled=true", "need no broker"),
        ("ingress.enabled=true", "networkPolicy.webserverFrom"),
        ("dagster-user-deployments.enableSubchart=true", "part of this chart"),
        ("computeLogManager.type=S3ComputeLogManager", "computeLogManager.secretName must name a Secret"),
        ("postgresql.secretName=", "postgresql.secretName must name a Secret"),
        ("postgresql.sslmode=verify-full", "postgresql.sslRootCert must name a Secret or ConfigMap"),
        ("postgresql.sslRootCert.secretName=a,postgresql.sslRootCert.configMapName=b", "write one of the two"),
        ("retention.sensor=null", "missing property 'sensor'"),
        ("dagsterWebserver.authProxy.enabled=true", "authProxy.container must name the image"),
    ],
)
def test_a_value_that_cannot_work_fails_with_what_to_write_instead(setting: str, advice: str) -> None:
    done = helm_template("dagster", "--values", STANDALONE, "--set", setting)
    assert done.returncode != 0
    assert advice in done.stderr


@pytest.mark.parametrize(
    ("settings", "source", "zones"),
    [
        ([], None, None),
        (["taxi.samples.enabled=true"], "s3://raw/samples", "s3://raw/samples/taxi_zones.csv"),
        (
            ["taxi.samples.enabled=true", "taxi.source=https://example.com/trips"],
            "https://example.com/trips",
            "s3://raw/samples/taxi_zones.csv",
        ),
        (["taxi.samples.enabled=true", "taxi.raw=s3://mine/x/y"], "s3://mine/samples", "s3://mine/samples/taxi_zones.csv"),
    ],
)
def test_where_taxi_files_come_from(settings: list[str], source: str | None, zones: str | None) -> None:
    found = objects(render("tandem", *[word for setting in settings for word in ("--set", setting)]))
    for namespace in ("tandem", "tandem-jobs"):
        data = named(found, "ConfigMap", "tandem-taxi", namespace)["data"]
        assert (data.get("TAXI_SOURCE"), data.get("TAXI_ZONES_SOURCE")) == (source, zones)
        assert data["LAKE_DATA_PATH"] == "s3://lake/data/"
