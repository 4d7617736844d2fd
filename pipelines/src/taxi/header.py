"""The columns of a month's file, which the commission has renamed and retyped over the years, and the table's pinned ones."""

from __future__ import annotations

from collections.abc import Iterable

from taxi.catalog import TRIPS
from taxi.errors import UnmappableMonth
from taxi.months import Month

NAMES = {
    "vendor_id": ("vendorid", "vendor_id"),
    "pickup_datetime": ("tpep_pickup_datetime", "pickup_datetime", "trip_pickup_datetime"),
    "dropoff_datetime": ("tpep_dropoff_datetime", "dropoff_datetime", "trip_dropoff_datetime"),
    "passenger_count": ("passenger_count",),
    "trip_distance": ("trip_distance",),
    "rate_code_id": ("ratecodeid", "rate_code", "rate_code_id"),
    "store_and_fwd_flag": ("store_and_fwd_flag", "store_and_forward"),
    "pickup_zone_id": ("pulocationid",),
    "dropoff_zone_id": ("dolocationid",),
    "payment_type": ("payment_type",),
    "fare_amount": ("fare_amount", "fare_amt"),
    "extra": ("extra", "surcharge"),
    "mta_tax": ("mta_tax",),
    "tip_amount": ("tip_amount", "tip_amt"),
    "tolls_amount": ("tolls_amount", "tolls_amt"),
    "improvement_surcharge": ("improvement_surcharge",),
    "total_amount": ("total_amount", "total_amt"),
    "congestion_surcharge": ("congestion_surcharge",),
    "airport_fee": ("airport_fee",),
    "cbd_congestion_fee": ("cbd_congestion_fee",),
}
"""The table's columns, and what they have been called in the files, in lower case."""
NEWER = frozenset({"improvement_surcharge", "congestion_surcharge", "airport_fee", "cbd_congestion_fee"})
"""Columns that came after the first months (2015, 2019, 2021, 2025): where a file lacks them, they are NULL."""
DEGREES = ("longitude", "latitude", "start_lon", "start_lat", "end_lon", "end_lat")


def unknown(columns: Iterable[str]) -> tuple[str, ...]:
    """The columns that have no place in the table, as the file writes them."""
    known = {name for names in NAMES.values() for name in names}
    return tuple(column for column in columns if normal(column) not in known)


def mapped(columns: Iterable[str], month: Month) -> dict[str, str | None]:
    """The file's column for each of the table's, None for those that it is too old to have.

    Raises UnmappableMonth, in one sentence, if the file has other columns or lacks some.
    """
    columns = list(columns)
    found = {target: [column for column in columns if normal(column) in names] for target, names in NAMES.items()}
    strange = unknown(columns)
    degrees = [column for column in strange if normal(column).endswith(DEGREES)]
    if degrees and not (found["pickup_zone_id"] and found["dropoff_zone_id"]):
        raise UnmappableMonth(
            f"month {month} cannot be loaded: its file tells places by longitude and latitude ({', '.join(degrees)}) and has no taxi zones"
        )
    if strange:
        raise UnmappableMonth(f"month {month} cannot be loaded: taxi_trips has no place for the file's column {', '.join(strange)}")
    missing = [target for target, names in found.items() if not names and target not in NEWER]
    if missing:
        raise UnmappableMonth(f"month {month} cannot be loaded: its file has no column for {', '.join(missing)}")
    twice = [names for names in found.values() if len(names) > 1]
    if twice:
        raise UnmappableMonth(f"month {month} cannot be loaded: its file has {' and '.join(twice[0])}, which mean the same")
    return {target: names[0] if names else None for target, names in found.items()}


def normal(column: str) -> str:
    """A column's name without the case and the spaces that have varied."""
    return column.strip().lower()


def selected(mapping: dict[str, str | None]) -> str:
    """The SELECT list that gives a file's columns the table's names and types."""
    items = []
    for target, column in mapping.items():
        value = "NULL" if column is None else '"' + column.replace('"', '""') + '"'
        items.append(f"CAST({value} AS {TRIPS[target]}) AS {target}")
    return ", ".join(items)
