"""What values of arguments may be: functions that convert a text, or refuse it with a reason."""

import argparse
import re
from collections.abc import Callable
from typing import Any

from fraud.generate import RowRange
from fraud.interval import IDS_PER_INTERVAL


def parsed(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """An argparse type from a function that raises ValueError with a reason for the user."""

    def convert_or_refuse(text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert_or_refuse


def whole_number(least: int, most: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d[\d_]*", text, re.ASCII) or len(text) > 20:
            raise ValueError(f"must be a whole number, got {text!r}")
        number = int(text.replace("_", ""))
        if not least <= number <= most:
            raise ValueError(f"must be from {least:,} to {most:,}, got {text}")
        return number

    return convert


def row_range(text: str) -> RowRange:
    """`12` or `5-20`."""
    match = re.fullmatch(r"(\d[\d_]*)(?:-(\d[\d_]*))?", text, re.ASCII)
    if not match:
        raise ValueError(f"must be a number or a range like 5-20, got {text!r}")
    convert = whole_number(1, IDS_PER_INTERVAL)
    least, most = convert(match[1]), convert(match[2] or match[1])
    if least > most:
        raise ValueError(f"must not end below its start, got {text}")
    return RowRange(least, most)


def rate(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 <= number <= 1:  # which refuses not-a-number, too
        raise ValueError(f"must be a number from 0 to 1, got {text!r}")
    return number
