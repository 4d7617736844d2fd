"""How a run fails: with the sentence that tells the user what to do, and again only if that can help."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from taxi.errors import MalformedRequest, NotPublishedYet, TaxiError, UnmappableMonth, UsageError, one_line

FINAL = (NotPublishedYet, UnmappableMonth, MalformedRequest, UsageError)
"""What would go wrong again in the same way."""
RETRIES = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


@contextmanager
def told() -> Iterator[None]:
    """Turn what goes wrong into a Failure. Only an outage is worth another attempt; a fault of the program comes with its traceback."""
    try:
        yield
    except TaxiError as error:
        raise dg.Failure(str(error), allow_retries=not isinstance(error, FINAL)) from None
    except Exception as error:
        raise dg.Failure(f"{type(error).__name__}: {one_line(error)}", allow_retries=is_outage(error)) from error


def is_outage(error: Exception) -> bool:
    """Whether a server, and not the program, is at fault."""
    import duckdb
    import psycopg

    return isinstance(error, OSError | duckdb.Error | psycopg.OperationalError)
