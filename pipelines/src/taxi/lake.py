"""The lake: DuckLake tables, whose catalog is a Postgres database and whose rows are Parquet files in the object store."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from taxi.engine import engine, literal
from taxi.errors import TaxiError, one_line
from taxi.locks import table_lock
from taxi.settings import Settings

if TYPE_CHECKING:
    import duckdb

__all__ = ["Lake", "commit_lock", "connect", "engine", "literal", "retrying", "table_lock"]

logger = logging.getLogger("taxi")
Result = TypeVar("Result")

ATTEMPTS = 20
LONGEST_PAUSE = 2.0
# What DuckLake says when someone else committed first. Its messages have no codes.
CONFLICTS = ("transaction conflict", "ducklake_snapshot_pkey", "could not serialize", "deadlock detected")


@dataclass
class Lake:
    """An open lake; its tables are `lake.taxi_trips` and so on in the SQL of its connection."""

    connection: duckdb.DuckDBPyConnection
    maybe_committed: bool = False
    """Whether a commit was sent that was not refused: its answer may have been lost, and not the commit."""

    def rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query; `?` stands for a parameter."""
        return self.connection.execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self, message: str, author: str = "taxi") -> Iterator[None]:
        """All or nothing. The snapshot that it makes carries the message; run it through `retrying`."""
        self.maybe_committed = False
        self.connection.execute("BEGIN")
        try:
            self.connection.execute("CALL lake.set_commit_message(?, ?)", [author, message])
            yield
            self.maybe_committed = True
            self.connection.execute("COMMIT")
        except BaseException as error:
            if self.maybe_committed and is_conflict(error):
                self.maybe_committed = False
            roll_back(self.connection)
            raise


def is_conflict(error: BaseException) -> bool:
    """Whether another transaction came first, so that this one has changed nothing and may be done again."""
    text = str(error).lower()
    return any(sign in text for sign in CONFLICTS)


@contextmanager
def commit_lock(settings: Settings) -> Iterator[float]:
    """Be the only one who commits to the lake; gives the seconds waited. To be held for a transaction, and no longer.

    The catalog numbers the snapshots of all tables in one row, so that commits to different tables refuse each other, too.
    """
    with table_lock(settings, "commit") as waited:
        yield waited


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


def attach(connection: duckdb.DuckDBPyConnection, settings: Settings, options: str) -> None:
    import duckdb

    try:
        connection.execute(f"ATTACH 'ducklake:postgres:' AS lake (META_SECRET 'catalog', {options})")
    except duckdb.Error as error:
        text = one_line(error)
        if "does not exist" in text and "DuckLake" in text:
            raise TaxiError(f"{settings.lake.place} holds no lake yet; make it with `python -m taxi migrate`") from error
        raise TaxiError(f"cannot open the lake in {settings.lake.place}: {text}") from error


def retrying(work: Callable[[], Result], attempts: int = ATTEMPTS) -> Result:
    """Do the work; when another transaction came first, do all of it again after a random pause. Raises TaxiError in the end."""
    import duckdb

    for attempt in range(1, attempts + 1):
        try:
            return work()
        except duckdb.Error as error:
            if not is_conflict(error):
                raise TaxiError(f"the lake refused: {one_line(error)}") from error
            if attempt == attempts:
                raise TaxiError(f"other writers came first {attempts} times in a row; try again later") from error
            logger.info("another transaction came first, attempt %d follows", attempt + 1)
        time.sleep(random.uniform(0.02, min(LONGEST_PAUSE, 0.1 * 2**attempt)))
    raise AssertionError("unreachable")
