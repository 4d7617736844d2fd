"""`dagster-daemon`, with connections to the database that are kept for the next question, and with each line of its log once.

Dagster opens a connection for each question of its daemon: at rest seven in a second, each of which Postgres has to start a process for,
which then reads the catalog anew. That took three times the processor time of the questions themselves.
"""

import functools
import logging

from dagster._daemon.cli import main
from dagster_postgres.event_log import event_log
from dagster_postgres.run_storage import run_storage
from dagster_postgres.schedule_storage import schedule_storage
from dagster_postgres.utils import create_pg_engine
from sqlalchemy.pool import NullPool

# Kept open when nobody asks; more are opened when more threads ask at once.
KEPT = 3
# After this time a connection is replaced. One that a restart of the database has cut is found out before it is used.
SECONDS = 300


@functools.cache
def engine_of(url):
    """The engine of this process for a database, whichever storage asks."""
    return create_pg_engine(
        url, isolation_level="AUTOCOMMIT", pool_size=KEPT, max_overflow=-1, pool_recycle=SECONDS, pool_pre_ping=True, pool_use_lifo=True
    )


def keeping(url, token_provider=None, **options):
    """In the place of `create_pg_engine`: one that keeps connections where Dagster asks for one that keeps none."""
    if options == {"isolation_level": "AUTOCOMMIT", "poolclass": NullPool} and token_provider is None:
        return engine_of(url)
    return create_pg_engine(url, token_provider, **options)


def keep_connections():
    """Let the storages of this process share connections."""
    for module in (event_log, run_storage, schedule_storage):
        module.create_pg_engine = keeping


if __name__ == "__main__":
    keep_connections()
    # The first library that warns through the root logger gives that a handler of its own, which would repeat every line of Dagster's.
    logging.getLogger("dagster").propagate = False
    main()
