"""A storage of Dagster in a real Postgres, and how programs reach it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import servers
import yaml
from psycopg import sql

from tandem.paths import ROOT

PROGRAMS = ROOT / "images" / "dagster" / "bin"
DEFINITIONS = "dagster_definitions"
"""The module of definitions beside this one, which may be imported by the processes of the tests."""

INSTANCE: dict[str, Any] = {
    "storage": {
        "postgres": {
            "should_autocreate_tables": False,
            "postgres_db": {
                "scheme": "postgresql+psycopg2",
                "hostname": {"env": "DAGSTER_PGHOST"},
                "port": {"env": "DAGSTER_PGPORT"},
                "db_name": {"env": "DAGSTER_PGDATABASE"},
                "username": {"env": "DAGSTER_PGUSER"},
                "password": {"env": "DAGSTER_PGPASSWORD"},
            },
        }
    },
    "compute_logs": {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"},
    # Places in pools are taken by steps here, which asks for more rights than the platform's own setting.
    "concurrency": {"pools": {"granularity": "op", "default_limit": 3}},
    "telemetry": {"enabled": False},
}


class Storage:
    """The database, and how programs reach it as its owner or as a run."""

    def __init__(self, admin: servers.Settings, home: Path) -> None:
        self.admin = admin
        self.owner = self.environment("dagster", home)
        self.run = self.environment("dagsterrun", home)

    def environment(self, user: str, home: Path) -> dict[str, str]:
        """The variables of a process that logs in as `user`."""
        login = {"HOST": self.admin["PGHOST"], "PORT": self.admin["PGPORT"], "DATABASE": "dagster", "USER": user}
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
            **{f"DAGSTER_PG{name}": value for name, value in {**login, "PASSWORD": servers.PASSWORD}.items()},
            "DAGSTER_HOME": str(home),
            "PYTHONPATH": str(Path(__file__).parent),
            "WAIT_SECONDS": "20",
        }

    def connect(self, user: str) -> psycopg.Connection[Any]:
        """A connection as one of the two roles."""
        return psycopg.connect(servers.postgres_url(self.admin | {"PGDATABASE": "dagster", "PGUSER": user, "PGPASSWORD": servers.PASSWORD}))

    def program(self, name: str, **variables: str) -> str:
        """Run a program of the image as the owner; its output. Fails the test where the program fails."""
        done = subprocess.run([sys.executable, PROGRAMS / name], env=self.owner | variables, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def migrate(self, pools: dict[str, int]) -> str:
        return self.program("migrate", DAGSTER_RUN_ROLE="dagsterrun", DAGSTER_POOLS=json.dumps(pools))


@contextmanager
def fresh(admin: servers.Settings, home: Path) -> Iterator[Storage]:
    """A fresh database, migrated once by the image's own program."""
    (home / "dagster.yaml").write_text(yaml.safe_dump(INSTANCE))
    with psycopg.connect(servers.postgres_url(admin), autocommit=True) as conn:
        for role in ("dagster", "dagsterrun"):
            conn.execute(sql.SQL("create role {} login password {}").format(sql.Identifier(role), servers.PASSWORD))
        conn.execute("create database dagster owner dagster")
        conn.execute("revoke all on database dagster from public")
        found = Storage(admin, home)
        found.migrate({"lake": 2})
        yield found
        conn.execute("drop database dagster with (force)")
        conn.execute("drop role dagster")
        conn.execute("drop role dagsterrun")
