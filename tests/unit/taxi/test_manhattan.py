"""Counts of pickup zones are right wherever they are read, and the map shows all of Manhattan."""

import io
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
import servers
import shapely
import taxi_rows
from matplotlib import colormaps
from picture import pixels

from taxi import choropleth, manhattan, sample_zones, trips, trips_file, zones, zones_file
from taxi.errors import TaxiError
from taxi.months import Month
from taxi.settings import Settings
from taxi.store import Store


def features(store: Store, settings: Settings) -> list[dict[str, Any]]:
    collection = json.loads(store.get(manhattan.stats_uri(settings)))
    assert collection["type"] == "FeatureCollection"
    return list(collection["features"])


def counted(frame: pd.DataFrame) -> dict[int, int]:
    counts = frame.pickup_zone_id.value_counts()
    return {zone: int(counts.get(zone, 0)) for zone in taxi_rows.MANHATTAN}


def published(postgres_env: servers.Settings) -> dict[int, tuple[str, str, int]]:
    with psycopg.connect(servers.postgres_url(postgres_env)) as conn:
        return {row[0]: row[1:] for row in conn.execute("SELECT zone_id, zone, borough, num_trips FROM manhattan_stats")}


def test_each_zone_has_its_trips_and_its_shape(settings: Settings, store: Store, postgres_env: servers.Settings) -> None:
    taxi_rows.load_zones(settings)
    frames = [taxi_rows.trips(month, 1500, seed) for seed, month in enumerate(("2023-01", "2023-02"))]
    for frame in frames:
        taxi_rows.insert(settings, frame)
    expected = counted(pd.concat(frames))
    stats = manhattan.stats(settings)
    found = features(store, settings)
    assert {feature["properties"]["zone_id"]: feature["properties"]["num_trips"] for feature in found} == expected
    assert (stats.zones, stats.trips) == (3, sum(expected.values()))
    assert expected[103] == 0
    assert {zone: row[2] for zone, row in published(postgres_env).items()} == expected
    assert published(postgres_env)[12] == ('Battery, "the" Park', "Manhattan", expected[12])
    for feature in found:
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        assert all(polygon.exterior.is_ccw for polygon in shapely.get_parts(shape))


def test_a_second_count_replaces_the_table_and_the_file(settings: Settings, store: Store, postgres_env: servers.Settings) -> None:
    taxi_rows.load_zones(settings)
    manhattan.stats(settings)
    only = f'LocationID,zone,borough,the_geom\n7,New,Manhattan,"{taxi_rows.square(-74, 40.7)}"\n'
    store.put(zones_file.uri(settings), only.encode())
    zones.load(settings)
    manhattan.stats(settings)
    assert published(postgres_env) == {7: ("New", "Manhattan", 0)}
    assert [feature["id"] for feature in features(store, settings)] == [7]


def test_without_a_database_to_publish_to_the_file_is_written(settings: Settings, store: Store) -> None:
    taxi_rows.load_zones(settings)
    manhattan.stats(replace(settings, publish=None))
    assert len(features(store, settings)) == 3


def test_counts_at_once_do_not_disturb_each_other(settings: Settings, postgres_env: servers.Settings) -> None:
    taxi_rows.load_zones(settings)
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as processes:
        assert [stats.zones for stats in processes.map(manhattan.stats, [settings] * 3)] == [3, 3, 3]
    assert set(published(postgres_env)) == set(taxi_rows.MANHATTAN)


def test_what_is_missing_is_told(settings: Settings) -> None:
    with pytest.raises(TaxiError, match="no zones of Manhattan; load the zones first"):
        manhattan.stats(settings)
    with pytest.raises(TaxiError, match=r"there is no .*manhattan_stats\.geojson yet"):
        manhattan.draw(settings)


def test_the_map_is_drawn_from_the_counts(settings: Settings, store: Store) -> None:
    taxi_rows.load_zones(settings)
    taxi_rows.insert(settings, taxi_rows.trips("2023-01", 500))
    manhattan.stats(settings)
    drawn = manhattan.draw(settings)
    assert store.get(drawn.uri) == drawn.png
    assert manhattan.draw(settings).png == drawn.png
    assert pixels(drawn.png).shape[:2] == (1650, 1200)
    assert b"matplotlib" not in drawn.png.lower()


def feature(west: float, south: float, trips: int) -> dict[str, Any]:
    shape = shapely.geometry.mapping(shapely.from_wkt(taxi_rows.square(west, south)))
    return {"geometry": shape, "properties": {"zone": "A zone", "num_trips": trips}}


def test_all_zones_are_in_view_in_their_colours_and_proportions() -> None:
    places = [(west, south) for west in (-74.05, -73.92) for south in (40.68, 40.87)]
    corners = [feature(*place, count) for place, count in zip(places, (100, 75, 50, 25), strict=True)]
    image = pixels(choropleth.draw([*corners, feature(-73.98, 40.78, 0)]))
    for count in (100, 75, 50, 25):
        colour = np.rint(np.array(colormaps[choropleth.COLOURS](count / 100)[:3]) * 255)
        assert (np.abs(image - colour) <= 1).all(axis=2).sum() > 2000  # of about 3,900, without the badge; the colour bar has 50
    rows, columns = np.nonzero((image[:1350] == (201, 205, 209)).all(axis=2))
    high, wide = np.ptp(rows), np.ptp(columns)
    assert wide / high == pytest.approx(np.cos(np.radians(40.78)), abs=0.03)


def test_a_map_without_any_trips_has_no_busiest_zones() -> None:
    assert pixels(choropleth.draw([feature(-74, 40.7, 0)])).std() > 1


def test_real_rows(settings: Settings, store: Store) -> None:
    file = taxi_rows.REAL / "real_rows_2020-03__schema_like_2023-03.parquet"
    store.put(trips_file.uri(settings, Month(2023, 3)), file.read_bytes())
    store.put(zones_file.uri(settings), sample_zones.packaged())
    trips.load(settings, Month(2023, 3))
    zones.load(settings)
    stats = manhattan.stats(settings)
    counts = pd.read_parquet(file).PULocationID.value_counts()
    table = pd.read_csv(io.BytesIO(sample_zones.packaged())).drop_duplicates("LocationID")
    expected = {int(zone): int(counts.get(zone, 0)) for zone in table[table.borough == "Manhattan"].LocationID}
    assert {f["id"]: f["properties"]["num_trips"] for f in features(store, settings)} == expected
    assert stats.trips == sum(expected.values()) > 8000
    assert pixels(manhattan.draw(settings).png).std() > 20
