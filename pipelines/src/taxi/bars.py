"""The chart of an answer: a bar for each hour, made of the weekdays' trips."""

from __future__ import annotations

from collections.abc import Sequence

from taxi import pictures

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
# Working days from blue to green, the weekend in warm colours; all can be told apart by people who do not see red or green.
COLOURS = ("#d55e00", "#0b3c6f", "#1f6fa8", "#4a9cc9", "#7fc0c4", "#a9d8b1", "#f0a830")


def draw(counts: Sequence[Sequence[int]], title: str, subtitle: str) -> bytes:
    """A PNG of trips by weekday (seven rows, Sunday first) and hour (24 columns)."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    picture = pictures.figure(11, 6)
    axes = picture.add_axes((0.085, 0.11, 0.765, 0.72))
    below = [0] * 24
    for weekday, colour, trips in zip(WEEKDAYS, COLOURS, counts, strict=True):
        axes.bar(range(24), trips, bottom=below, width=0.82, color=colour, label=weekday, edgecolor="white", linewidth=0.4)
        below = [sum(pair) for pair in zip(below, trips, strict=True)]
    axes.set_xlim(-0.6, 23.6)
    axes.set_ylim(0, max([*below, 1]) * 1.05)
    axes.set_xticks(range(24))
    axes.set_xlabel("Hour of day in which the trip began", color=pictures.INK, labelpad=8)
    axes.set_ylabel("Trips", color=pictures.INK)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(axis="y", color="#dde3e7", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=pictures.MUTED, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.legend(title="Weekday", loc="upper left", bbox_to_anchor=(1.005, 1.0), frameon=False, reverse=True, alignment="left")
    if not any(below):
        axes.text(11.5, 0.5, "no trips", ha="center", size=14, color=pictures.MUTED)
    picture.suptitle(title, x=0.085, y=0.955, ha="left", size=16, weight="bold", color=pictures.INK)
    picture.text(0.085, 0.87, subtitle, size=11, color=pictures.MUTED)
    return pictures.png(picture)
