"""A metadata database of Airflow in a real Postgres, and the program of the image that migrates it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import servers

from tandem.paths import ROOT

PROGRAMS = ROOT / "images" / "airflow" / "bin"
DATABASE = "airflow_migrated"
LINEAGE = {"Assets": ["can_read", "can_create"], "DAG:load_orders": ["can_read"]}
IN_TURN = """
import json, sys
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from service_users import set_service_users
each, password = json.loads(sys.argv[1])
refusals = []
with get_application_builder() as builder:
    for wanted in each:
        try:
            set_service_users(builder.sm, wanted, dict.fromkeys(wanted, password))
            refusals.append("")
        except SystemExit as refusal:
            refusals.append(refusal.code)
print(json.dumps(refusals))
"""


class Platform:
    """The database of an Airflow, and its migration Job."""

    def __init__(self, admin: servers.Settings, home: Path) -> None:
        self.admin = admin | {"PGDATABASE": DATABASE}
        self.home = home

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that works on the database as the migration Job does."""
        server = f"{self.admin['PGUSER']}@{self.admin['PGHOST']}:{self.admin['PGPORT']}/{DATABASE}"
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PG", "AIRFLOW"))},
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{server}",
            # The program has no use for it, and the driver for Postgres is not among what the tests need.
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": "sqlite+aiosqlite:///:memory:",
            "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PGPASSWORD": self.admin["PGPASSWORD"],
        }

    def migrate(self, **variables: str) -> str:
        """Run the program of the image; its output. Fails the test where the program fails."""
        command = [sys.executable, str(PROGRAMS / "migrate")]
        done = subprocess.run(command, env=self.environment | variables, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def set_service_users(self, *each: dict[str, Any], password: str = "first") -> list[str]:
        """Set service users (name -> permissions) to each of these in turn, without the migration; the words of refusal of each.

        All in one process: a start of Airflow takes seconds.
        """
        given = json.dumps([each, password])
        environment = self.environment | {"PYTHONPATH": str(PROGRAMS)}
        done = subprocess.run([sys.executable, "-c", IN_TURN, given], env=environment, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        return list(json.loads(done.stdout.splitlines()[-1]))

    def query(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """The rows that a statement gives; none for one that gives none."""
        with psycopg.connect(servers.postgres_url(self.admin), autocommit=True) as conn:
            cursor = conn.execute(statement, arguments)
            return list(cursor.fetchall()) if cursor.description else []
