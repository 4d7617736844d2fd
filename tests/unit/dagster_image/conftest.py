"""A storage of Dagster that the image's own program has migrated."""

from collections.abc import Iterator

import psycopg
import pytest
import servers
import yaml
from dagster_storage import INSTANCE, Storage
from psycopg import sql

pytest.importorskip("dagster")


@pytest.fixture(scope="module")
def storage(postgres_admin: servers.Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """A fresh database, migrated once."""
    home = tmp_path_factory.mktemp("home")
    (home / "dagster.yaml").write_text(yaml.safe_dump(INSTANCE))
    with psycopg.connect(servers.postgres_url(postgres_admin), autocommit=True) as conn:
        for role in ("dagster", "dagsterrun"):
            conn.execute(sql.SQL("create role {} login password {}").format(sql.Identifier(role), servers.PASSWORD))
        conn.execute("create database dagster owner dagster")
        conn.execute("revoke all on database dagster from public")
        found = Storage(postgres_admin, home)
        found.migrate({"lake": 2})
        yield found
        conn.execute("drop database dagster with (force)")
        conn.execute("drop role dagster")
        conn.execute("drop role dagsterrun")
