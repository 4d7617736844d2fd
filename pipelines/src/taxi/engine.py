"""DuckDB as the lake needs it: with its extensions, with both logins, and within the limits of the container."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from taxi.errors import TaxiError, one_line
from taxi.settings import Settings

if TYPE_CHECKING:
    import duckdb

EXTENSIONS = ("postgres_scanner", "httpfs", "ducklake")
open_connections: set[duckdb.DuckDBPyConnection] = set()


@contextmanager
def engine(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory with the extensions loaded and both logins known, and a folder for what does not fit into memory."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="taxi-duckdb-") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "home_directory": folder,
            "temp_directory": folder,
            "extension_directory": folder,
            "threads": settings.threads,
            "memory_limit": settings.memory,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        try:
            connection = duckdb.connect(":memory:", config=config)
        except duckdb.Error as error:
            raise TaxiError(f"cannot start DuckDB with LAKE_MEMORY {settings.memory}: {one_line(error)}") from error
        try:
            open_connections.add(connection)
            for name in EXTENSIONS:
                connection.execute(f"LOAD {literal(str(extension(name)))}")
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = false")
            # DuckLake's own retry repeats a commit whose decisions were made before the other one, and so lets two first
            # loads of a month both stay. Without it a commit is refused if anything at all was committed since the
            # transaction began, and `retrying` repeats the decisions too: even a writer that lost its lock does no harm.
            connection.execute("SET ducklake_max_retry_count = 0")
            create_secrets(connection, settings)
            yield connection
        except duckdb.Error as error:
            raise TaxiError(f"the lake in {settings.lake.place} refused: {one_line(error)}") from error
        finally:
            open_connections.discard(connection)
            connection.close()


def extension(name: str) -> Path:
    """The binary of a DuckDB extension, from the wheel that holds it: nothing is downloaded at run time."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or []:
        for path in Path(folder).glob(f"extensions/v*/{name}.duckdb_extension"):
            return path
    raise TaxiError(f"the Python package duckdb-extension-{name.replace('_', '-')} is not installed")


def literal(text: str) -> str:
    """A text as an SQL literal, for statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"


def create_secrets(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Tell DuckDB both logins in a way that keeps them out of the lake's address, and so out of error messages."""
    s3, lake = settings.s3, settings.lake
    where = urlsplit(s3.endpoint) if s3.endpoint else None
    values = {"KEY_ID": literal(s3.key), "SECRET": literal(s3.secret), "REGION": literal(s3.region)}
    if s3.token:
        values["SESSION_TOKEN"] = literal(s3.token)
    if where:
        values |= {"ENDPOINT": literal(where.netloc + where.path.rstrip("/")), "URL_STYLE": "'path'"}
        values["USE_SSL"] = "true" if where.scheme == "https" else "false"
    connection.execute(f"CREATE SECRET store (TYPE s3, {', '.join(f'{name} {value}' for name, value in values.items())})")
    values = {"HOST": literal(lake.host), "PORT": literal(str(lake.port)), "DATABASE": literal(lake.database)}
    values |= {"USER": literal(lake.user), "PASSWORD": literal(lake.password), "SSLMODE": literal(lake.sslmode)}
    if lake.sslrootcert:
        values["SSLROOTCERT"] = literal(lake.sslrootcert)
    connection.execute(f"CREATE SECRET catalog (TYPE postgres, {', '.join(f'{name} {value}' for name, value in values.items())})")
    if settings.ca_file:
        connection.execute(f"SET ca_cert_file = {literal(settings.ca_file)}")


def interrupt() -> None:
    """Interrupt the statements of all connections of this process, from another thread."""
    for connection in list(open_connections):
        connection.interrupt()
