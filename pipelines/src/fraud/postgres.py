"""A connection to Postgres whose errors are one line for the user."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from fraud.errors import FraudError, one_line

LOCK_TIMEOUT_SECONDS = 300
# psycopg warns in the log that a lost connection can't be rolled back, beside the error that says it is lost.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)


@contextmanager
def session(settings: dict[str, str], connect_timeout: int) -> Iterator[psycopg.Connection]:
    """A connection in autocommit mode, closed at the end; every database error becomes a FraudError.

    `connect_timeout` is in seconds, for each address that the host name has.
    """
    where = f"Postgres at {settings['PGHOST']}:{settings['PGPORT']}"
    try:
        conn = psycopg.connect(
            host=settings["PGHOST"],
            port=settings["PGPORT"],
            dbname=settings["PGDATABASE"],
            user=settings["PGUSER"],
            password=settings["PGPASSWORD"],
            connect_timeout=connect_timeout,
            application_name="fraud",
            autocommit=True,
            prepare_threshold=None,  # a prepared statement would fail when someone migrates the table meanwhile
            # A dead server, or a network that swallows packets, is noticed after a minute instead of hours.
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            tcp_user_timeout=60_000,
        )
    except psycopg.Error as error:
        target = f"database {settings['PGDATABASE']} as user {settings['PGUSER']}"
        raise FraudError(f"cannot connect to {where}, {target}: {one_line(error)}") from error
    try:
        with conn:
            # The server, too, must notice that a client is gone: until then it keeps that client's locks.
            conn.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'; SET tcp_keepalives_idle = 30; SET TimeZone = 'UTC'")
            conn.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            yield conn
    except psycopg.errors.LockNotAvailable as error:
        raise FraudError(f"{where}: another session has locked the table for {LOCK_TIMEOUT_SECONDS} s; try again later") from error
    except psycopg.Error as error:
        if conn.broken:
            raise FraudError(f"lost the connection to {where}: {one_line(error)}; running it again is safe") from error
        raise FraudError(f"{where} refused: {one_line(error)}") from error
