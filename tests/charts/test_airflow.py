"""What the airflow chart makes of its values: the configuration file, and who holds which secret."""

from __future__ import annotations

import base64
import configparser
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import CHARTS, containers, helm_template, objects, pod_specs, render

STANDALONE = CHARTS / "airflow" / "ci" / "standalone-values.yaml"
DATABASE = {"tandem-postgres-airflow", "tandem-airflow-fernet-key"}
LOGS = {"tandem-objectstore-airflow"}
CONNECTIONS = {"tandem-airflow-connections"}
JWT = {"tandem-airflow-jwt-secret"}
# Who may hold which Secret: a component has what it uses, a task has nothing of the control plane.
HOLDERS = {
    "Deployment/tandem-airflow-api-server": DATABASE | LOGS | CONNECTIONS | JWT | {"tandem-airflow-api-secret-key"},
    "Deployment/tandem-airflow-scheduler": DATABASE | JWT,
    "Deployment/tandem-airflow-dag-processor": DATABASE | CONNECTIONS,
    "Deployment/tandem-airflow-triggerer": DATABASE | LOGS | CONNECTIONS,
    "Job/tandem-airflow-migrations-r1": DATABASE | {"tandem-airflow-admin", "tandem-airflow-user-lineage"},
    "Pod/task": LOGS,
}


def secrets_of(spec: dict[str, Any]) -> set[str]:
    """Names of all Secrets that a pod reads, as environment or as files."""
    found = {volume["secret"]["secretName"] for volume in spec.get("volumes", []) if "secret" in volume}
    for container in containers(spec):
        found |= {source["secretRef"]["name"] for source in container.get("envFrom", []) if "secretRef" in source}
        references = [variable.get("valueFrom", {}).get("secretKeyRef") for variable in container.get("env", [])]
        found |= {reference["name"] for reference in references if reference}
    return found


@pytest.mark.parametrize("name", HOLDERS)
def test_a_component_reads_just_the_secrets_that_it_uses(name: str) -> None:
    specs = dict(pod_specs(objects(render("tandem"))))
    assert secrets_of(specs[name]) == HOLDERS[name]


def configuration(settings: dict[str, Any]) -> configparser.ConfigParser:
    """airflow.cfg for the given `config` values, read as Airflow reads it."""
    manifests = render("airflow", "--values", STANDALONE, "--set-json", f"config={json.dumps(settings)}")
    files = [o["data"]["airflow.cfg"] for o in yaml.safe_load_all(manifests) if o and "airflow.cfg" in (o.get("data") or {})]
    assert len(files) == 2
    assert files[0] == files[1], "tasks read other settings than the control plane"
    parser = configparser.ConfigParser()
    parser.read_string(files[0])
    return parser


@pytest.mark.parametrize(
    ("given", "expected"),
    [(5000000, "5000000"), (0.2, "0.2"), (True, "true"), ("50%", "50%"), ("a\nb", "a\nb"), ("", "")],
)
def test_a_setting_arrives_as_it_was_written(given: Any, expected: str) -> None:
    assert configuration({"core": {"setting": given}})["core"]["setting"] == expected


def test_settings_of_the_user_win_over_those_of_the_chart() -> None:
    found = configuration({"core": {"auth_manager": "mine"}, "scheduler": {"scheduler_idle_sleep_time": 1}})
    assert found["core"]["auth_manager"] == "mine"
    assert found["core"]["executor"] == "KubernetesExecutor"
    assert found["scheduler"]["scheduler_idle_sleep_time"] == "1"


@pytest.mark.parametrize(
    ("setting", "advice"),
    [
        ("config.core.fernet_key=x", "write fernetKey"),
        ("config.database.sql_alchemy_conn=x", "write data.metadataConnection"),
        ("config.core.executor=LocalExecutor", "write executor"),
        ("data.metadataConnection.pass=x", "data.metadataConnection.passwordSecret"),
        ("workers.replicas=2", "config.core.parallelism"),
        ("ingress.enabled=true", "apiServer.service.type"),
    ],
)
def test_a_value_in_the_wrong_place_fails_with_the_right_one(setting: str, advice: str) -> None:
    done = helm_template("airflow", "--values", STANDALONE, "--set", setting)
    assert done.returncode != 0
    assert advice in done.stderr


