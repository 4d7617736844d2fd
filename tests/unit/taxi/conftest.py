"""A lake of its own for every test: a fresh catalog in a real Postgres, and fresh prefixes in a real object store."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
import servers
from psycopg import sql

from taxi import catalog, locks
from taxi.settings import Settings
from taxi.store import Store


@pytest.fixture
def empty(environment: dict[str, str]) -> Settings:
    """Settings of a lake that nobody has made yet."""
    return Settings.from_environment(environment)


@pytest.fixture(scope="session")
def made_lake(postgres_admin: servers.Settings, s3_env: servers.Settings, lake_role: str) -> str:
    """Database of a lake with empty tables, for copies: making one takes a second."""
    name = "lake_template"
    with psycopg.connect(servers.postgres_url(postgres_admin), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(lake_role)))
    login = {"HOST": postgres_admin["PGHOST"], "PORT": postgres_admin["PGPORT"], "DATABASE": name}
    login |= {"USER": lake_role, "PASSWORD": servers.PASSWORD}
    catalog.migrate(Settings.from_environment(s3_env | {f"LAKE_PG{key}": value for key, value in login.items()}))
    return name


@pytest.fixture
def settings(empty: Settings, postgres_admin: servers.Settings, made_lake: str) -> Settings:
    """Settings of a lake with empty tables."""
    name = sql.Identifier(empty.lake.database)
    with psycopg.connect(servers.postgres_url(postgres_admin), autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {}").format(name))
        template = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        conn.execute(template.format(name, sql.Identifier(made_lake), sql.Identifier(empty.lake.user)))
    with locks.postgres(empty.lake) as conn:
        conn.execute("UPDATE ducklake_metadata SET value = %s WHERE key = 'data_path'", [empty.data_path])
    return replace(empty, data_path=None)


@pytest.fixture
def store(empty: Settings) -> Store:
    """The object store."""
    return Store(empty)
