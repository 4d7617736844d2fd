"""What the dagster chart makes of its values: dagster.yaml, pods of runs, rights, and who holds which secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import CHARTS, containers, helm_template, objects, pod_specs, render

TEAMS = CHARTS / "dagster" / "ci" / "teams-values.yaml"
STANDALONE = CHARTS / "dagster" / "ci" / "standalone-values.yaml"
OWNER, RUN = "tandem-postgres-dagster", "tandem-postgres-dagsterrun"
STORE, LAKE, RESULTS = "tandem-objectstore-pipelines", "tandem-postgres-lake", "tandem-postgres-airbyte"
# Who may hold which Secret: nothing that runs a user's code has the login of the owner.
HOLDERS = {
    "Deployment/tandem-dagster-webserver": {OWNER, RUN, STORE},
    "Deployment/tandem-dagster-daemon": {OWNER, RUN, STORE},
    "Deployment/tandem-dagster-code-taxi": {RUN, STORE, LAKE, RESULTS},
    "Job/tandem-dagster-migrations-r1": {OWNER, RUN},
    "CronJob/tandem-dagster-retention": {OWNER, STORE},
    "Job/tandem-lake-setup-r1": {STORE, LAKE, RESULTS},
}


def named(found: list[dict[str, Any]], kind: str, name: str, namespace: str = "tandem") -> dict[str, Any]:
    """The one object of that kind, name and namespace."""
    [one] = [o for o in found if (o["kind"], o["metadata"]["name"], o["metadata"].get("namespace")) == (kind, name, namespace)]
    return one


def instance(found: list[dict[str, Any]], namespace: str = "tandem") -> dict[str, Any]:
    """dagster.yaml as processes of a namespace read it."""
    text = named(found, "ConfigMap", "tandem-dagster-instance", namespace)["data"]["dagster.yaml"]
    return dict(yaml.safe_load(text))


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
    from .conftest import findings

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


def test_a_code_server_answers_until_the_next_one_does() -> None:
    spec = named(objects(render("tandem")), "Deployment", "tandem-dagster-code-taxi")["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    [code] = spec["template"]["spec"]["containers"]
    assert code["readinessProbe"]["grpc"] == {"port": 4000, "service": "DagsterApi"}


def test_each_code_location_has_its_image_environment_and_place_in_the_workspace() -> None:
    found = objects(render("dagster", "--values", TEAMS))
    workspace = yaml.safe_load(named(found, "ConfigMap", "tandem-dagster-instance")["data"]["workspace.yaml"])
    assert [entry["grpc_server"] for entry in workspace["load_from"]] == [
        {"host": "tandem-dagster-code-shop", "port": 4000, "location_name": "shop"},
        {"host": "tandem-dagster-code-office", "port": 4000, "location_name": "office"},
    ]
    [shop] = named(found, "Deployment", "tandem-dagster-code-shop")["spec"]["template"]["spec"]["containers"]
    [office] = named(found, "Deployment", "tandem-dagster-code-office")["spec"]["template"]["spec"]["containers"]
    assert (shop["image"], office["image"]) == ("registry.example.com/shop:1.4", "tandem/pipelines:0.1.0")
    assert {"name": "SHOP", "value": 'it\'s "quoted" $x'} in shop["env"]
    context = json.loads(next(v["value"] for v in shop["env"] if v["name"] == "DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT"))
    container = context["k8s"]["run_k8s_config"]["container_config"]
    assert container["resources"]["limits"] == {"memory": "4Gi"}
    assert container["env"] == [{"name": "SHOP", "value": 'it\'s "quoted" $x'}]


def test_the_tag_of_all_does_not_go_with_the_image_of_one() -> None:
    images = ["--set", "dagster-user-deployments.image.tag=abc", "--set", "dagster-user-deployments.deployments[0].image.tag="]
    found = objects(render("dagster", "--values", TEAMS, *images))
    used = {name: spec["containers"][0]["image"] for name, spec in pod_specs(found) if "-code-" in name}
    assert used == {
        "Deployment/tandem-dagster-code-shop": "registry.example.com/shop:0.1.0",
        "Deployment/tandem-dagster-code-office": "tandem/pipelines:abc",
    }


def sources(found: list[dict[str, Any]], policy: str, namespace: str = "tandem") -> list[Any]:
    """Who a NetworkPolicy lets in."""
    return [one for rule in named(found, "NetworkPolicy", policy, namespace)["spec"].get("ingress", []) for one in rule["from"]]


def test_nobody_reaches_the_webserver_but_whom_the_values_name() -> None:
    component = "app.kubernetes.io/component"
    found = objects(render("tandem"))
    assert [one["podSelector"]["matchLabels"][component] for one in sources(found, "tandem-dagster-webserver")] == ["test"]
    assert sources(found, "tandem-dagster-daemon") == []
    assert sources(found, "tandem-dagster-run", "tandem-jobs") == []
    reached = {one["podSelector"]["matchLabels"][component] for one in sources(found, "tandem-dagster-code")}
    assert reached == {"webserver", "webserver-read-only", "daemon"}
    more = sources(objects(render("dagster", "--values", TEAMS)), "tandem-dagster-webserver")
    assert {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}} in more


def test_a_proxy_that_asks_for_a_login_is_the_only_way_in() -> None:
    found = objects(render("dagster", "--values", TEAMS))
    for name in ("tandem-dagster-webserver", "tandem-dagster-webserver-read-only"):
        webserver, proxy = named(found, "Deployment", name)["spec"]["template"]["spec"]["containers"]
        assert webserver["args"][:3] == ["dagster-webserver", "--host", "127.0.0.1"]
        assert ("--read-only" in webserver["args"]) == name.endswith("read-only")
        assert proxy["ports"] == [{"name": "proxy", "containerPort": 4180}]
        [port] = named(found, "Service", name)["spec"]["ports"]
        assert port["targetPort"] == "proxy"


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
