"""Loads beside each other and beside readers; loads that are killed at any point."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import months_of_trips as files
import pytest
from eventually import eventually
from months_of_trips import FEBRUARY, MARCH

from taxi import lake, maintenance, sample_zones, trips, zones, zones_file
from taxi.months import Month
from taxi.settings import Settings
from taxi.store import Store

# Says when everything is imported, so that a test knows where in the load it kills.
LOADER = """
import sys, duckdb, psycopg, boto3
from taxi import trips
from taxi.months import Month
from taxi.settings import Settings
settings = Settings.from_environment()
print("ready", flush=True)
sys.stdin.readline()
for month in sys.argv[1:]:
    trips.load(settings, Month.parse(month))
print("loaded", flush=True)
"""


@contextmanager
def loaders(environment: dict[str, str], clean: dict[str, str], *months: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are ready to load, each its months (`2023-01 2023-02`)."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", LOADER, *which.split()],
            env=clean | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for which in months
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def begin(process: subprocess.Popen[str]) -> None:
    """Let it load."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def until_written(settings: Settings, known: set[str]) -> None:
    """Wait for a file of trips beside the known ones."""
    eventually(lambda: files.stored_files(settings) - known, "a load writes its file")


def finish(processes: list[subprocess.Popen[str]]) -> None:
    """Let them load, all at once, and see that none fails."""
    for process in processes:
        begin(process)
    for process in processes:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors


def test_first_loads_of_one_month_at_once_do_not_double_it(
    settings: Settings, environment: dict[str, str], clean_environment: dict[str, str], tmp_path: Path
) -> None:
    frame = files.put_sample(settings, MARCH, 20_000, tmp_path)
    with loaders(environment, clean_environment, *["2023-03"] * 3) as processes:
        finish(processes)
    assert files.totals(settings) == {"2023-03": files.expected(frame)}


def test_different_months_that_exist_are_loaded_again_at_once(
    settings: Settings, environment: dict[str, str], clean_environment: dict[str, str], tmp_path: Path
) -> None:
    months = [Month(2023, number) for number in (1, 2, 3, 4)]
    frames = {}
    for rows in (5_000, 20_000):
        frames = {str(month): files.put_sample(settings, month, rows, tmp_path) for month in months}
        with loaders(environment, clean_environment, *map(str, months)) as processes:
            finish(processes)
    assert files.totals(settings) == {month: files.expected(frame) for month, frame in frames.items()}


