"""DuckDB as the lake needs it: with its extensions and with both logins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from common import duck
from common.duck import literal
from taxi.errors import TaxiError, one_line
from taxi.settings import PostgresLogin, Settings

if TYPE_CHECKING:
    import duckdb

__all__ = ["create_postgres_secret", "engine", "literal"]

EXTENSIONS = ("postgres_scanner", "httpfs", "ducklake")


@contextmanager
def engine(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory with the extensions loaded and both logins known, and a folder for what does not fit into memory."""
    import duckdb

    try:
        with duck.connect(EXTENSIONS, threads=settings.threads, memory=settings.memory) as connection:
            # DuckLake's own retry repeats a commit whose decisions were made before the other one, and so lets two first
            # loads of a month both stay. Without it a commit is refused if anything at all was committed since the
            # transaction began, and `retrying` repeats the decisions too: even a writer that lost its lock does no harm.
            connection.execute("SET ducklake_max_retry_count = 0")
            duck.create_s3_secret(connection, settings.s3)
            create_postgres_secret(connection, "catalog", settings.lake)
            yield connection
    except duck.NotStarted as error:
        raise TaxiError(f"cannot start DuckDB with LAKE_MEMORY {settings.memory}: {one_line(error)}") from error
    except duckdb.Error as error:
        raise TaxiError(f"the lake in {settings.lake.place} refused: {one_line(error)}") from error


def create_postgres_secret(connection: duckdb.DuckDBPyConnection, name: str, login: PostgresLogin) -> None:
    """Tell DuckDB the login of a Postgres database."""
    values = {"HOST": login.host, "PORT": str(login.port), "DATABASE": login.database, "USER": login.user, "PASSWORD": login.password}
    values["SSLMODE"] = login.sslmode
    if login.sslrootcert:
        values["SSLROOTCERT"] = login.sslrootcert
    duck.create_secret(connection, name, "postgres", values)
