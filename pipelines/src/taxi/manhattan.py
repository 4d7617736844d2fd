"""How many trips began in each zone of Manhattan: as GeoJSON, as a table, and as a map."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from taxi import lake, publish
from taxi.errors import TaxiError
from taxi.lake import Lake
from taxi.settings import Settings
from taxi.store import Store

logger = logging.getLogger("taxi")

BOROUGH = "Manhattan"
COUNTS = """
    SELECT zone_id, zone, borough, coalesce(num_trips, 0), geometry FROM lake.taxi_zones
    LEFT JOIN (SELECT pickup_zone_id, count(*) AS num_trips FROM lake.taxi_trips GROUP BY ALL) ON pickup_zone_id = zone_id
    WHERE borough = ? ORDER BY zone_id"""


@dataclass(frozen=True)
class Stats:
    """What was counted: all trips of the lake that began in a zone of Manhattan."""

    uri: str
    zones: int
    trips: int
    seconds: float


@dataclass(frozen=True)
class Drawn:
    """The map that lies at the URI."""

    uri: str
    png: bytes
    seconds: float


def stats_uri(settings: Settings) -> str:
    return f"{settings.outputs}/manhattan_stats.geojson"


def map_uri(settings: Settings) -> str:
    return f"{settings.outputs}/manhattan_map.png"


def stats(settings: Settings) -> Stats:
    """Count the trips by pickup zone, zones without any included; write the GeoJSON and publish the counts.

    Whoever holds the lock counts and writes, so that what is there last has been counted last. Raises TaxiError without zones.
    """
    begun = time.monotonic()
    target = stats_uri(settings)
    with lake.connect(settings, read_only=True) as opened, lake.table_lock(settings, "manhattan_stats"):
        rows = lake.retrying(lambda: count(opened))
        Store(settings).put(target, json.dumps(collection(rows), separators=(",", ":")).encode(), "application/geo+json")
        publish.manhattan(settings, [row[:4] for row in rows])
    trips = sum(row[3] for row in rows)
    done = Stats(target, len(rows), trips, time.monotonic() - begun)
    logger.info("counted %s trips from %d zones of Manhattan: %.1f s", f"{trips:,}", done.zones, done.seconds)
    return done


def count(opened: Lake) -> list[tuple[int, str, str, int, str]]:
    """Number, name, borough, trips and WKT border of each zone."""
    rows = opened.rows(COUNTS, [BOROUGH])
    if not rows:
        raise TaxiError("the lake has no zones of Manhattan; load the zones first")
    return [(*row,) for row in rows]


def collection(rows: list[tuple[int, str, str, int, str]]) -> dict[str, Any]:
    """A GeoJSON feature collection (RFC 7946) of the zones."""
    import shapely

    # The RFC wants outer rings counterclockwise; the zones' file has them clockwise.
    shapes = shapely.orient_polygons(shapely.from_wkt([row[4] for row in rows]))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": zone_id,
                "properties": {"zone_id": zone_id, "zone": zone, "borough": borough, "num_trips": trips},
                "geometry": shapely.geometry.mapping(shape),
            }
            for (zone_id, zone, borough, trips, _), shape in zip(rows, shapes, strict=True)
        ],
    }


def draw(settings: Settings) -> Drawn:
    """Draw the map of what stats has counted. Raises TaxiError if it has not yet."""
    from taxi import choropleth

    begun = time.monotonic()
    source, target = stats_uri(settings), map_uri(settings)
    store = Store(settings)
    with lake.table_lock(settings, "manhattan_map"):
        if not store.exists(source):
            raise TaxiError(f"there is no {source} yet; make it with `python -m taxi manhattan`")
        png = choropleth.draw(json.loads(store.get(source))["features"])
        store.put(target, png, "image/png")
    drawn = Drawn(target, png, time.monotonic() - begun)
    logger.info("drew %s: %.1f s", target, drawn.seconds)
    return drawn