def test_connections_and_variables_become_environment_of_the_control_plane(tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "connections": {"shop": {"conn_type": "http", "password": "a\"b'c$d%"}},
        "variables": {"limit": 10, "big": 5000000, "text": "x"},
    }
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(given))
    manifests = render("airflow", "--values", STANDALONE, "--values", tmp_path / "values.yaml")
    [secret] = [o for o in yaml.safe_load_all(manifests) if o and o["kind"] == "Secret" and o["metadata"]["name"].endswith("-connections")]
    values = {key: yaml.safe_load(f"!!binary {text}").decode() for key, text in secret["data"].items()}
    assert json.loads(values["AIRFLOW_CONN_SHOP"]) == given["connections"]["shop"]
    assert (values["AIRFLOW_VAR_LIMIT"], values["AIRFLOW_VAR_BIG"], values["AIRFLOW_VAR_TEXT"]) == ("10", "5000000", "x")


def environment_of(manifests: str, kind: str) -> dict[str, str]:
    """Plain environment variables of the first container of the first object of a kind."""
    found = next(o for o in yaml.safe_load_all(manifests) if o and o["kind"] == kind)
    return {v["name"]: v["value"] for v in found["spec"]["template"]["spec"]["containers"][0]["env"] if "value" in v}


def test_secrets_and_config_maps_of_job_pods_reach_the_dag_files_with_their_prefixes() -> None:
    jobs = {"secrets": ["one", {"name": "{{ .Release.Name }}-two", "prefix": "LAKE_"}, {"name": "three"}], "configMaps": ["four"]}
    found = environment_of(render("airflow", "--values", STANDALONE, "--set-json", f"jobs={json.dumps(jobs)}"), "Deployment")
    assert found["TANDEM_JOBS_SECRETS"] == "one,LAKE_=tandem-two,three"
    assert found["TANDEM_JOBS_CONFIG_MAPS"] == "four"


@pytest.mark.parametrize("wrong", [{"name": "x", "prefix": "9-"}, {"prefix": "LAKE_"}, {"name": "x", "key": "y"}])
def test_a_misspelt_secret_of_job_pods_is_refused(wrong: dict[str, str]) -> None:
    done = helm_template("airflow", "--values", STANDALONE, "--set-json", f"jobs.secrets={json.dumps([wrong])}")
    assert done.returncode != 0
    assert "/jobs/secrets/0" in done.stderr


def test_pools_are_told_to_the_migration_job_and_to_nobody_else() -> None:
    pools = {"taxi": {"slots": 2, "description": "Months loaded at once"}, "big one": {"slots": -1, "includeDeferred": True}}
    manifests = render("airflow", "--values", STANDALONE, "--set-json", f"pools={json.dumps(pools)}")
    assert json.loads(environment_of(manifests, "Job")["POOLS"]) == pools
    assert manifests.count("name: POOLS") == 1
    assert "POOLS" not in environment_of(render("airflow", "--values", STANDALONE), "Job")


@pytest.mark.parametrize("wrong", [{"description": "no slots"}, {"slots": "two"}, {"slots": 2, "size": 1}])
def test_a_misspelt_pool_is_refused(wrong: dict[str, Any]) -> None:
    done = helm_template("airflow", "--values", STANDALONE, "--set-json", f"pools={json.dumps({'taxi': wrong})}")
    assert done.returncode != 0
    assert "/pools/taxi" in done.stderr


SERVICE_USERS: dict[str, Any] = {
    "order-feed": {"permissions": {"Assets": ["can_read", "can_create"]}, "secretNamespaces": ["feeds"]},
    "given": {"permissions": {"DAG:load": ["can_read"]}, "password": "s3cret"},
}


