"""A metadata database that the image's own program has migrated."""

import json
from collections.abc import Iterator

import psycopg
import pytest
import servers
from airflow_platform import DATABASE, LINEAGE, Platform
from psycopg import sql

pytest.importorskip("airflow.providers.fab")


@pytest.fixture(scope="module")
def platform(postgres_admin: servers.Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A database with the first user and a service user, `lineage`."""
    with psycopg.connect(servers.postgres_url(postgres_admin), autocommit=True) as conn:
        conn.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        found = Platform(postgres_admin, tmp_path_factory.mktemp("airflow"))
        admin = {"USERNAME": "admin", "PASSWORD": "secret", "EMAIL": "a@example.com", "FIRST_NAME": "A", "LAST_NAME": "B", "ROLE": "Admin"}
        users = {"lineage": {"permissions": LINEAGE, "passwordVariable": "LINEAGE_PASSWORD"}}
        variables = {"SERVICE_USERS": json.dumps(users), "LINEAGE_PASSWORD": "first"}
        found.migrate(**variables, **{f"ADMIN_{name}": value for name, value in admin.items()})
        yield found
        conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(DATABASE)))
