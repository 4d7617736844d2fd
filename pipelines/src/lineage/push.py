"""Dagster to Airflow: one process at a time emits an asset event for each materialization."""

import time
from threading import Lock

import dagster as dg

from lineage.airflow import Airflow
from lineage.batch import Batch
from lineage.cursor import Pushed
from lineage.errors import Ambiguous, LineageError
from lineage.links import TO_AIRFLOW
from lineage.storage import Storage

QUIET_SECONDS = 20.0
"""How long a write whose answer never came may still be at work in Airflow: longer than a request waits there for locks."""


class Pusher:
    """The one process that pushes. A second one, such as the new code server beside the old one, waits until the first is gone.

    It keeps quiet for a while after its turn has come, and after a write with an unknown end. What was under way then has by now
    happened, and is found in Airflow, or never will.
    """

    def __init__(self, *, quiet_seconds: float = QUIET_SECONDS) -> None:
        self.quiet_seconds = quiet_seconds
        self.quiet_until = 0.0
        self.storage: Storage | None = None
        self.at_work = Lock()

    def push(self, instance: dg.DagsterInstance, airflow: Airflow, cursor: Pushed) -> tuple[Pushed, str]:
        """Emit the next events; the cursor to keep, and a sentence. Raises LineageError if nothing could be done."""
        # A daemon that was replaced does not wait for the tick that the one before it has begun.
        if not self.at_work.acquire(blocking=False):
            return cursor, "an earlier tick is still at work"
        try:
            storage = self.turn(instance)
            return self.push_in_turn(instance, storage, airflow, cursor) if storage else (cursor, "another code server is pushing")
        finally:
            # The lock went with the connection, if that is what has failed.
            if self.storage is not None and self.storage.connection.closed:
                self.storage = None
            self.at_work.release()

    def turn(self, instance: dg.DagsterInstance) -> Storage | None:
        """The connection that holds the lock, for as long as this process lives; None if another process has it."""
        if self.storage is None:
            storage = Storage(instance)
            if not storage.take():
                storage.close()
                return None
            self.storage = storage
            self.keep_quiet()
        return self.storage

    def keep_quiet(self) -> None:
        """Write nothing for a while."""
        self.quiet_until = time.monotonic() + self.quiet_seconds

    def push_in_turn(self, instance: dg.DagsterInstance, storage: Storage, airflow: Airflow, cursor: Pushed) -> tuple[Pushed, str]:
        """The same, once no other process can do it too."""
        newest = storage.newest()
        if all(cursor.upto.get(asset, 0) >= newest for asset in TO_AIRFLOW):
            return cursor, "nothing new"
        if (left := self.quiet_until - time.monotonic()) > 0:
            return cursor, f"a write from before may still be under way in Airflow; going on in {left:.0f} s"
        if not storage.settle():
            return cursor, "somebody has been writing to Dagster's event log for seconds; looking again"
        batch = Batch.read(instance, cursor, newest)
        problem: LineageError | None = None
        if batch.waiting():
            try:
                with airflow.session() as session:
                    batch.send(session, airflow.settings.dagster_links)
            except LineageError as error:
                problem = error
                if isinstance(error, Ambiguous):
                    self.keep_quiet()
        if problem and not batch.done:
            raise problem
        return batch.cursor(), "; ".join(filter(None, (batch.story(), str(problem or ""))))
