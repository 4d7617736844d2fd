"""A lake of its own for every test: a fresh catalog in a real Postgres, and fresh prefixes in a real object store."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
import servers
from psycopg import sql

from taxi import catalog
from taxi.settings import Settings
from taxi.store import Store

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def lake_role(postgres_admin: servers.Settings) -> str:
    """The role that owns the lakes, as the chart makes it."""
    with psycopg.connect(servers.postgres_url(postgres_admin), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE lake LOGIN PASSWORD {}").format(servers.PASSWORD))
    return "lake"


@pytest.fixture
def environment(
    postgres_admin: servers.Settings, postgres_env: servers.Settings, s3_env: servers.Settings, lake_role: str
) -> Iterator[dict[str, str]]:
    """The variables of a taxi process whose lake is an empty database and an empty prefix of each bucket."""
    name = f"lake{next(numbers)}"
    with psycopg.connect(servers.postgres_url(postgres_admin), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(lake_role)))
        yield {
            **postgres_env,
            **s3_env,
            "LAKE_PGHOST": postgres_admin["PGHOST"],
            "LAKE_PGPORT": postgres_admin["PGPORT"],
            "LAKE_PGDATABASE": name,
            "LAKE_PGUSER": lake_role,
            "LAKE_PGPASSWORD": servers.PASSWORD,
            "LAKE_DATA_PATH": f"s3://lake/{name}/",
            "LAKE_THREADS": "2",
            "LAKE_MEMORY": "1GB",
            "TAXI_SOURCE": f"s3://raw/{name}/source",
            "TAXI_ZONES_SOURCE": f"s3://raw/{name}/source/taxi_zones.csv",
            "TAXI_RAW": f"s3://raw/{name}/taxi",
            "TAXI_OUTPUTS": f"s3://outputs/{name}",
            "TAXI_REQUESTS": f"s3://requests/{name}",
        }
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def empty(environment: dict[str, str]) -> Settings:
    """Settings of a lake that nobody has made yet."""
    return Settings.from_environment(environment)


@pytest.fixture
def settings(empty: Settings) -> Settings:
    """Settings of a lake with empty tables."""
    catalog.migrate(empty)
    return replace(empty, data_path=None)


@pytest.fixture
def store(empty: Settings) -> Store:
    """The object store."""
    return Store(empty)
