"""The map: zones coloured by their trips."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from taxi import pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure
    from matplotlib.path import Path
    from shapely import Geometry

WIDTH, HEIGHT = 8.0, 11.0  # inches
MARGIN = 0.006  # degrees around the zones
WATER = "#e6eef3"
EMPTY = "#c9cdd1"
BORDER = "#ffffff"
COLOURS = "YlOrRd"
NAMED = 8


def draw(features: list[dict[str, Any]]) -> bytes:
    """A PNG of GeoJSON features with `zone` and `num_trips`: all of them are in view, whatever their place."""
    import shapely
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import PathCollection
    from matplotlib.colors import Normalize

    trips = [feature["properties"]["num_trips"] for feature in features]
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    scale = ScalarMappable(Normalize(0, max([*trips, 1])), COLOURS)
    colours = [scale.to_rgba(count) if count else EMPTY for count in trips]
    picture = pictures.figure(WIDTH, HEIGHT, WATER)
    axes = picture.add_axes((0.14, 0.015, 0.84, 0.9))
    axes.add_collection(PathCollection([outline(shape) for shape in shapes], facecolors=colours, edgecolors=BORDER, linewidths=0.6))
    frame(axes, shapely.total_bounds(shapes))
    picture.suptitle("Taxi trips by pickup zone in Manhattan", x=0.05, y=0.965, ha="left", size=19, weight="bold", color=pictures.INK)
    picture.text(0.05, 0.925, f"{sum(trips):,} trips from {len(features)} zones", size=12, color=pictures.MUTED)
    legend(picture, scale, empty=0 in trips)
    name_busiest(picture, axes, features, shapes)
    return pictures.png(picture)


def outline(shape: Geometry) -> Path:
    """The rings of a polygon or several, the holes of which stay open."""
    import numpy as np
    import shapely
    from matplotlib.path import Path

    rings = []
    for polygon in shapely.get_parts(shapely.orient_polygons(shape)):
        rings += [Path(np.asarray(ring.coords), closed=True) for ring in (polygon.exterior, *polygon.interiors)]
    return Path.make_compound_path(*rings)


def frame(axes: Axes, bounds: Any) -> None:
    """Limits that show all zones, and degrees in the proportions that they have on the ground."""
    west, south, east, north = bounds
    axes.set_xlim(west - MARGIN, east + MARGIN)
    axes.set_ylim(south - MARGIN, north + MARGIN)
    axes.set_aspect(1 / math.cos(math.radians((south + north) / 2)))
    axes.axis("off")


def legend(picture: Figure, scale: ScalarMappable, *, empty: bool) -> None:
    """The colours' meaning, in the lower right, where the East River meets the bay."""
    from matplotlib.patches import Patch
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes = picture.add_axes((0.57, 0.115, 0.37, 0.017))
    locator = MaxNLocator(5, integer=True)
    bar = picture.colorbar(scale, cax=axes, orientation="horizontal", ticks=locator, format=FuncFormatter(lambda value, _: f"{value:,.0f}"))
    bar.outline.set_visible(False)
    axes.set_title("Trips per pickup zone", loc="left", size=11, weight="bold", color=pictures.INK)
    axes.tick_params(labelsize=9, colors=pictures.MUTED, length=3)
    if empty:
        patch = Patch(facecolor=EMPTY, edgecolor=BORDER, label="no trips")
        key = axes.legend(handles=[patch], loc="upper left", bbox_to_anchor=(-0.02, -1.6), fontsize=9, handlelength=1.6, frameon=False)
        key.get_texts()[0].set_color(pictures.MUTED)


def name_busiest(picture: Figure, axes: Axes, features: list[dict[str, Any]], shapes: list[Geometry]) -> None:
    """Number the zones with most trips on the map, and list them in the upper left, where the Hudson is."""
    some = [pair for pair in zip(features, shapes, strict=True) if pair[0]["properties"]["num_trips"]]
    busiest = sorted(some, key=lambda pair: -pair[0]["properties"]["num_trips"])[:NAMED]
    if not busiest:
        return
    for rank, (_, shape) in enumerate(busiest, 1):
        point = shape.representative_point()
        badge = {"boxstyle": "circle,pad=0.22", "facecolor": pictures.INK, "edgecolor": "white", "linewidth": 0.8}
        axes.text(point.x, point.y, str(rank), size=8, weight="bold", color="white", ha="center", va="center", bbox=badge)
    values = [feature["properties"] for feature, _ in busiest]
    style: dict[str, Any] = {"size": 10.5, "va": "top", "linespacing": 1.75}
    picture.text(0.05, 0.868, "Busiest zones", size=11, weight="bold", color=pictures.INK)
    picture.text(0.05, 0.855, "\n".join(map(str, range(1, len(values) + 1))), weight="bold", color=pictures.INK, **style)
    picture.text(0.085, 0.855, "\n".join(value["zone"] for value in values), color=pictures.INK, **style)
    picture.text(0.485, 0.855, "\n".join(f"{value['num_trips']:,}" for value in values), color=pictures.MUTED, ha="right", **style)
