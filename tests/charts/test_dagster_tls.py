"""A database whose certificate is looked at: its authority is where every process that logs in looks for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import containers, objects, pod_specs, render
from .dagster_chart import TEAMS, instance

FILE = "/opt/dagster/ca/root.pem"
TLS: list[str | Path] = ["--values", TEAMS, "--set", "postgresql.sslmode=verify-full,postgresql.sslRootCert.key=root.pem"]


@pytest.mark.parametrize(
    ("kind", "source"),
    [("secretName", {"secret": {"secretName": "my-ca"}}), ("configMapName", {"configMap": {"name": "my-ca"}})],
)
def test_the_authority_is_mounted_wherever_someone_logs_in(kind: str, source: dict[str, dict[str, Any]]) -> None:
    found = objects(render("dagster", *TLS, "--set", f"postgresql.sslRootCert.{kind}=my-ca"))
    launcher = instance(found)["run_launcher"]["config"]["run_k8s_config"]
    run = {**launcher["pod_spec_config"], "containers": [{"name": "run", "env": [], **launcher["container_config"]}]}
    [[what, reference]] = source.items()
    volume = {"name": "database-ca", what: {**reference, "items": [{"key": "root.pem", "path": "root.pem"}]}}
    looked = 0
    for name, spec in [*pod_specs(found), ("run", run)]:
        for container in containers(spec):
            if "DAGSTER_" in {source.get("prefix") for source in container.get("envFrom", [])}:
                looked += 1
                assert {"name": "database-ca", "mountPath": "/opt/dagster/ca", "readOnly": True} in container["volumeMounts"], name
                assert volume in spec["volumes"], name
                variables = {variable["name"]: variable.get("value") for variable in container["env"]}
                assert variables.get("DAGSTER_PGSSLROOTCERT", FILE if "DAGSTER_PGSSLMODE" not in variables else None) == FILE, name
    # Two webservers and the daemon, each behind one who waits; migrations, retention, two code servers, and runs.
    assert looked == 3 * 2 + 2 + 2 + 1
    assert instance(found)["storage"]["postgres"]["postgres_db"]["params"] == {"sslmode": "verify-full", "sslrootcert": FILE}


def test_dagster_puts_the_authority_into_its_address_of_the_database() -> None:
    utils = pytest.importorskip("dagster_postgres.utils")
    found = objects(render("dagster", *TLS, "--set", "postgresql.sslRootCert.secretName=my-ca"))
    login = instance(found)["storage"]["postgres"]["postgres_db"]
    address = utils.get_conn_string("user", "password", "host", "name", params=login["params"])
    assert address.endswith("?sslmode=verify-full&sslrootcert=%2Fopt%2Fdagster%2Fca%2Froot.pem"), address


def test_without_an_authority_nothing_is_mounted() -> None:
    assert "database-ca" not in json.dumps(objects(render("tandem")))
