"""Queries of the lake for people."""

from __future__ import annotations

from common.answers import Answer
from taxi import lake
from taxi.errors import TaxiError, one_line
from taxi.settings import Settings


def run(settings: Settings, statement: str, *, write: bool = False) -> Answer:
    """Run SQL, in which the lake is the current database. Raises TaxiError with DuckDB's reason."""
    import duckdb

    def work() -> Answer:
        cursor = opened.connection.execute(statement)
        columns = tuple(column[0] for column in cursor.description or [])
        return Answer(columns, cursor.fetchall())

    with lake.connect(settings, read_only=not write) as opened:
        opened.connection.execute("USE lake")
        try:
            if not write:
                return work()
            with lake.commit_lock(settings):
                return lake.retrying(work)
        except duckdb.Error as error:
            reason = one_line(error)
            if "read-only" in reason:
                reason += "; give --write to change the lake"
            raise TaxiError(reason) from error
