"""Postgres advisory locks, which end with their session: whoever holds one and dies lets the next one in."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from taxi.errors import TaxiError, one_line
from taxi.settings import PostgresLogin, Settings

if TYPE_CHECKING:
    import psycopg

LOCK_TIMEOUT = timedelta(minutes=15)
# psycopg warns in the log that a lost connection can't be rolled back, beside the error that says it is lost.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)


@contextmanager
def postgres(login: PostgresLogin, application: str = "taxi") -> Iterator[psycopg.Connection]:
    """A connection in autocommit mode, closed at the end; every database error becomes a TaxiError."""
    import psycopg

    try:
        connection = psycopg.connect(
            host=login.host,
            port=login.port,
            dbname=login.database,
            user=login.user,
            password=login.password,
            sslmode=login.sslmode,
            sslrootcert=login.sslrootcert,
            application_name=application,
            autocommit=True,
            connect_timeout=10,
            prepare_threshold=None,
            # A dead server, or a network that swallows packets, is noticed after a minute instead of hours.
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            tcp_user_timeout=60_000,
        )
    except psycopg.Error as error:
        raise TaxiError(f"cannot connect to {login.place} as user {login.user}: {one_line(error)}") from error
    try:
        with connection:
            # The server, too, must notice that a client is gone: until then it keeps that client's locks.
            connection.execute("SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3")
            yield connection
    except psycopg.Error as error:
        raise TaxiError(f"{login.place} refused: {one_line(error)}") from error


@contextmanager
def table_lock(settings: Settings, key: str, *, timeout: timedelta = LOCK_TIMEOUT) -> Iterator[float]:
    """Be the only one, among all processes with this lake, that holds the lock of this name; gives the seconds waited.

    Raises TaxiError when it is not free within the timeout.
    """
    import psycopg

    with postgres(settings.lake, f"taxi lock {key}"[:63]) as connection:
        begun = time.monotonic()
        connection.execute(f"SET lock_timeout = {int(timeout.total_seconds() * 1000)}")
        try:
            connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"taxi:{key}"])
        except psycopg.errors.LockNotAvailable as error:
            raise TaxiError(f"someone else has held the lock of {key} for {timeout.total_seconds():.0f} s; try again later") from error
        yield time.monotonic() - begun
