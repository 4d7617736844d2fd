"""Loads of whole months in run pods, against a plain DuckDB, against each other, and many at once."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import duckdb

from tandem import console

from ..cluster import job_pod, kube
from ..cluster.dagster_api import Dagster
from ..cluster.lake import Lake, Store
from . import harness
from .harness import MONTHS, ROWS, Report

ASSETS = ["taxi_trips_file", "taxi_trips"]


def measure(report: Report, dagster: Dagster, store: Store, lake: Lake) -> None:
    """Twelve months of the real size, and what is done to them. They are taken out again in the end."""
    there = set(lake.counts()) & set(MONTHS)
    assert not there, (
        f"months {', '.join(sorted(there))} are in the lake already; this loads and removes all of {MONTHS[0]} to {MONTHS[-1]}"
    )
    try:
        loads(report, dagster, store, lake)
    finally:
        clean_up(store)


def loads(report: Report, dagster: Dagster, store: Store, lake: Lake) -> None:
    """All measurements with months."""
    prepare()
    first = {MONTHS[0]: load(dagster, MONTHS[0])}
    plain = plain_load(store, MONTHS[0])
    report.add(
        "month of 3.4 M rows in a run pod", f"{first[MONTHS[0]]:.2f} s of step taxi_trips; plain DuckDB to a local file {plain:.2f} s"
    )
    report.add("the same as a ratio", harness.ratio(first[MONTHS[0]], plain), "under 3 times")
    one_at_a_time(report, dagster, first)
    reloads(report, dagster, first)
    at_once(report, dagster, lake)
    backfills(report, dagster)


def prepare() -> None:
    """Sample months of the real size, where the platform does not load the TLC's own files."""
    if source().startswith("s3://"):
        command = ["python", "-m", "taxi", "sample", "--months", f"{MONTHS[0]}:{MONTHS[-1]}", "--rows", str(ROWS), "--into", source()]
        with console.phase(f"sample months {MONTHS[0]} to {MONTHS[-1]}, {ROWS:,} rows each"):
            job_pod.output("bench-samples", command, logins=True, memory="2Gi", within=1200)


def source() -> str:
    """Where the platform's months come from; empty for the TLC's own address."""
    return str(kube.get("configmap", "tandem-taxi")["data"].get("TAXI_SOURCE", ""))


def clean_up(store: Store) -> None:
    """Take the months out of the lake, and their files out of the buckets. What Dagster knows of them stays."""
    statement = f"DELETE FROM taxi_trips WHERE partition_date BETWEEN DATE '{MONTHS[0]}-01' AND DATE '{MONTHS[-1]}-01'"
    with console.phase("take the months out again"):
        job_pod.output("bench-clean-up", ["python", "-m", "taxi", "sql", "--write", statement], logins=True, memory="2Gi")
        places = [("raw", "taxi")]
        if source().startswith("s3://"):
            bucket, _, folder = source().removeprefix("s3://").partition("/")
            places.append((bucket, folder))
        for bucket, folder in places:
            for month in MONTHS:
                store.delete(bucket, f"{folder}/yellow_tripdata_{month}.parquet")


def load(dagster: Dagster, month: str) -> float:
    """Seconds of the step that loads a month, in a run of its own."""
    run = dagster.launch("trip_update_job", partition=f"{month}-01", assets=ASSETS)
    dagster.succeeds(run, within=600)
    start, end = harness.step_span(dagster, run, "taxi_trips")
    return end - start


def plain_load(store: Store, month: str, times: int = 3) -> float:
    """Seconds that DuckDB needs for the same file on this machine: from a local file to a table in a local database."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "month.parquet"
        file.write_bytes(store.read("raw", f"taxi/yellow_tripdata_{month}.parquet"))
        found = []
        for number in range(times):
            start = time.monotonic()
            with duckdb.connect(str(Path(folder) / f"{number}.duckdb")) as connection:
                connection.execute(f"CREATE TABLE trips AS SELECT *, DATE '{month}-01' AS partition_date FROM '{file}'")
            found.append(time.monotonic() - start)
    return statistics.median(found)


def one_at_a_time(report: Report, dagster: Dagster, first: dict[str, float]) -> None:
    """The other eleven months, so that there are twelve."""
    for month in MONTHS[1:]:
        first[month] = load(dagster, month)
    report.add("first load of each of twelve months", harness.spread(list(first.values())))


def reloads(report: Report, dagster: Dagster, first: dict[str, float]) -> None:
    """One month of the twelve again, a few times."""
    again = [load(dagster, MONTHS[5]) for _ in range(3)]
    report.add("re-load of one month among twelve", harness.spread(again))
    typical = statistics.median(first.values())
    report.add("the same against first loads (their median)", harness.ratio(statistics.median(again), typical), "no more than 1.3 times")


def at_once(report: Report, dagster: Dagster, lake: Lake) -> None:
    """Four re-loads at once, from the first step's start to the last one's end, against one."""
    chosen = MONTHS[:4]
    single = statistics.median(load(dagster, chosen[0]) for _ in range(2))
    before = {month: lake.counts()[month] for month in chosen}
    runs = dagster.backfilled(dagster.backfill(ASSETS, [f"{month}-01" for month in chosen]), len(chosen), within=900)
    harness.succeeded(dagster, runs)
    assert {month: lake.counts()[month] for month in chosen} == before
    spans = [harness.step_span(dagster, run["runId"], "taxi_trips") for run in runs]
    wall = max(end for _, end in spans) - min(start for start, _ in spans)
    conflicts = sum("another transaction came first" in event.get("message", "") for run in runs for event in dagster.events(run["runId"]))
    report.add("four months at once", f"{wall:.2f} s, one takes {single:.2f} s, {conflicts} conflicts")
    report.add("the same as a ratio", harness.ratio(wall, single), "under 4.5 times")


def backfills(report: Report, dagster: Dagster) -> None:
    """A backfill of one month, and of twelve with one and with four runs at once: from the request to the last run's end."""

    def wall(count: int) -> float:
        start = time.time()
        runs = dagster.backfilled(dagster.backfill(ASSETS, [f"{month}-01" for month in MONTHS[:count]]), count, within=1800)
        return float(max(run["endTime"] for run in harness.succeeded(dagster, runs)) - start)

    one = wall(1)
    for limit in (1, 4):
        with harness.pool_limit(dagster, "lake", limit):
            twelve = wall(12)
        report.add(f"backfill of 12 months, {limit} at once", f"{twelve:.1f} s, {harness.ratio(twelve, one)} that of one ({one:.1f} s)")
