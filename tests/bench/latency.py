"""How long a run takes to start, where that time goes, and how long a request waits for its chart."""

from __future__ import annotations

import json
import statistics
import time
import uuid

from ..cluster.dagster_api import Dagster
from ..cluster.lake import Store
from . import harness
from .harness import Report

STAGES = ("RUN_ENQUEUED", "RUN_DEQUEUED", "RUN_STARTING", "job created", "process started", "RUN_START", "STEP_START")


def launches(report: Report, dagster: Dagster, times: int = 7) -> None:
    """Launch to first step of a run that does almost nothing, after one that warms up."""
    timelines = [timeline(dagster) for _ in range(times + 1)][1:]
    report.add("launch to first step of a trivial run", harness.spread([line["STEP_START"] for line in timelines]), "under 4 s")
    previous = 0.0
    for stage in STAGES[1:]:
        if all(stage in line for line in timelines):
            moment = statistics.median(line[stage] for line in timelines)
            report.add(f"  until {stage}", f"{moment:.2f} s (+{moment - previous:.2f})")
            previous = moment


def timeline(dagster: Dagster) -> dict[str, float]:
    """Stage -> seconds since the launch was asked for."""
    asked = time.time()
    run = dagster.launch("trip_update_job", partition="2023-01-01", assets=["taxi_zones_file"])
    dagster.succeeds(run)
    found: dict[str, float] = {}
    for event in dagster.events(run):
        moment = float(event["timestamp"]) / 1000 - asked
        words = event.get("message") or ""
        name = event.get("eventType") or ""
        name = "job created" if words.startswith("Kubernetes run worker job created") else name
        name = "process started" if words.startswith("Started process for run") else name
        found.setdefault(name, moment)
    return found


def requests(report: Report, store: Store, times: int = 5) -> None:
    """A request file put, until its chart is there. The sensor looks every 30 s, so half of that is waiting on average."""
    found = []
    for _ in range(times):
        name = f"bench-{uuid.uuid4().hex[:8]}"
        question = {"borough": "Queens", "start_date": "2023-01-01", "end_date": "2023-01-31"}
        start = time.monotonic()
        store.write("requests", f"{name}.json", json.dumps(question).encode())
        while f"taxi/adhoc/{name}.png" not in store.keys("outputs", f"taxi/adhoc/{name}"):
            assert time.monotonic() - start < 300, "no chart after five minutes"
            time.sleep(0.2)
        found.append(time.monotonic() - start)
        for key in ("png", "csv"):
            store.delete("outputs", f"taxi/adhoc/{name}.{key}")
        store.delete("requests", f"{name}.json")
    report.add("request file put, until its chart is there", harness.spread(found))
