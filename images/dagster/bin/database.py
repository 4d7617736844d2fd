"""The login of the storage, from the DAGSTER_PG* variables, for programs that are too small to load Dagster for it."""

import os
import sys
import time
from pathlib import Path

import psycopg2

PAUSE_SECONDS = 0.3


def connect(statement_seconds=5):
    """A connection as the user of the variables. Statements of it end with an error after `statement_seconds`."""
    return psycopg2.connect(
        host=variable("DAGSTER_PGHOST"),
        port=variable("DAGSTER_PGPORT"),
        dbname=variable("DAGSTER_PGDATABASE"),
        user=variable("DAGSTER_PGUSER"),
        password=variable("DAGSTER_PGPASSWORD"),
        sslmode=os.environ.get("DAGSTER_PGSSLMODE", "prefer"),
        sslrootcert=os.environ.get("DAGSTER_PGSSLROOTCERT"),
        connect_timeout=3,
        options=f"-c statement_timeout={statement_seconds * 1000}",
    )


def variable(name):
    """The value of an environment variable; ends the program where it is not set."""
    try:
        return os.environ[name]
    except KeyError:
        sys.exit(f"{Path(sys.argv[0]).name}: {name} is not set")


def one_line(error):
    """An error of the database as one line."""
    return " ".join(str(error).split())


def wait(lack):
    """Ask `lack()` what is missing until it answers with an empty text; says each answer once, gives up after WAIT_SECONDS (600)."""
    start = time.monotonic()
    seconds = float(os.environ.get("WAIT_SECONDS", "600"))
    told = None
    while words := lack():
        if words != told:
            print(f"waiting: {words}", flush=True)
            told = words
        if time.monotonic() - start > seconds:
            sys.exit(f"gave up waiting for the database after {seconds:.0f} s: {words}")
        time.sleep(PAUSE_SECONDS)
    print(f"the database is ready after {time.monotonic() - start:.1f} s", flush=True)
