"""A connection to MySQL whose errors are one line for the user."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pymysql

from fraud.errors import FraudError, one_line

if TYPE_CHECKING:
    from pymysql.connections import Connection

# What the server may take for one statement, in seconds. The longest is a migration of a large old table.
STATEMENT_TIMEOUT = 1800
LOCK_TIMEOUT = 300
ROW_LOCK_TIMEOUT = 30
DEADLOCK, LOCK_WAIT_TIMEOUT = 1213, 1205
SERVER_GONE = frozenset({2003, 2006, 2013, 2014, 2055})


def code_of(error: BaseException) -> int:
    """MySQL's number of an error, 0 when it has none."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def message_of(error: BaseException) -> str:
    return one_line(Exception(error.args[1] if len(error.args) > 1 else error))


def connect(settings: dict[str, str], connect_timeout: int) -> "Connection":
    """A connection in autocommit mode: each statement is a transaction, so that a killed client leaves no lock behind."""
    conn = pymysql.connect(
        host=settings["MYSQL_HOST"],
        port=int(settings["MYSQL_PORT"]),
        database=settings["MYSQL_DATABASE"],
        user=settings["MYSQL_USER"],
        password=settings["MYSQL_PASSWORD"].encode(),  # a text would be sent as Latin-1
        connect_timeout=connect_timeout,
        read_timeout=connect_timeout,  # of the handshake, which the connect timeout does not cover
        write_timeout=connect_timeout,
        autocommit=True,
        charset="utf8mb4",
        program_name="fraud",
        init_command=(
            "SET SESSION sql_mode = 'TRADITIONAL', SESSION transaction_isolation = 'READ-COMMITTED', "
            f"SESSION lock_wait_timeout = {LOCK_TIMEOUT}, SESSION innodb_lock_wait_timeout = {ROW_LOCK_TIMEOUT}"
        ),
    )
    # From here on, answers may take longer. PyMySQL has no public way to say so.
    vars(conn).update(_read_timeout=STATEMENT_TIMEOUT, _write_timeout=STATEMENT_TIMEOUT)
    return conn


@contextmanager
def session(settings: dict[str, str], connect_timeout: int) -> Iterator["Connection"]:
    """A connection, closed at the end; every database error becomes a FraudError. `connect_timeout` is in seconds."""
    where = f"MySQL at {settings['MYSQL_HOST']}:{settings['MYSQL_PORT']}"
    # Besides its own errors, PyMySQL lets through what Python says of a broken handshake (struct, index, OS errors).
    broken = (pymysql.MySQLError, OSError, IndexError, ValueError, AssertionError)
    try:
        conn = connect(settings, connect_timeout)
    except broken as error:
        target = f"database {settings['MYSQL_DATABASE']} as user {settings['MYSQL_USER']}"
        raise FraudError(f"cannot connect to {where}, {target}: {message_of(error)}") from error
    try:
        yield conn
    except (pymysql.MySQLError, OSError) as error:
        if code_of(error) in SERVER_GONE or not isinstance(error, pymysql.MySQLError):
            raise FraudError(f"lost the connection to {where}: {message_of(error)}; running it again is safe") from error
        raise FraudError(f"{where} refused: {message_of(error)}") from error
    finally:
        with suppress(pymysql.MySQLError, OSError):
            conn.close()
