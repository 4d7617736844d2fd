"""Questions that people put into the object store as JSON: what they must look like, and what is wrong with those that don't."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from taxi.errors import MalformedRequest

MAX_BYTES = 1_000_000
BOROUGHS = ("Bronx", "Brooklyn", "EWR", "Manhattan", "Queens", "Staten Island")
"""The boroughs of the taxi zones; EWR is Newark's airport."""
REQUIRED = ("borough", "start_date", "end_date")
KEYS = ("filename", *REQUIRED)
# The name becomes part of an object's key and of a link: nothing that could lead to another folder or break a line.
FILENAME = re.compile(r"\w(?:[\w .()-]{0,98}[\w)])?")
ENDINGS = (".json", ".png", ".csv")


@dataclass(frozen=True)
class AdhocRequest:
    """Trips that began in a borough from the first day to the last one, both included. The filename has no ending."""

    filename: str
    borough: str
    start_date: date
    end_date: date


def parse(body: bytes, name: str) -> AdhocRequest:
    """Read a request.

    :param body: `{"filename"?: …, "borough": …, "start_date": "2023-01-01", "end_date": "2023-01-31"}` in JSON
    :param name: of the object that holds it, or its URI; the answer is called so too unless the request names another
    Raises MalformedRequest, one sentence, if it is anything else.
    """
    if len(body) > MAX_BYTES:
        raise MalformedRequest(f"the request is {len(body):,} bytes long; at most {MAX_BYTES:,} are read")
    try:
        values = json.loads(body, object_pairs_hook=once)
    except RecursionError as error:
        raise MalformedRequest("the request is not JSON that can be read: it is nested too deeply") from error
    except ValueError as error:
        reason = "not text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise MalformedRequest(f"the request is not JSON: {reason[:200]}") from error
    if not isinstance(values, dict):
        raise MalformedRequest(f'the request is not a JSON object like {{"borough": "Manhattan", …}}, it is {shown(values)}')
    return from_values(values, name)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys must differ: of two values for one key, nobody knows which is meant."""
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        raise MalformedRequest(f"the request has {shown(next(key for key in keys if keys.count(key) > 1))} twice")
    return values


def from_values(values: Mapping[str, Any], name: str) -> AdhocRequest:
    """A request from its values, wherever they came from; a filename of None or "" counts as none. Raises MalformedRequest."""
    unknown = [key for key in values if key not in KEYS]
    if unknown:
        raise MalformedRequest(f"the request has the unknown key {shown(unknown[0])}; it may have {', '.join(KEYS)}")
    missing = [key for key in REQUIRED if key not in values]
    if missing:
        raise MalformedRequest(f"the request has no {', '.join(missing)}")
    start, end = (day(key, values[key]) for key in ("start_date", "end_date"))
    if end < start:
        raise MalformedRequest(f"the end_date {end} lies before the start_date {start}")
    return AdhocRequest(filename(values.get("filename"), name), borough(values["borough"]), start, end)


def borough(value: Any) -> str:
    """The borough as the zones write it, whatever the case."""
    for known in BOROUGHS:
        if isinstance(value, str) and value.strip().lower() == known.lower():
            return known
    raise MalformedRequest(f"there is no borough {shown(value)}; there are {', '.join(BOROUGHS)}")


def day(key: str, value: Any) -> date:
    """A day written like 2023-01-31."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise MalformedRequest(f"the {key} {value} is not a day of the calendar") from error
    raise MalformedRequest(f"the {key} must be a day written like 2023-01-31, not {shown(value)}")


def filename(value: Any, name: str) -> str:
    """What the answer's files are called, without their ending."""
    chosen = value is not None and value != ""
    text = value if chosen else name.rpartition("/")[2]
    stem = text.removesuffix(next((ending for ending in ENDINGS if text.endswith(ending)), "")) if isinstance(text, str) else ""
    if not FILENAME.fullmatch(stem):
        kind = "filename" if chosen else "name of the request"
        rules = "up to 100 letters, digits, spaces, dots, hyphens, underscores and round brackets"
        raise MalformedRequest(f"the {kind} {shown(text)} cannot name a file: use {rules}, beginning with a letter or digit")
    return stem


def shown(value: Any) -> str:
    """A value within a sentence: in one line, and short."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
