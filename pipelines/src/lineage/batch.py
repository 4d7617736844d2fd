"""The materializations of one tick on their way to Airflow."""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from heapq import merge
from typing import Self

import dagster as dg

from lineage import events
from lineage.airflow import Session
from lineage.cursor import Pushed
from lineage.errors import LineageError, Refused
from lineage.links import TO_AIRFLOW

MOST = 50
"""Events of an asset a tick."""
SECONDS = 20.0
"""After this long, no other event is begun. Dagster gives a tick a minute."""
SKEW = timedelta(minutes=5)
"""How far apart the clocks of Airflow's servers may be."""
NOT_FOUND = 404

Records = list[dg.EventLogRecord]


class Batch:
    """The next materializations of linked assets, and how far they have come.

    :param start: the cursor that they follow
    :param found: asset -> its next records in the order of their numbers, at most MOST
    :param newest: the number up to which there are no others, for assets with less than that
    """

    def __init__(self, start: Pushed, found: Mapping[str, Records], newest: int) -> None:
        self.start, self.found, self.newest = start, found, newest
        # Those that came from Airflow are dealt with as they are.
        self.done = {record.storage_id for records in found.values() for record in records if events.is_from_airflow(record)}
        self.sent = 0
        self.missing: set[str] = set()
        self.since: datetime | None = None

    @classmethod
    def read(cls, instance: dg.DagsterInstance, start: Pushed, newest: int) -> Self:
        """Those after a cursor, up to a number of which all are visible."""
        found = {}
        for asset in TO_AIRFLOW:
            chosen = dg.AssetRecordsFilter(
                asset_key=dg.AssetKey(asset), after_storage_id=start.upto.get(asset, 0), before_storage_id=newest + 1
            )
            found[asset] = list(instance.fetch_materializations(chosen, limit=MOST, ascending=True).records)
        return cls(start, found, newest)

    def unsent(self, asset: str) -> Records:
        """Those of an asset that are not dealt with."""
        return [record for record in self.found[asset] if record.storage_id not in self.done]

    def waiting(self) -> list[str]:
        """The assets that have any."""
        return [asset for asset in self.found if self.unsent(asset)]

    def queue(self) -> Iterator[tuple[str, dg.EventLogRecord]]:
        """All that can be sent, in the order of their numbers. An asset that Airflow does not have holds up no other."""
        ready = [asset for asset in self.waiting() if asset not in self.missing]
        # Behind the last record of a full page there may be others, which come before records of other assets.
        end = min((self.end(asset) for asset in ready), default=0)
        queues = [[(record.storage_id, asset, record) for record in self.unsent(asset)] for asset in ready]
        for number, asset, record in merge(*queues):
            if number <= end:
                yield asset, record

    def end(self, asset: str) -> int:
        """The number up to which all records of an asset are here."""
        records = self.found[asset]
        return records[-1].storage_id if len(records) == MOST else self.newest

    def send(self, session: Session, dagster_links: str) -> None:
        """Emit an event for each that Airflow does not have. Raises LineageError; what was dealt with until then is in `done`."""
        deadline = time.monotonic() + SECONDS
        since = self.start.since - SKEW if self.start.since else None
        numbers, there = {}, {}
        for asset in self.waiting():
            number = session.asset_id(asset)
            # What is written from here on is younger than this.
            self.since = self.since or session.clock
            if number is None:
                self.missing.add(asset)
                continue
            numbers[asset], there[asset] = number, events.identities(session.events(since=since, asset_id=number))
        for asset, record in self.queue():
            if time.monotonic() > deadline:
                return
            if events.identity(record) not in there[asset]:
                create(session, numbers[asset], asset, record, dagster_links)
                self.sent += 1
            self.done.add(record.storage_id)

    def cursor(self) -> Pushed:
        """Where the next tick begins: of each asset with the first record that is not dealt with."""
        upto = {}
        for asset in self.found:
            unsent = self.unsent(asset)
            upto[asset] = unsent[0].storage_id - 1 if unsent else self.end(asset)
        return self.start.after(upto, self.since)

    def story(self) -> str:
        """What was done, in words."""
        words = f"sent {self.sent} events to Airflow" if self.sent else "nothing new"
        return words + "".join(f"; Airflow has no asset {asset}, because no DAG names it" for asset in sorted(self.missing))


def create(session: Session, number: int, asset: str, record: dg.EventLogRecord, dagster_links: str) -> None:
    """Emit the event of one record."""
    try:
        session.create_event(number, events.extra(record, dagster_links))
    except Refused as error:
        gone = "it is gone from Airflow" if error.status == NOT_FOUND else str(error)
        raise LineageError(f"event {events.identity(record)} of {asset}: {gone}") from None
