"""The taxi zones in the lake: one row for each, whole and valid, or as they were."""

from __future__ import annotations

import csv
import io
import logging
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taxi import lake, zones_file
from taxi.catalog import ZONES
from taxi.errors import TaxiError, one_line
from taxi.lake import Lake
from taxi.settings import Settings
from taxi.source import Column
from taxi.store import Store

if TYPE_CHECKING:
    from shapely import Geometry

logger = logging.getLogger("taxi")

TABLE = "taxi_zones"
LARGEST_ID = 2**31 - 1


@dataclass(frozen=True)
class LoadedZones:
    """What a load did. `repeated` are the zones that the file has in several rows."""

    rows: int
    file_rows: int
    repeated: tuple[int, ...]
    columns: tuple[Column, ...]
    seconds: float


@dataclass(frozen=True)
class Zone:
    """A row of the table; the geometry is WKT in degrees."""

    zone_id: int
    zone: str
    borough: str
    geometry: str


def load(settings: Settings) -> LoadedZones:
    """Put the file's zones into the lake, in the place of what was there. Raises TaxiError if the file is missing or unsound."""
    begun = time.monotonic()
    source = zones_file.uri(settings)
    store = Store(settings)
    if not store.exists(source):
        raise TaxiError(f"there is no file {source} yet; fetch it first")
    content = store.get(source)
    try:
        found = read(content)
        zones = united(found)
    except TaxiError as error:
        raise TaxiError(f"{source} {error}") from error
    with lake.connect(settings) as opened, lake.commit_lock(settings):
        lake.retrying(lambda: replace(opened, zones))
    repeated = repetitions(found)
    columns = tuple(Column(name, kind) for name, kind in ZONES.items())
    loaded = LoadedZones(len(zones), len(found), repeated, columns, time.monotonic() - begun)
    again = f", of which {', '.join(map(str, repeated))} in several rows" if repeated else ""
    logger.info("loaded %d taxi zones from %s%s: %.1f s", loaded.rows, source, again, loaded.seconds)
    return loaded


def read(content: bytes) -> list[Zone]:
    """The rows of the file, whose columns are found by their names. Raises TaxiError whose text continues `ADDRESS …`."""
    # A border is one cell of up to 300,000 characters; the module's own limit is 131,072.
    csv.field_size_limit(sys.maxsize)
    zones = []
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        missing = [column for column in zones_file.COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise TaxiError(f"is not a file of taxi zones: it has no column {', '.join(missing)}")
        for number, line in enumerate(reader, 1):
            zone_id, name, borough, geometry = (line[column] or "" for column in zones_file.COLUMNS)
            if not (zone_id.isascii() and zone_id.isdigit() and 0 < int(zone_id) <= LARGEST_ID):
                raise TaxiError(f"has the zone number {zone_id[:40]!r} in row {number}")
            if not borough.strip():
                raise TaxiError(f"has no borough for zone {zone_id} in row {number}")
            zones.append(Zone(int(zone_id), name.strip(), borough.strip(), geometry))
    except UnicodeDecodeError as error:
        raise TaxiError("is not a CSV file in UTF-8") from error
    except csv.Error as error:
        raise TaxiError(f"is not a whole CSV file: {one_line(error)}") from error
    if not zones:
        raise TaxiError("holds no zones")
    return zones


def repetitions(zones: list[Zone]) -> tuple[int, ...]:
    """Numbers of the zones that occur more than once, in order."""
    numbers = [zone.zone_id for zone in zones]
    return tuple(sorted({number for number in numbers if numbers.count(number) > 1}))


def united(zones: list[Zone]) -> list[Zone]:
    """One row for each zone, in the order of their numbers.

    The file gives a row to each island of zone 103 and to each half of zone 56, so a zone is all of its rows together:
    joining trips to the rows as they are would count them twice, and keeping one row would lose land.
    """
    import shapely

    parts: dict[int, list[Zone]] = {}
    for zone in zones:
        parts.setdefault(zone.zone_id, []).append(zone)
    result = []
    for number, rows in sorted(parts.items()):
        shapes = [shape_of(row) for row in rows]
        names = {(row.zone, row.borough) for row in rows}
        if len(names) > 1:
            raise TaxiError(f"has several names for zone {number}: {', '.join(sorted(' in '.join(name) for name in names))}")
        geometry = rows[0].geometry if len(rows) == 1 else shapely.union_all(shapes).wkt
        result.append(Zone(number, rows[0].zone, rows[0].borough, geometry))
    return result


def shape_of(zone: Zone) -> Geometry:
    """The shape that a zone's WKT describes."""
    import shapely

    try:
        shape = shapely.from_wkt(zone.geometry)
    except shapely.errors.GEOSException as error:
        raise TaxiError(f"has a border of zone {zone.zone_id} that is not well-known text: {one_line(error)[:80]}") from error
    if shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise TaxiError(f"has a border of zone {zone.zone_id} that surrounds no land ({zone.geometry[:40]})")
    return shape


def replace(opened: Lake, zones: list[Zone]) -> None:
    """Put the zones in the place of the table's rows, in one transaction."""
    values = [[getattr(zone, column) for zone in zones] for column in ZONES]
    columns = ", ".join(f"unnest(CAST(? AS {kind}[]))" for kind in ZONES.values())
    with opened.transaction(f"load {len(zones)} zones"):
        opened.connection.execute(f"DELETE FROM lake.{TABLE}")
        # One statement, because each makes a file.
        opened.connection.execute(f"INSERT INTO lake.{TABLE} ({', '.join(ZONES)}) SELECT {columns}", values)
