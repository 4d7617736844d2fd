"""DuckDB with both databases attached, and with the login of the object store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from common import duck, limits
from common.s3 import S3Login
from fraud.errors import FraudError, one_line

if TYPE_CHECKING:
    import duckdb

EXTENSIONS = ("postgres_scanner", "mysql_scanner", "httpfs")


@contextmanager
def engine(settings: dict[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in which `postgres` and `mysql` are the databases, both read-only; every error of it becomes a FraudError.

    Both use TLS where the server has it, as the drivers of Python do.
    """
    import duckdb

    places = f"Postgres at {settings['PGHOST']}:{settings['PGPORT']}, MySQL at {settings['MYSQL_HOST']}:{settings['MYSQL_PORT']}"
    try:
        with duck.connect(EXTENSIONS, threads=limits.threads(None), memory=limits.memory()) as connection:
            attach(connection, "postgres", {name: settings[f"PG{name}"] for name in ("HOST", "PORT", "DATABASE", "USER", "PASSWORD")})
            attach(connection, "mysql", {name: settings[f"MYSQL_{name}"] for name in ("HOST", "PORT", "DATABASE", "USER", "PASSWORD")})
            duck.create_s3_secret(connection, S3Login.from_environment(os.environ))
            yield connection
    except duckdb.Error as error:
        raise FraudError(f"joining {places} failed: {one_line(error)}; running it again is safe") from error


def attach(connection: duckdb.DuckDBPyConnection, kind: str, login: dict[str, str]) -> None:
    """Attach a database under the name of its kind."""
    duck.create_secret(connection, f"{kind}_login", kind, login)
    connection.execute(f"ATTACH '' AS {kind} (TYPE {kind}, SECRET {kind}_login, READ_ONLY)")
