"""Calendar months, which partition the trips."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from taxi.errors import UsageError


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month; its text is `2023-03`."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read `2023-03`, or the first day of a month, which is how partitions are named. Raises UsageError."""
        match = re.fullmatch(r"(\d{4})-(\d{2})(?:-01)?", text, re.ASCII)
        if not match or not 1 <= int(match[2]) <= 12 or not 1 <= int(match[1]) < 9999:
            raise UsageError(f"a month is written like 2023-03, got {text!r}")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Month:
        """The month that holds a day."""
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def next(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


def months_between(first: str, last: str) -> list[Month]:
    """All months from the first to the last, both included. Raises UsageError when they are reversed."""
    month, end = Month.parse(first), Month.parse(last)
    if month > end:
        raise UsageError(f"the first month {first} lies after the last one {last}")
    found = [month]
    while found[-1] < end:
        found.append(found[-1].next)
    return found


def parse_range(text: str) -> list[Month]:
    """`2023-01:2023-03`, or a single month. Raises UsageError."""
    first, _, last = text.partition(":")
    return months_between(first, last or first)
