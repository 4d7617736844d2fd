"""Trips with every wart of the real ones, zones, and the way to put both into a lake without the code that loads them."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from taxi import lake, zones, zones_file
from taxi.settings import Settings
from taxi.store import Store

REAL = Path(__file__).parents[1] / "data/taxi"
"""Trips as the taxi commission published them."""
BOUNDARIES = (
    "2023-01-01 00:00:00",
    "2023-01-07 23:59:59.999999",
    "2023-01-08 00:00:00",
    "2023-01-28 23:59:59.999999",
    "2023-01-29 00:00:00",
)
MANHATTAN = (4, 12, 103)
QUEENS = (56, 132)


def trips(month: str, rows: int, seed: int = 0) -> pd.DataFrame:
    """Rows of taxi_trips for a month written like 2023-01."""
    random = np.random.default_rng(seed)
    first = pd.Timestamp(f"{month}-01")
    seconds = random.integers(0, int((first + pd.offsets.MonthBegin() - first).total_seconds()), rows)
    frame = pd.DataFrame({"pickup_datetime": first + pd.to_timedelta(seconds, unit="s")})
    frame.loc[: len(BOUNDARIES) - 1, "pickup_datetime"] = pd.to_datetime(list(BOUNDARIES), format="ISO8601").to_numpy()
    outside = pd.to_datetime(
        ["2002-12-31 22:59:39", "2009-01-01 00:00:00", str(first - pd.Timedelta(1, "us")), "2098-09-11 02:23:31"], format="ISO8601"
    )
    frame.loc[len(BOUNDARIES) : len(BOUNDARIES) + 3, "pickup_datetime"] = outside.to_numpy()
    frame["vendor_id"] = one_of(random, rows, 1, 2, None)
    frame["passenger_count"] = one_of(random, rows, 0, 1, 2, 6, None)
    frame["total_amount"] = np.round(random.normal(20, 30, rows), 2)
    frame["trip_distance"] = np.round(random.exponential(3, rows), 2)
    frame.loc[random.random(rows) < 0.05, "total_amount"] = np.nan
    frame["pickup_zone_id"] = one_of(random, rows, *MANHATTAN[:2], *QUEENS, 264, 265, 999, None)
    frame["partition_date"] = first.date()
    return frame


def one_of(random: np.random.Generator, rows: int, *values: int | None) -> pd.Series:
    """A column of these whole numbers, some of them missing."""
    return pd.Series([values[index] for index in random.integers(0, len(values), rows)], dtype="Int64")


def insert(settings: Settings, frame: pd.DataFrame) -> None:
    """Put rows into taxi_trips; numbers that are missing become NULL."""
    with lake.connect(settings) as opened, lake.commit_lock(settings), opened.transaction("rows of a test"):
        opened.connection.register("frame", frame)
        opened.connection.execute(f"INSERT INTO lake.taxi_trips ({', '.join(frame.columns)}) SELECT * FROM frame")


def square(west: float, south: float, points: int = 1) -> str:
    """WKT of a square with a side of 0.01 degrees, clockwise, with so many points on each side."""
    steps = [0.01 * step / points for step in range(points)]
    ring = [(west, south + step) for step in steps] + [(west + step, south + 0.01) for step in steps]
    ring += [(west + 0.01, south + 0.01 - step) for step in steps] + [(west + 0.01 - step, south) for step in steps]
    return f"MULTIPOLYGON ((({', '.join(f'{x:.17f} {y:.17f}' for x, y in [*ring, ring[0]])})))"


def zones_csv() -> bytes:
    """A file of zones with the columns and the repetitions of the real one, one border of which has 300,000 characters."""
    rows = [
        (1, 0, square(-74.18, 40.69), 0, "Newark Airport", 1, "EWR"),
        (4, 0, square(-73.98, 40.72, 2000), 0, "Alphabet City", 4, "Manhattan"),
        (12, 0, square(-74.02, 40.70), 0, 'Battery, "the" Park', 12, "Manhattan"),
        (56, 0, square(-73.86, 40.74), 0, "Corona", 56, "Queens"),
        (57, 0, square(-73.85, 40.74), 0, "Corona", 56, "Queens"),
        (103, 0, square(-74.05, 40.69), 0, "Governor's Island", 103, "Manhattan"),
        (104, 0, square(-74.05, 40.66), 0, "Governor's Island", 103, "Manhattan"),
        (105, 0, square(-74.03, 40.69), 0, "Governor's Island", 103, "Manhattan"),
        (132, 0, square(-73.79, 40.64), 0, "JFK Airport", 132, "Queens"),
    ]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["OBJECTID", "Shape_Leng", "the_geom", "Shape_Area", "zone", "LocationID", "borough"])
    writer.writerows(rows)
    return text.getvalue().encode()


def load_zones(settings: Settings) -> zones.LoadedZones:
    """Put these zones into the lake."""
    Store(settings).put(zones_file.uri(settings), zones_csv())
    return zones.load(settings)


def week_of(frame: pd.DataFrame, sunday: datetime) -> tuple[int, float, float, int]:
    """Trips, dollars, miles and passengers of a week by plain pandas."""
    inside = frame[(frame.pickup_datetime >= sunday) & (frame.pickup_datetime < sunday + pd.Timedelta(7, "D"))]
    passengers = int(inside.passenger_count.sum())
    return len(inside), round(float(inside.total_amount.sum()), 2), round(float(inside.trip_distance.sum()), 2), passengers
