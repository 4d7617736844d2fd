"""An event of either side, and what becomes of it on the other one."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import quote

import dagster as dg

from lineage.links import Link

FROM_AIRFLOW = "airflow/event"
"""The metadata of a materialization that tells which Airflow event it stands for. It is never sent back to Airflow."""
FROM_DAGSTER = "dagster_event"
"""The part of an Airflow event's extra that tells which materialization it stands for. It is never carried back to Dagster."""

# What is sent to Airflow is copied to every run that it triggers; the rest is a click away in Dagster.
LONGEST_TEXT = 1000
MOST_ENTRIES = 30


@dataclass(frozen=True)
class AirflowEvent:
    """An asset event, as Airflow's API tells it.

    :param at: when Airflow has recorded it, in UTC
    """

    id: int
    at: datetime
    asset: str
    asset_id: int
    extra: Mapping[str, Any]
    dag: str | None = None
    task: str | None = None
    run: str | None = None
    map_index: int = -1

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Self:
        """From an entry of the API's list."""
        return cls(
            id=entry["id"],
            at=datetime.fromisoformat(entry["timestamp"]).astimezone(UTC),
            asset=entry["name"] or "",
            asset_id=entry["asset_id"],
            extra=entry["extra"] or {},
            dag=entry["source_dag_id"],
            task=entry["source_task_id"],
            run=entry["source_run_id"],
            map_index=entry["source_map_index"],
        )

    @property
    def identity(self) -> str:
        """Tells it from all others, also when the database was restored and gives its numbers again."""
        return f"{self.id}@{self.at.isoformat(timespec='microseconds')}"


def materializations(event: AirflowEvent, link: Link, airflow_links: str) -> list[dg.AssetMaterialization]:
    """What Dagster is told of an Airflow event: a materialization for each partition that it is about.

    :param airflow_links: the address of Airflow's pages for the people who read Dagster's
    """
    told: dict[str, Any] = {FROM_AIRFLOW: event.identity, "airflow/event_time": dg.MetadataValue.timestamp(event.at)}
    told |= {f"airflow/{name}": value for name, value in (("dag", event.dag), ("task", event.task), ("run_id", event.run)) if value}
    if event.map_index >= 0:
        told["airflow/map_index"] = event.map_index
    if event.dag and event.run:
        told["airflow/run"] = dg.MetadataValue.url(f"{airflow_links}/dags/{path(event.dag)}/runs/{path(event.run)}")
    else:
        told["airflow/asset"] = dg.MetadataValue.url(f"{airflow_links}/assets/{event.asset_id}")
    return [
        dg.AssetMaterialization(asset_key=link.name, partition=partition, metadata={**metadata(extra), **told})
        for partition, extra in link.parts(event.extra)
    ]


def path(name: str) -> str:
    """A name as one part of a URL's path."""
    return quote(name, safe="", errors="replace")


def metadata(extra: Mapping[str, Any]) -> dict[str, dg.MetadataValue]:
    """The entries of an extra, those of objects one level below by `outer.inner`. Names that mean something to Dagster are changed."""
    flat: dict[str, Any] = {}
    for name, value in extra.items():
        inner = {f"{name}.{key}": entry for key, entry in value.items()} if isinstance(value, Mapping) and value else {name: value}
        flat |= inner
    return {f"extra/{name}" if name.startswith(("dagster/", "airflow/")) else name: metadata_value(value) for name, value in flat.items()}


def metadata_value(value: Any) -> dg.MetadataValue:
    """A JSON value of any type, shown as what it is."""
    match value:
        case bool():
            return dg.MetadataValue.bool(value)
        case int() if abs(value) < 2**53:  # Beyond that, pages and the API would show another number.
            return dg.MetadataValue.int(value)
        case float() if math.isfinite(value):
            return dg.MetadataValue.float(value)
        case str() if value.startswith(("http://", "https://")):
            return dg.MetadataValue.url(value)
        case dict() | list():
            return dg.MetadataValue.json(value)
        case None:
            return dg.MetadataValue.null()
    return dg.MetadataValue.text(str(value))


def is_from_airflow(record: dg.EventLogRecord) -> bool:
    """Whether a materialization stands for an Airflow event."""
    return FROM_AIRFLOW in materialization(record).metadata


def carried(record: dg.EventLogRecord) -> tuple[str, str | None] | None:
    """Identity and partition of the Airflow event that a materialization stands for; None if it is Dagster's own."""
    found = materialization(record)
    entry = found.metadata.get(FROM_AIRFLOW)
    return (str(entry.value), found.partition) if entry else None


def materialization(record: dg.EventLogRecord) -> dg.AssetMaterialization:
    """What the record is about."""
    found = record.asset_materialization
    assert found is not None, "only materializations are asked for"
    return found


def identity(record: dg.EventLogRecord) -> str:
    """Tells a materialization from all others, also when the database was restored and gives its numbers again."""
    return f"{record.storage_id}@{datetime.fromtimestamp(record.timestamp, UTC).isoformat(timespec='microseconds')}"


def extra(record: dg.EventLogRecord, dagster_links: str) -> dict[str, Any]:
    """What Airflow is told of a materialization: where it comes from, and its figures and words.

    Links are left out: those of files are signed, which makes them a secret.

    :param dagster_links: the address of Dagster's pages for the people who read Airflow's
    """
    found = materialization(record)
    told: dict[str, Any] = {}
    for name, value in found.metadata.items():
        if len(told) < MOST_ENTRIES and (plain := plain_value(value)) is not None:
            told[clean(name)] = plain
    told[FROM_DAGSTER] = identity(record)
    if found.partition is not None:
        told["partition"] = clean(found.partition)
    if record.run_id:
        told["dagster_run_id"] = record.run_id
        told["dagster_run_url"] = f"{dagster_links}/runs/{record.run_id}"
    else:
        told["dagster_run_url"] = f"{dagster_links}/assets/{'/'.join(path(part) for part in found.asset_key.path)}"
    return told


def plain_value(value: dg.MetadataValue) -> Any:
    """The value of an entry that is a number, a truth or a text; None for any other."""
    match value:
        case dg.IntMetadataValue() | dg.BoolMetadataValue():
            return value.value
        case dg.FloatMetadataValue():
            return value.value if value.value is not None and math.isfinite(value.value) else None
        case dg.TextMetadataValue() | dg.PathMetadataValue():
            return clean(str(value.value))
    return None


def clean(text: str) -> str:
    """Text that every JSON column takes: short, and without what is no character."""
    return text[:LONGEST_TEXT].replace("\0", "").encode(errors="replace").decode()


def identities(events: Iterable[AirflowEvent]) -> set[str]:
    """The materializations that these Airflow events stand for."""
    return {str(event.extra[FROM_DAGSTER]) for event in events if FROM_DAGSTER in event.extra}
