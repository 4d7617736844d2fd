"""The pipelines' code on the path, and the database servers that tests share."""

import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import servers
from hypothesis import HealthCheck, settings
from psycopg import sql

# A busy machine is no fault of what is tested.
settings.register_profile("tandem", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tandem")

REPOSITORY = Path(__file__).parents[2]
lake_numbers = itertools.count(1)
for folder in ("pipelines/src", "pipelines/dags"):
    sys.path.insert(0, str(REPOSITORY / folder))


@pytest.fixture(scope="session")
def postgres_admin() -> Iterator[servers.Settings]:
    """The superuser's variables of a running Postgres."""
    with servers.postgres() as settings:
        yield settings


@pytest.fixture(scope="session")
def mysql_admin() -> Iterator[servers.Settings]:
    """Root's variables of a running MySQL."""
    with servers.mysql() as settings:
        yield settings


@pytest.fixture(scope="session")
def s3_env() -> Iterator[servers.Settings]:
    """The variables of a running object store and a key to its buckets."""
    with servers.objectstore() as settings:
        yield settings


@pytest.fixture(scope="session")
def postgres_env(postgres_admin: servers.Settings) -> servers.Settings:
    """The variables of database airbyte and the role that owns it, as the chart makes them."""
    with psycopg.connect(servers.postgres_url(postgres_admin), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE airbyte LOGIN PASSWORD {}").format(servers.PASSWORD))
        conn.execute("CREATE DATABASE airbyte OWNER airbyte")
    return postgres_admin | {"PGDATABASE": "airbyte", "PGUSER": "airbyte", "PGPASSWORD": servers.PASSWORD}


@pytest.fixture(scope="session")
def mysql_env(mysql_admin: servers.Settings) -> servers.Settings:
    """The variables of database data and its user, as the chart makes them."""
    with servers.mysql_connection(mysql_admin) as conn, conn.cursor() as cursor:
        cursor.execute("CREATE DATABASE data")
        cursor.execute("CREATE USER data@'%%' IDENTIFIED WITH caching_sha2_password BY %s", [servers.PASSWORD])
        cursor.execute("GRANT ALL ON data.* TO data@'%'")
    return mysql_admin | {"MYSQL_DATABASE": "data", "MYSQL_USER": "data", "MYSQL_PASSWORD": servers.PASSWORD}


@pytest.fixture(scope="session")
def clean_environment() -> dict[str, str]:
    """This process's variables without those that name a database or a store, and with the pipelines importable."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "MYSQL_", "LAKE_", "AWS_", "TAXI_", "FRAUD_"))}
    return kept | {"PYTHONPATH": str(REPOSITORY / "pipelines/src")}


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
    name = f"lake{next(lake_numbers)}"
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
            "FRAUD_OUTPUTS": f"s3://outputs/{name}/fraud",
        }
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
