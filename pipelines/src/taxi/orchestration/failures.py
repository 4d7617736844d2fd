"""How a run fails: with the sentence that tells the user what to do, and again only if that can help."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from common.errors import PipelineError
from taxi.errors import MalformedRequest, NotPublishedYet, UnmappableMonth, UsageError, one_line

FINAL = (NotPublishedYet, UnmappableMonth, MalformedRequest, UsageError)
"""What would go wrong again in the same way."""
RETRIES = 2
PAUSE = (5.0, 15.0)
"""Seconds before another attempt, at least and at most: many runs that one outage has hit shall not come back all at once."""


@contextmanager
def told() -> Iterator[None]:
    """Turn what goes wrong into a Failure. Only an outage is worth another attempt; a fault of the program comes with its traceback.

    Steps have no retry policy on purpose: Dagster applies it to a run that is told to end, too, and starts the step again.
    """
    try:
        yield
    except Exception as error:
        if interruption := interruption_behind(error):
            raise interruption from None
        if isinstance(error, PipelineError):
            failure, outage = dg.Failure(str(error)), not isinstance(error, FINAL)
        else:
            failure, outage = dg.Failure(f"{type(error).__name__}: {one_line(error)}"), is_outage(error)
            failure.__cause__ = error
        if outage:
            raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=random.uniform(*PAUSE)) from failure
        raise failure from failure.__cause__


def interruption_behind(error: BaseException | None) -> BaseException | None:
    """The request to end that is behind an error, if there is one.

    Dagster ends a run by an exception that is raised wherever the process is just then. DuckDB makes an error of its own of it
    (`Query interrupted`), and whoever takes that for a failure lets the run go on with its next step.
    """
    while error is not None and isinstance(error, Exception):
        error = error.__cause__ or error.__context__
    return error


def is_outage(error: Exception) -> bool:
    """Whether a server, and not the program, is at fault."""
    import duckdb
    import psycopg

    return isinstance(error, OSError | duckdb.Error | psycopg.OperationalError)
