"""What Dagster's daemon does with the lineage's sensors: it keeps the cursor after a tick's events are written, not before."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import dagster as dg
import dagster_storage
import psycopg
import servers

from lineage.airflow import Airflow
from lineage.carry import carry
from lineage.cursor import Carried, Pushed
from lineage.events import FROM_AIRFLOW, identity, is_from_airflow
from lineage.links import TO_AIRFLOW
from lineage.push import Pusher


@dataclass(frozen=True)
class Instances:
    """The same storage with two logins.

    :param daemon: the owner's, which writes
    :param code: that of runs and code servers, with the rights of the platform
    """

    storage: dagster_storage.Storage
    daemon: dg.DagsterInstance
    code: dg.DagsterInstance

    def empty(self) -> None:
        """Forget all events."""
        with self.storage.connect("dagster") as conn:
            conn.execute("truncate event_logs, asset_keys, asset_event_tags restart identity cascade")


class Loop:
    """A daemon, a code server, and the cursors that the daemon has kept."""

    def __init__(self, daemon: dg.DagsterInstance, code: dg.DagsterInstance, airflow: Airflow, pusher: Pusher) -> None:
        self.daemon, self.code, self.airflow, self.pusher = daemon, code, airflow, pusher
        self.carried: str | None = None
        self.pushed: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """The code server's process ends, and its connections with it."""
        if self.pusher.storage:
            self.pusher.storage.close()

    def materialize(self, asset: str = "taxi_trips", partition: str | None = None, **metadata: Any) -> None:
        """A materialization that Dagster itself has made."""
        self.daemon.report_runless_asset_event(dg.AssetMaterialization(asset, partition=partition, metadata=metadata))

    def carry(self, *, writes: int | None = None) -> int:
        """A tick of the sensor to Dagster; how much was written. The daemon is killed after `writes` of them, if that is a number."""
        outcome = carry(self.code, self.airflow, Carried.read(self.carried))
        for number, found in enumerate(outcome.found):
            if number == writes:
                return number
            self.daemon.report_runless_asset_event(found)
        if writes is None or writes > len(outcome.found):
            self.carried = outcome.cursor.write()
        return len(outcome.found)

    def push(self, *, kept: bool = True) -> str:
        """A tick of the sensor to Airflow, and what it said. The daemon is killed before it keeps the cursor, unless `kept`."""
        cursor, words = self.pusher.push(self.code, self.airflow, Pushed.read(self.pushed))
        if kept:
            self.pushed = cursor.write()
        return words

    def settle(self, step: Callable[[], object], ticks: int = 40) -> None:
        """Tick until cursors stop changing."""
        for _ in range(ticks):
            before = (self.carried, self.pushed)
            step()
            if before == (self.carried, self.pushed):
                return
        raise AssertionError("the cursor moves for ever")


def records(instance: dg.DagsterInstance, asset: str) -> list[dg.EventLogRecord]:
    """All materializations of an asset, in their order."""
    return list(instance.fetch_materializations(dg.AssetKey(asset), limit=1000, ascending=True).records)


def in_dagster(instance: dg.DagsterInstance, *assets: str) -> list[tuple[str, str | None]]:
    """(identity of the Airflow event, partition) of the materializations that stand for Airflow events, in their order."""
    found = sorted((record for asset in assets for record in records(instance, asset)), key=lambda record: record.storage_id)
    told = [record.asset_materialization for record in found if is_from_airflow(record)]
    return [(str(one.metadata[FROM_AIRFLOW].value), one.partition) for one in told if one]


def own(instance: dg.DagsterInstance) -> list[str]:
    """Identities of the materializations that Dagster itself has made of assets that Airflow is to know, in their order."""
    found = sorted((record for asset in TO_AIRFLOW for record in records(instance, asset)), key=lambda record: record.storage_id)
    return [identity(record) for record in found if not is_from_airflow(record)]


def hang_until_writers(storage: dagster_storage.Storage, count: int) -> None:
    """Wait until so many sessions wait for a lock on the event log."""
    with psycopg.connect(servers.postgres_url(storage.admin), autocommit=True) as conn:
        deadline = time.monotonic() + 20
        statement = "select count(*) from pg_locks where not granted and mode = 'RowExclusiveLock'"
        while conn.execute(statement).fetchone() != (count,):
            assert time.monotonic() < deadline, "nobody waits for the lock"
            time.sleep(0.02)