def test_even_without_its_lock_a_load_doubles_nothing(settings: Settings, tmp_path: Path) -> None:
    """A lock ends with its session, which may be cut while the load goes on."""
    frame = files.put_sample(settings, MARCH, 5_000, tmp_path)
    with lake.connect(settings) as one, lake.connect(settings) as other:
        both_begun = threading.Barrier(2, timeout=60)
        tries: list[str] = []

        def exchange(opened: lake.Lake) -> None:
            written = trips.write(opened, settings, MARCH)

            def work() -> None:
                tries.append(threading.current_thread().name)
                with opened.transaction("load without a lock"):
                    opened.rows("DELETE FROM lake.taxi_trips WHERE partition_date = DATE '2023-03-01'")
                    opened.rows(f"CALL ducklake_add_data_files('lake', 'taxi_trips', '{written.uri}')")
                    if len(tries) <= 2:
                        both_begun.wait()

            lake.retrying(work)

        threads = [threading.Thread(target=exchange, args=[opened]) for opened in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(tries) >= 3, "neither of the two had to try again"
    assert files.totals(settings) == {"2023-03": files.expected(frame)}


def test_a_load_waits_for_the_table_s_lock_only_to_commit(settings: Settings, tmp_path: Path) -> None:
    frame = files.put_sample(settings, MARCH, 1_000, tmp_path)
    done: list[trips.LoadedTrips] = []
    with lake.commit_lock(settings):
        thread = threading.Thread(target=lambda: done.append(trips.load(settings, MARCH)))
        thread.start()
        eventually(lambda: files.stored_files(settings), "the load writes its file before it has the lock")
        assert files.totals(settings) == {}
        time.sleep(0.3)
    thread.join(60)
    assert files.totals(settings) == {"2023-03": files.expected(frame)}
    assert done[0].lock_wait_seconds >= 0.2


def test_readers_see_the_old_month_or_the_new_one_and_never_wait(settings: Settings, tmp_path: Path) -> None:
    frames = [files.put_sample(settings, MARCH, rows, tmp_path) for rows in (4_000, 6_000)]
    trips.load(settings, MARCH)
    seen: list[Any] = []
    over = threading.Event()

    def read() -> None:
        with lake.connect(settings, read_only=True) as opened:
            while not over.is_set():
                seen.append(files.month_totals(opened).get("2023-03"))

    def see(what: str) -> None:
        known = len(seen)
        eventually(lambda: len(seen) > known + 1, f"a reader sees {what}")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for rows in (4_000, 6_000, 4_000):
            files.put_sample(settings, MARCH, rows, tmp_path)
            trips.load(settings, MARCH)
            see("the lake after a load")
        with lake.commit_lock(settings):
            see("the lake while a writer holds its lock")
    finally:
        over.set()
        reader.join()
    assert set(seen) == {files.expected(frame) for frame in frames}


@pytest.mark.timeout(900)
def test_a_load_killed_at_any_point_leaves_the_old_month_or_the_new_one(
    settings: Settings, environment: dict[str, str], clean_environment: dict[str, str], tmp_path: Path
) -> None:
    sizes = (150_000, 100_000)
    frames = [files.put_sample(settings, MARCH, rows, tmp_path) for rows in sizes]
    before = files.expected(frames[1])
    begun = time.monotonic()
    trips.load(settings, MARCH)
    duration = time.monotonic() - begun
    other = files.put_sample(settings, FEBRUARY, 1_000, tmp_path)
    trips.load(settings, FEBRUARY)
    outcomes = []
    # At random times, as soon as the new file is written, and at the end.
    for number, moment in enumerate([*(random.uniform(0, 1.2 * duration) for _ in range(9)), "written", "written", "done"]):
        files.put(settings, MARCH, tmp_path / f"2023-03-{sizes[number % 2]}.parquet")
        after = files.expected(frames[number % 2])
        known = files.stored_files(settings)
        with loaders(environment, clean_environment, "2023-03") as (process,):
            begin(process)
            if isinstance(moment, float):
                time.sleep(moment)
            elif moment == "written":
                until_written(settings, known)
            else:
                assert process.stdout is not None
                assert process.stdout.readline() == "loaded\n"
            process.kill()
            process.wait()
        found = files.totals(settings)
        assert found["2023-02"] == files.expected(other)
        assert found["2023-03"] in (before, after), f"killed at {moment} of {duration} s"
        outcomes.append(found["2023-03"] == after)
        before = found["2023-03"]
    assert outcomes[-1], "a load that had ended was lost"
    # The next load is not held up by locks of the dead, and takes the place of whatever there is.
    assert trips.load(settings, MARCH).lock_wait_seconds < 30
    assert files.totals(settings)["2023-03"] == after
    maintenance.run(settings, snapshots_older_than=files.AT_ONCE, files_older_than=files.AT_ONCE)
    assert files.stored_files(settings) == files.held_files(settings)
    assert files.totals(settings) == {"2023-03": after, "2023-02": files.expected(other)}


def test_commits_to_other_tables_do_not_refuse_a_load(settings: Settings, tmp_path: Path) -> None:
    """Their snapshots are numbered in one row, and a load shall not have to try its luck against them."""
    files.put_sample(settings, MARCH, 1_000, tmp_path)
    Store(settings).put(zones_file.uri(settings), sample_zones.packaged())
    over = threading.Event()
    failures: list[Exception] = []

    def load_zones() -> None:
        try:
            while not over.is_set():
                zones.load(settings)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=load_zones)
    thread.start()
    try:
        attempts = [trips.load(settings, MARCH).attempts for _ in range(5)]
    finally:
        over.set()
        thread.join()
    assert failures == []
    assert attempts == [1] * 5
