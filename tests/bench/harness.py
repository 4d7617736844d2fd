"""What all measurements share: pods of the pipelines' image, runs that are timed by their own events, and the printed table."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tandem import console
from tandem.paths import STATE

from ..cluster.dagster_api import Dagster

YEAR = 2024
MONTHS = tuple(f"{YEAR}-{month:02d}" for month in range(1, 13))
ROWS = 3_400_000


@dataclass
class Report:
    """Figures as they are found, printed at once and kept as JSON."""

    figures: list[dict[str, str]] = field(default_factory=list)

    def add(self, what: str, found: str, aim: str = "") -> None:
        """One line: what was measured, what came out, and what was hoped for."""
        self.figures.append({"what": what, "found": found, "aim": aim})
        console.say(f"  {what}: {found}" + (f"   (aim: {aim})" if aim else ""))

    def keep(self) -> str:
        """Write all figures to a file of the checkout; its path."""
        folder = STATE / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
        path.write_text(json.dumps(self.figures, indent=2) + "\n")
        return str(path)


def step_span(dagster: Dagster, run: str, step: str) -> tuple[float, float]:
    """When a step of a run started and ended, in seconds since 1970."""
    moments = {event["eventType"]: float(event["timestamp"]) / 1000 for event in dagster.events(run) if event.get("stepKey") == step}
    return moments["STEP_START"], moments["STEP_SUCCESS"]


@contextmanager
def pool_limit(dagster: Dagster, pool: str, limit: int) -> Iterator[None]:
    """Another limit of a pool for the length of the block."""
    text = "mutation($k: String!, $n: Int!) { setConcurrencyLimit(concurrencyKey: $k, limit: $n) }"
    found = dagster.query("query($k: String!) { instance { concurrencyLimit(concurrencyKey: $k) { limit } } }", k=pool)
    before = found["instance"]["concurrencyLimit"]["limit"]
    dagster.query(text, k=pool, n=limit)
    try:
        yield
    finally:
        dagster.query(text, k=pool, n=before)


def spread(values: list[float], unit: str = "s") -> str:
    """Median and range of some figures."""
    return f"{statistics.median(values):.2f} {unit} (median of {len(values)}, {min(values):.2f} to {max(values):.2f})"


def ratio(value: float, base: float) -> str:
    """How many times the base a value is."""
    return f"{value / base:.2f} times"


def succeeded(dagster: Dagster, runs: list[Any]) -> list[Any]:
    """The runs, after making sure that all of them went well."""
    bad = [run["runId"] for run in runs if run["status"] != "SUCCESS"]
    assert not bad, [dagster.story(run) for run in bad]
    return runs
