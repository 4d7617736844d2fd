"""Airflow to Dagster: reads asset events, and gives Dagster's daemon the materializations to record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from lineage.airflow import Airflow
from lineage.cursor import Carried
from lineage.errors import LineageError
from lineage.events import FROM_DAGSTER, AirflowEvent, carried, materializations
from lineage.links import TO_DAGSTER
from lineage.storage import Storage

MOST = 50
"""Events a tick."""
PAGE = 1000
LINKS = {link.name: link for link in TO_DAGSTER}


@dataclass(frozen=True)
class Outcome:
    """What the daemon records, and the cursor that it keeps afterwards."""

    found: Sequence[dg.AssetMaterialization]
    cursor: Carried


def carry(instance: dg.DagsterInstance, airflow: Airflow, cursor: Carried) -> Outcome:
    """The next events. The daemon writes them one after the other and then keeps the cursor, so a tick that is cut off begins
    anew: what it has written already is found in Dagster, and left out."""
    with airflow.session() as session:
        new = next_events(session.events(since=cursor.floor), cursor)
        now = min(filter(None, (session.clock, datetime.now(UTC))))
    # Clocks may be wrong: that of this host, that of Airflow's, or that of whoever has emitted the last event.
    until = now if len(new) < MOST else min(now, new[-1].at)
    if not new:
        return Outcome([], cursor.after([], until, cursor.newest))
    storage = Storage(instance)
    try:
        newest = storage.newest()
        if not storage.settle():
            raise LineageError("somebody has been writing to Dagster's event log for seconds: the last tick, perhaps. Looking again")
    finally:
        storage.close()
    wanted = [(event, link) for event in new if (link := LINKS.get(event.asset)) and FROM_DAGSTER not in event.extra]
    there = recorded(instance, {link.name for _, link in wanted}, cursor.newest)
    for asset in sorted({asset for asset, *_ in there}):
        mend(instance, dg.AssetKey(asset))
    found = [
        one
        for event, link in wanted
        for one in materializations(event, link, airflow.settings.airflow_links)
        if (link.name, event.identity, one.partition) not in there
    ]
    # While it has not caught up, perhaps because somebody has reset the cursor, Dagster may have what comes next.
    return Outcome(found, cursor.after(new, until, newest if len(new) < MOST else cursor.newest))


def next_events(events: Iterable[AirflowEvent], cursor: Carried) -> list[AirflowEvent]:
    """The first of those that are not dealt with. One may be told twice, where others appear while pages are turned."""
    new: dict[str, AirflowEvent] = {}
    for event in events:
        if event.identity not in cursor.recent:
            new.setdefault(event.identity, event)
        if len(new) == MOST:
            break
    return list(new.values())


def recorded(instance: dg.DagsterInstance, assets: Iterable[str], after: int) -> set[tuple[str, str, str | None]]:
    """(asset, identity of the Airflow event, partition) of the materializations after a number that stand for Airflow events."""
    found = set()
    for asset in assets:
        chosen = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), after_storage_id=after)
        page = None
        while page is None or page.has_more:
            page = instance.fetch_materializations(chosen, limit=PAGE, cursor=page.cursor if page else None, ascending=True)
            found |= {(asset, *one) for record in page.records if (one := carried(record))}
    return found


def mend(instance: dg.DagsterInstance, asset: dg.AssetKey) -> None:
    """Bring the row of an asset up to its newest materialization.

    Dagster writes the event first and the row, which automation conditions look at, after it. A daemon that was killed in between
    leaves the row behind.
    """
    newest = instance.fetch_materializations(asset, limit=1).records
    rows = instance.get_asset_records([asset])
    seen = rows[0].asset_entry.last_materialization_storage_id if rows else None
    if newest and (seen is None or seen < newest[0].storage_id):
        storage: Any = instance.event_log_storage  # That of every SQL database has this method.
        storage.store_asset_event(newest[0].event_log_entry, newest[0].storage_id)
