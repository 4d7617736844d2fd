"""Answers to queries, for people: a table to look at, CSV or JSON to work with."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

FORMATS = ("table", "csv", "json")
WIDEST_CELL = 60
MOST_ROWS = 10_000
"""Of a table for the eye; CSV and JSON have all rows."""


@dataclass(frozen=True)
class Answer:
    """Rows and the names of their columns."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def formatted(answer: Answer, style: str) -> str:
    """The answer as text, with a line break at its end."""
    if style == "json":
        names = distinct(answer.columns)
        rows = [{name: plain(value) for name, value in zip(names, row, strict=True)} for row in answer.rows]
        return json.dumps(rows, default=cell, indent=1, ensure_ascii=False) + "\n"
    if style == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows([[cell(value, null="") for value in row] for row in answer.rows])
        return text.getvalue()
    return table(answer)


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number after those that were there before."""
    found: list[str] = []
    for name in names:
        candidates = (name, *(f"{name}_{number}" for number in range(2, len(names) + 1)))
        found.append(next(candidate for candidate in candidates if candidate not in found))
    return found


def plain(value: Any) -> Any:
    """The value as JSON has it, if it has; a number that is none becomes a text."""
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def cell(value: Any, null: str = "NULL") -> str:
    if value is None:
        return null
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else str(value)


def table(answer: Answer) -> str:
    """Columns side by side, numbers to the right, long cells cut off."""
    shown = [[shortened(cell(value)) for value in row] for row in answer.rows[:MOST_ROWS]]
    widths = [max(map(len, column)) for column in zip(answer.columns, *shown, strict=True)]
    number = [all(isinstance(row[place], (int, float, Decimal, type(None))) for row in answer.rows) for place in range(len(widths))]
    lines = [answer.columns, ["-" * width for width in widths], *shown]
    text = "\n".join("  ".join(map(padded, line, widths, number)).rstrip() for line in lines)
    left_out = len(answer.rows) - len(shown)
    count = f"({len(answer.rows):,} row{'' if len(answer.rows) == 1 else 's'}{f', {left_out:,} not shown' if left_out else ''})"
    return f"{text}\n{count}\n"


def padded(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= WIDEST_CELL else text[: WIDEST_CELL - 1] + "…"
