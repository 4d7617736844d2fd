"""Which assets are linked, and which partitions of the Dagster asset an Airflow event is about."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Extra = Mapping[str, Any]
Part = tuple[str | None, Extra]
"""A partition, None for the asset as a whole, and what the event tells of it."""

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def whole(extra: Extra) -> Sequence[Part]:
    """The asset has no partitions."""
    return [(None, extra)]


def month(extra: Extra) -> Sequence[Part]:
    """The month that was loaded, `2023-01`. Dagster calls it by its first day."""
    return [(day(f"{extra.get('month')}-01"), extra)]


def weeks(extra: Extra) -> Sequence[Part]:
    """A part for each week that was counted; Dagster calls a week by its Sunday, as the extra does."""
    listed = extra.get("weeks")
    entries = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    found = [(day(entry.get("period")), entry) for entry in entries]
    return found if found and all(key for key, _ in found) else [(None, extra)]


def day(value: Any) -> str | None:
    """The value if it is a day such as `2023-01-31`. Extras come from whoever emits an event, so they may hold anything."""
    try:
        return value if isinstance(value, str) and DAY.fullmatch(value) and date.fromisoformat(value) else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Link:
    """An asset that both orchestrators know.

    :param name: the name of the asset in Airflow, and its key in Dagster
    :param parts: of an Airflow event's extra, for links that lead to Dagster
    """

    name: str
    parts: Callable[[Extra], Sequence[Part]] = whole


TO_DAGSTER = (
    Link("customer_transactions"),
    Link("labeled_transactions"),
    Link("fraud_summary"),
    # The same tables and files as Dagster's own assets, when it is Airflow that has renewed them.
    Link("taxi_trips", month),
    Link("taxi_zones"),
    Link("trips_by_week", weeks),
    Link("manhattan_stats"),
    # Not the map: the newest materialization is the one whose picture Dagster shows, and Airflow's events have none.
)
TO_AIRFLOW = ("taxi_trips", "taxi_zones", "trips_by_week", "manhattan_stats", "manhattan_map")
