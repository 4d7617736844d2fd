"""Values: closed schemas, a sentence for each, and errors that name what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import APPLICATION_CHARTS, CHARTS, helm_template, render

every_chart = pytest.mark.parametrize("chart", APPLICATION_CHARTS)


def schema_objects(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every object in a values schema with the path that leads to it; references and alternatives included."""
    if "properties" in schema or schema.get("type") == "object" or "object" in (schema.get("type") or []):
        yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from schema_objects(child, (*path, name))
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from schema_objects(schema[word], (*path, word))
    for name, child in schema.get("$defs", {}).items():
        yield from schema_objects(child, (*path, "$defs", name))


@every_chart
def test_the_schema_is_closed_at_every_level(chart: str) -> None:
    schema = json.loads((CHARTS / chart / "values.schema.json").read_text())
    for path, level in schema_objects(schema):
        if path and path[0] == "global":
            continue  # helm hands `global` to every chart of a release, whatever others put there
        if "properties" in level:
            assert level.get("additionalProperties") is False, f"{'.'.join(path)} accepts any key"


def levels(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every mapping in values.yaml that has keys."""
    yield path
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from levels(value, (*path, key))


@every_chart
def test_a_misspelt_value_fails_with_its_name(chart: str) -> None:
    schema = json.loads((CHARTS / chart / "values.schema.json").read_text())
    values = yaml.safe_load((CHARTS / chart / "values.yaml").read_text())
    closed = [path for path in levels(values) if is_closed(schema, schema, path)]
    assert closed, "no closed level found"
    for path in {closed[0], closed[len(closed) // 2], closed[-1]}:
        key = ".".join([*path, "misspeltValue"])
        done = helm_template(chart, "--set", f"{key}=1")
        assert done.returncode != 0, f"{key} was accepted"
        assert "misspeltValue" in done.stderr, done.stderr


def is_closed(root: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...]) -> bool:
    """Whether the schema lists the keys at `path` (true) or takes any, as labels do (false)."""
    for key in path:
        below: dict[str, Any] | None = resolve(root, schema).get("properties", {}).get(key)
        if below is None:
            return False
        schema = below
    return resolve(root, schema).get("additionalProperties") is False


def resolve(root: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that a local reference points to."""
    if "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return dict(target)
    return schema


@every_chart
def test_every_value_stands_below_a_sentence(chart: str) -> None:
    """Each top-level value and each section says in words what it is for."""
    lines = (CHARTS / chart / "values.yaml").read_text().splitlines()
    for number, line in enumerate(lines):
        if line and line[0] not in "# -}" and ":" in line:
            above = lines[number - 1] if number else ""
            assert above.startswith("#"), f"{chart}/values.yaml:{number + 1}: {line} has no sentence above it"


@pytest.mark.parametrize(
    ("chart", "setting", "advice"),
    [
        ("airflow", "webserver.replicas=2", "write apiServer"),
        ("airflow", "redis.enabled=true", "needs no broker"),
        ("airflow", "dags.gitSync.enabled=true", "DAG files are part of the image"),
        ("airflow", "postgresql.enabled=true", "data.metadataConnection"),
        ("airflow", "executor=CeleryExecutor", "KubernetesExecutor"),
        ("airflow", "fullnameOverride=x", "data.metadataConnection.host"),
        ("tandem", "postgres.enabled=false", "airflow.data.metadataConnection must name a server of your own"),
        ("tandem", "objectstore.enabled=false", "airflow.logs.remote.secretName must name a Secret"),
        ("tandem", "mysql.enabled=false", "airflow.jobs.secrets must not name tandem-mysql-data, which nobody makes"),
        ("tandem", "taxi.enabled=false", "airflow.jobs.configMaps must not name tandem-taxi, which nobody makes"),
        ("tandem", "taxi.enabled=false,airflow.enabled=false", "deployments (taxi).envConfigMaps must not name tandem-taxi"),
        ("tandem", "taxi.raw=s3:///taxi", "/taxi/raw"),
        ("tandem", "dagster.runLauncher.config.k8sRunLauncher.createNamespace=true", "both make tandem-jobs: leave one of them off"),
    ],
)
def test_a_value_that_cannot_work_fails_with_what_to_write_instead(chart: str, setting: str, advice: str) -> None:
    given: list[str | Path] = ["--set", setting]
    if chart == "airflow" and "fullname" not in setting:
        given += ["--values", CHARTS / chart / "ci" / "standalone-values.yaml"]
    elif chart == "airflow":
        given += ["--set", "logs.remote.enabled=false"]
    done = helm_template(chart, *given)
    assert done.returncode != 0
    assert advice in done.stderr


@pytest.mark.parametrize("list_of", ["airflow.jobs.secrets[0]={}", "dagster.dagster-user-deployments.deployments[0].envSecrets[0].name={}"])
@pytest.mark.parametrize("name", ["postgres-lake", "objectstore-pipelines"])
def test_a_secret_of_a_part_that_is_off_is_not_waited_for_in_vain(list_of: str, name: str) -> None:
    mine: list[str | Path] = ["--values", CHARTS / "tandem" / "ci" / "external-values.yaml"]
    done = helm_template(
        "tandem", *mine, "--set", list_of.format("{{ .Release.Name }}-" + name).replace("{{", r"\{\{").replace("}}", r"\}\}")
    )
    assert done.returncode != 0
    assert f"must not name tandem-{name}, which nobody makes" in done.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("airflow.serviceUsers.lineage=null", "names tandem-airflow-user-lineage, which nobody makes: write airflow.serviceUsers.lineage"),
        ("airflow.enabled=false", "must not name tandem-airflow-user-lineage, which nobody makes: write `optional: true` beside it"),
    ],
)
def test_the_login_of_a_service_user_that_nobody_makes_is_not_waited_for_in_vain(settings: str, said: str) -> None:
    done = helm_template("tandem", "--values", CHARTS / "tandem" / "ci" / "external-values.yaml", "--set", settings)
    assert done.returncode != 0
    assert said in done.stderr


def test_the_switch_of_airflow_or_dagster_is_enough_to_leave_it_out() -> None:
    """The code location of the lineage starts without its login, too, and the login can be taken out."""
    assert "secretRef: {name: tandem-airflow-user-lineage, optional: true}" in render("tandem", "--set", "airflow.enabled=false")
    without = render("tandem", "--set", "dagster.enabled=false,airflow.serviceUsers.lineage=null")
    assert "airflow-user-lineage" not in without
    assert "name: SERVICE_USERS" not in without
