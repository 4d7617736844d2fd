"""The two databases as a test sees them, and the command line run against them."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from unittest import mock

import psycopg
import pymysql
import pytest
import servers

from fraud import cli


class Process(subprocess.Popen[str]):
    """A process that does not outlive a test that fails."""

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if kind is not None:
            self.kill()
        super().__exit__(kind, *rest)


@dataclass(frozen=True)
class Result:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass
class Databases:
    """Both databases: their rows, and the command line run against them."""

    env: dict[str, str]
    base: dict[str, str]
    postgres: psycopg.Connection
    mysql: pymysql.Connection

    def clean(self) -> None:
        """Back to empty databases."""
        self.postgres.execute("DROP TABLE IF EXISTS customer_transactions CASCADE")
        self.sql("DROP TABLE IF EXISTS labeled_transactions, heavy")

    def sql(self, statement: str) -> tuple[Any, ...]:
        """Run a statement in MySQL."""
        with self.mysql.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def transactions(self) -> list[tuple[Any, ...]]:
        return self.postgres.execute("SELECT * FROM customer_transactions ORDER BY transaction_id").fetchall()

    def labels(self) -> dict[int, int]:
        return dict(self.sql("SELECT transaction_id, is_fraudulent FROM labeled_transactions ORDER BY 1"))

    def run(self, *arguments: str, **changed: str) -> Result:
        """The command line in this process, which is quick. `changed` are environment variables."""
        out, err = io.StringIO(), io.StringIO()
        env = mock.patch.dict(os.environ, self.base | self.env | changed, clear=True)
        with env, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = cli.main(arguments)
            except SystemExit as exit_:
                code = int(str(exit_.code))
        return Result(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str, **changed: str) -> Process:
        """The command line as a process of its own."""
        return Process(
            [sys.executable, "-m", "fraud", *arguments],
            env=self.base | self.env | changed,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def together(self, commands: Sequence[Sequence[str]]) -> list[Result]:
        """Several processes at once."""
        processes = [self.start(*command) for command in commands]
        results = []
        for process in processes:
            out, err = process.communicate(timeout=60)
            results.append(Result(process.returncode, out, err))
        return results


@pytest.fixture(scope="session")
def databases(postgres_env: servers.Settings, mysql_env: servers.Settings, clean_environment: dict[str, str]) -> Iterator[Databases]:
    url = servers.postgres_url(postgres_env)
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as postgres, servers.mysql_connection(mysql_env) as mysql:
        yield Databases(postgres_env | mysql_env, clean_environment, postgres, mysql)


@pytest.fixture
def db(databases: Databases) -> Databases:
    """Both databases, empty."""
    databases.clean()
    return databases
