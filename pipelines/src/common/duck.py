"""DuckDB in memory: its extensions come from wheels, its logins are secrets, and it keeps within the limits of the container."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from common.errors import PipelineError, one_line
from common.s3 import S3Login

if TYPE_CHECKING:
    import duckdb


class NotStarted(PipelineError):  # noqa: N818 - it names what happened
    """DuckDB does not start with this configuration."""


open_connections: set[duckdb.DuckDBPyConnection] = set()


@contextmanager
def connect(extensions: Sequence[str], *, threads: int, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory with these extensions loaded, and a folder for what does not fit into memory. Its clock is UTC.

    :param memory: DuckDB's limit, such as 500MiB
    Raises NotStarted, PipelineError if an extension is not installed, and DuckDB's own errors.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="duckdb-") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "home_directory": folder,
            "temp_directory": folder,
            "extension_directory": folder,
            "threads": threads,
            "memory_limit": memory,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        try:
            connection = duckdb.connect(":memory:", config=config)
        except duckdb.Error as error:
            raise NotStarted(one_line(error)) from error
        try:
            open_connections.add(connection)
            for name in extensions:
                connection.execute(f"LOAD {literal(str(extension(name)))}")
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = false")
            yield connection
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
    raise PipelineError(f"the Python package duckdb-extension-{name.replace('_', '-')} is not installed")


def literal(text: str) -> str:
    """A text as an SQL literal, for statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"


def create_secret(connection: duckdb.DuckDBPyConnection, name: str, kind: str, values: Mapping[str, str]) -> None:
    """Tell DuckDB a login in a way that keeps it out of addresses, and so out of error messages.

    :param kind: postgres, mysql or s3
    """
    words = ", ".join(f"{key} {literal(value)}" for key, value in values.items())
    connection.execute(f"CREATE SECRET {name} (TYPE {kind}, {words})")


def create_s3_secret(connection: duckdb.DuckDBPyConnection, login: S3Login) -> None:
    """Tell DuckDB the login of the object store."""
    values = {"KEY_ID": login.key, "SECRET": login.secret, "REGION": login.region}
    if login.token:
        values["SESSION_TOKEN"] = login.token
    if login.endpoint:
        where = urlsplit(login.endpoint)
        values |= {"ENDPOINT": where.netloc + where.path.rstrip("/"), "URL_STYLE": "path", "USE_SSL": str(where.scheme == "https").lower()}
    create_secret(connection, "store", "s3", values)
    if login.ca_file:
        connection.execute(f"SET ca_cert_file = {literal(login.ca_file)}")


def interrupt() -> None:
    """Interrupt the statements of all connections of this process, from another thread."""
    for connection in list(open_connections):
        connection.interrupt()
