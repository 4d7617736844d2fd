"""The lake: DuckLake tables, whose catalog is a Postgres database and whose rows are Parquet files in the object store."""

from __future__ import annotations

import importlib.util
import logging
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from taxi.errors import TaxiError, one_line
from taxi.locks import table_lock
from taxi.settings import Settings

if TYPE_CHECKING:
    import duckdb

__all__ = ["Lake", "connect", "literal", "retrying", "table_lock"]

logger = logging.getLogger("taxi")
Result = TypeVar("Result")

EXTENSIONS = ("postgres_scanner", "httpfs", "ducklake")
ATTEMPTS = 20
LONGEST_PAUSE = 2.0
# What DuckLake says when someone else committed first. Its messages have no codes.
CONFLICTS = ("transaction conflict", "exceeded the maximum retry count", "could not serialize", "deadlock detected")


@dataclass(frozen=True)
class Lake:
    """An open lake; its tables are `lake.taxi_trips` and so on in the SQL of its connection."""

    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query; `?` stands for a parameter."""
        return self.connection.execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self, message: str, author: str = "taxi") -> Iterator[None]:
        """All or nothing. The snapshot that it makes carries the message; run it through `retrying`."""
        self.connection.execute("BEGIN")
        try:
            self.connection.execute("CALL lake.set_commit_message(?, ?)", [author, message])
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            roll_back(self.connection)
            raise


def roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """End a transaction, if there still is one: a COMMIT that failed has ended it already."""
    import duckdb

    try:
        connection.execute("ROLLBACK")
    except duckdb.Error as error:
        logger.debug("nothing to roll back: %s", one_line(error))


@contextmanager
def connect(settings: Settings, *, read_only: bool = False) -> Iterator[Lake]:
    """Open the lake. Raises TaxiError if the catalog or the object store cannot be reached, or if nobody has made the catalog yet."""
    options = "CREATE_IF_NOT_EXISTS false" + (", READ_ONLY" if read_only else "")
    with engine(settings) as connection:
        attach(connection, settings, options)
        yield Lake(connection)


@contextmanager
def engine(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory with the extensions loaded and both logins known, and a folder for what does not fit into memory."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="taxi-duckdb-") as folder:
        config = {
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
        finally:
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
    values |= {"USER": literal(lake.user), "PASSWORD": literal(lake.password)}
    connection.execute(f"CREATE SECRET catalog (TYPE postgres, {', '.join(f'{name} {value}' for name, value in values.items())})")
    if settings.ca_file:
        connection.execute(f"SET ca_cert_file = {literal(settings.ca_file)}")


def attach(connection: duckdb.DuckDBPyConnection, settings: Settings, options: str) -> None:
    import duckdb

    try:
        connection.execute(f"ATTACH 'ducklake:postgres:' AS lake (META_SECRET 'catalog', {options})")
    except duckdb.Error as error:
        text = one_line(error)
        if "does not exist" in text and "DuckLake" in text:
            raise TaxiError(f"{settings.lake.place} holds no lake yet; make it with `python -m taxi migrate`") from error
        raise TaxiError(f"cannot open the lake in {settings.lake.place}: {text.replace(settings.lake.password or chr(0), '…')}") from error


def retrying(work: Callable[[], Result], attempts: int = ATTEMPTS) -> Result:
    """Do the work; when another transaction came first, do all of it again after a random pause. Raises TaxiError in the end."""
    import duckdb

    for attempt in range(1, attempts + 1):
        try:
            return work()
        except duckdb.Error as error:
            text = one_line(error)
            if not any(sign in text.lower() for sign in CONFLICTS):
                raise TaxiError(f"the lake refused: {text}") from error
            if attempt == attempts:
                raise TaxiError(f"other writers came first {attempts} times in a row; try again later") from error
            logger.info("another transaction came first, attempt %d follows", attempt + 1)
        time.sleep(random.uniform(0.02, min(LONGEST_PAUSE, 0.1 * 2**attempt)))
    raise AssertionError("unreachable")