def test_service_users_reach_the_migration_job_and_their_logins_the_namespaces_that_need_them() -> None:
    manifests = render("airflow", "--values", STANDALONE, "--set-json", f"serviceUsers={json.dumps(SERVICE_USERS)}")
    secrets = {
        (o["metadata"]["namespace"], o["metadata"]["name"]): {key: base64.b64decode(value).decode() for key, value in o["data"].items()}
        for o in yaml.safe_load_all(manifests)
        if o and o["kind"] == "Secret" and "-user-" in o["metadata"]["name"]
    }
    own, copy = secrets["tandem", "tandem-airflow-user-order-feed"], secrets["feeds", "tandem-airflow-user-order-feed"]
    assert len(secrets) == 3
    assert own == copy
    assert (own["URL"], own["USERNAME"], len(own["PASSWORD"])) == ("http://tandem-airflow-api-server.tandem.svc:8080", "order-feed", 32)
    assert secrets["tandem", "tandem-airflow-user-given"]["PASSWORD"] == "s3cret"
    told = json.loads(environment_of(manifests, "Job")["SERVICE_USERS"])
    assert {name: said["permissions"] for name, said in told.items()} == {n: said["permissions"] for n, said in SERVICE_USERS.items()}
    [job] = [o for o in yaml.safe_load_all(manifests) if o and o["kind"] == "Job"]
    variables = {v["name"]: v.get("valueFrom") for v in job["spec"]["template"]["spec"]["containers"][0]["env"]}
    for name, said in told.items():
        assert variables[said["passwordVariable"]] == {"secretKeyRef": {"name": f"tandem-airflow-user-{name}", "key": "PASSWORD"}}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"feed": {}}, "permissions"),
        ({"feed": {"permissions": {"Assets": ["read"]}}}, "/serviceUsers/feed/permissions/Assets/0"),
        ({"feed": {"permissions": {"Assets": ["can_read"]}, "role": "Op"}}, "role"),
        ({"Feed": {"permissions": {"Assets": ["can_read"]}}}, "Feed"),
        ({"admin": {"permissions": {"Assets": ["can_read"]}}}, "serviceUsers.admin has the name of the first user"),
    ],
)
def test_a_misspelt_service_user_is_refused(wrong: dict[str, Any], said: str) -> None:
    done = helm_template("airflow", "--values", STANDALONE, "--set-json", f"serviceUsers={json.dumps(wrong)}")
    assert done.returncode != 0
    assert said in done.stderr


def test_examples_are_there_unless_they_are_left_out_and_then_only_the_dag_processor_looks_away() -> None:
    folder = "/opt/airflow/dags/examples"
    assert folder not in render("airflow", "--values", STANDALONE)
    without = render("airflow", "--values", STANDALONE, "--set", "examples.enabled=false")
    holders = {
        name: {mount["mountPath"] for container in containers(spec) for mount in container.get("volumeMounts", [])}
        for name, spec in pod_specs(objects(without))
    }
    assert [name for name, mounts in holders.items() if folder in mounts] == ["Deployment/tandem-airflow-dag-processor"]


def test_files_that_come_with_the_image_are_not_parsed_for_ever() -> None:
    assert int(configuration({})["dag_processor"]["min_file_process_interval"]) >= 300


def test_only_sessions_of_the_api_server_end_when_they_wait_for_a_lock() -> None:
    manifests = render("airflow", "--values", STANDALONE)
    assert manifests.count("PGOPTIONS") == 1
    assert environment_of(manifests, "Deployment")["PGOPTIONS"] == "-c lock_timeout=5s"
    assert "PGOPTIONS" not in render("airflow", "--values", STANDALONE, "--set", "apiServer.databaseOptions=")


def test_dag_processors_of_two_versions_never_take_turns() -> None:
    deployments = {o["metadata"]["name"]: o for o in objects(render("airflow", "--values", STANDALONE)) if o["kind"] == "Deployment"}
    assert deployments["tandem-airflow-dag-processor"]["spec"]["strategy"]["rollingUpdate"]["maxSurge"] == 0
