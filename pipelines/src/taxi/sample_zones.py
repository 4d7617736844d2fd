"""Where the synthetic trips begin and end: the real zones, weighted as they are in busy months."""

from __future__ import annotations

import csv
import io
import lzma
import re
import sys
from functools import cache
from importlib import resources
from typing import NamedTuple

MILES_PER_DEGREE = (52.3, 69.0)  # of longitude and latitude, at 40.7° north
ORIGIN = (-74.0, 40.7)
LAST_ZONE = 265
"""264 and 265 are `Unknown` and `Outside of NYC`: trips name them, the zones file does not."""
# Share of the pickups of well-known zones, in thousandths of what the busiest has: airports, Midtown, Upper East and West Side…
BUSY = {
    132: 1000, 237: 920, 236: 860, 161: 850, 186: 680, 162: 650, 142: 620, 230: 610, 138: 560, 239: 550, 163: 530, 170: 530,
    234: 500, 48: 490, 68: 480, 141: 470, 238: 440, 79: 450, 164: 440, 107: 420, 249: 410, 263: 390, 140: 370, 229: 350,
    90: 340, 231: 310, 113: 300, 246: 290, 43: 280, 50: 260, 262: 260, 264: 240, 144: 240, 148: 230, 100: 220, 75: 210, 143: 200,
    137: 200, 13: 190, 114: 190, 233: 170, 151: 170, 158: 140, 166: 120, 211: 110, 74: 110, 87: 105, 24: 100, 41: 90, 125: 75,
    261: 75, 265: 20, 88: 50, 224: 45, 45: 45, 232: 60, 4: 25, 209: 25, 42: 45, 116: 25, 244: 20, 12: 10, 194: 2, 103: 1, 104: 1, 105: 1,
}  # fmt: skip
ELSEWHERE = {"Manhattan": 10, "Queens": 4, "Brooklyn": 4, "Bronx": 2, "Staten Island": 1, "EWR": 2}


class Zone(NamedTuple):
    """A zone; its position is in miles from an arbitrary point, its weight relative."""

    number: int
    borough: str
    x: float
    y: float
    weight: int


def packaged() -> bytes:
    """The real zones file, as CSV."""
    return lzma.decompress((resources.files("taxi") / "data/taxi_zones.csv.xz").read_bytes())


@cache
def zones() -> tuple[Zone, ...]:
    """Zones 1 to 265 in order, with those that the file lacks far out."""
    csv.field_size_limit(sys.maxsize)
    found = {number: Zone(number, "Unknown", 0.0, 0.0, BUSY.get(number, 0)) for number in range(1, LAST_ZONE + 1)}
    for row in csv.DictReader(io.StringIO(packaged().decode())):
        number = int(row["LocationID"])
        points = re.findall(r"(-?[\d.]+) (-?[\d.]+)", row["the_geom"])
        x, y = (
            (sum(float(point[axis]) for point in points) / len(points) - ORIGIN[axis]) * MILES_PER_DEGREE[axis]  # of the border's corners
            for axis in (0, 1)
        )
        found[number] = Zone(number, row["borough"], x, y, BUSY.get(number, ELSEWHERE[row["borough"]]))
    return tuple(found.values())
