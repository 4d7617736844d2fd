"""Loads beside each other, beside readers and beside maintenance; loads that are killed at any point."""

from __future__ import annotations

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
from months_of_trips import FEBRUARY, JANUARY, MARCH

from taxi import lake, maintenance, trips
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


def finish(processes: list[subprocess.Popen[str]]) -> None:
    """Let them load, all at once, and see that none fails."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
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
    with lake.table_lock(settings, trips.TABLE):
        thread = threading.Thread(target=lambda: done.append(trips.load(settings, MARCH)))
        thread.start()
        deadline = time.monotonic() + 60
        while not files.stored_files(settings) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert files.stored_files(settings), "the load writes no file before it has the lock"
        assert files.totals(settings) == {}
        time.sleep(0.3)
    thread.join(60)
    assert files.totals(settings) == {"2023-03": files.expected(frame)}
    assert done[0].lock_wait_seconds >= 0.2


def test_readers_see_the_old_month_or_the_new_one_and_never_wait(settings: Settings, tmp_path: Path) -> None:
    frames = [files.put_sample(settings, MARCH, rows, tmp_path) for rows in (4_000, 6_000)]
    trips.load(settings, MARCH)
    seen: set[Any] = set()
    over = threading.Event()
    slowest = 0.0

    def read() -> None:
        nonlocal slowest
        with lake.connect(settings, read_only=True) as opened:
            while not over.is_set():
                begun = time.monotonic()
                seen.add(files.month_totals(opened).get("2023-03"))
                slowest = max(slowest, time.monotonic() - begun)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for rows in (4_000, 6_000, 4_000):
            files.put_sample(settings, MARCH, rows, tmp_path)
            trips.load(settings, MARCH)
        with lake.table_lock(settings, trips.TABLE):
            seen.clear()
            deadline = time.monotonic() + 60
            while not seen and time.monotonic() < deadline:
                time.sleep(0.05)
            assert seen, "a reader waits for the lock of a writer"
    finally:
        over.set()
        reader.join()
    assert seen <= {files.expected(frame) for frame in frames}


@pytest.mark.timeout(900)
def test_a_load_killed_at_any_point_leaves_the_old_month_or_the_new_one(
    settings: Settings, environment: dict[str, str], clean_environment: dict[str, str], tmp_path: Path
) -> None:
    frames = [files.put_sample(settings, MARCH, rows, tmp_path) for rows in (150_000, 100_000)]
    before = files.expected(frames[1])
    begun = time.monotonic()
    trips.load(settings, MARCH)
    duration = time.monotonic() - begun
    other = files.put_sample(settings, FEBRUARY, 1_000, tmp_path)
    trips.load(settings, FEBRUARY)
    outcomes = []
    for number in range(12):
        path = tmp_path / f"2023-03-{(150_000, 100_000)[number % 2]}.parquet"
        files.put(settings, MARCH, path)
        after = files.expected(frames[number % 2])
        with loaders(environment, clean_environment, "2023-03") as (process,):
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            time.sleep(duration * number / 9)
            process.kill()
            process.wait()
        found = files.totals(settings)
        assert found["2023-02"] == files.expected(other)
        assert found["2023-03"] in (before, after)
        outcomes.append(found["2023-03"] == after)
        before = found["2023-03"]
    assert not outcomes[0], "the load was killed before it began"
    # The next load is not held up by locks of the dead, and takes the place of whatever there is.
    assert trips.load(settings, MARCH).lock_wait_seconds < 30
    assert files.totals(settings)["2023-03"] == after
    maintenance.run(settings, snapshots_older_than=files.AT_ONCE, files_older_than=files.AT_ONCE)
    assert files.stored_files(settings) == files.held_files(settings)
    assert files.totals(settings) == {"2023-03": after, "2023-02": files.expected(other)}


def test_maintenance_removes_what_killed_loads_left_and_spares_running_ones(settings: Settings, tmp_path: Path) -> None:
    frame = files.put_sample(settings, MARCH, 1_000, tmp_path)
    with lake.connect(settings) as running:
        written = trips.write(running, settings, MARCH)
        done = maintenance.run(settings)
        assert done.orphans == 0
        trips.exchange_files(running, MARCH, written)
    assert files.totals(settings) == {"2023-03": files.expected(frame)}
    with lake.connect(settings) as killed:
        left_over = trips.write(killed, settings, MARCH).uri
    assert maintenance.run(settings, files_older_than=files.AT_ONCE).orphans == 1
    assert not Store(settings).exists(left_over)
    assert files.totals(settings) == {"2023-03": files.expected(frame)}


def test_maintenance_forgets_what_was_superseded_and_nothing_else(settings: Settings, tmp_path: Path) -> None:
    for rows in (1_000, 2_000, 3_000):
        frame = files.put_sample(settings, MARCH, rows, tmp_path)
        trips.load(settings, MARCH)
    assert len(files.stored_files(settings)) == 3
    assert maintenance.run(settings).expired == 0
    assert len(files.stored_files(settings)) == 3, "files of snapshots that can still be asked for are gone"
    done = maintenance.run(settings, snapshots_older_than=files.AT_ONCE, files_older_than=files.AT_ONCE)
    assert (done.expired > 0, done.cleaned, done.orphans) == (True, 2, 0)
    assert files.stored_files(settings) == files.held_files(settings)
    assert files.totals(settings) == {"2023-03": files.expected(frame)}


def test_maintenance_merges_small_files(settings: Settings) -> None:
    with lake.connect(settings) as opened:
        for number in range(3):
            opened.rows(f"INSERT INTO lake.taxi_trips (vendor_id, total_amount, partition_date) VALUES ({number}, 1.5, DATE '2023-03-01')")
    assert maintenance.run(settings).merged == 1
    assert len(files.held_files(settings)) == 1
    assert files.totals(settings) == {"2023-03": (3, 4.5)}


def test_maintenance_runs_beside_loads(
    settings: Settings, environment: dict[str, str], clean_environment: dict[str, str], tmp_path: Path
) -> None:
    frames = {str(month): files.put_sample(settings, month, 10_000, tmp_path) for month in (JANUARY, FEBRUARY)}
    with loaders(environment, clean_environment, "2023-01 2023-01 2023-01", "2023-02 2023-02 2023-02") as processes:
        stop = threading.Event()
        failures: list[Exception] = []

        def maintain() -> None:
            while not stop.is_set():
                try:
                    maintenance.run(settings, snapshots_older_than=files.AT_ONCE)
                except Exception as error:
                    failures.append(error)
                    return

        thread = threading.Thread(target=maintain)
        thread.start()
        try:
            finish(processes)
        finally:
            stop.set()
            thread.join()
    assert failures == []
    assert files.totals(settings) == {month: files.expected(frame) for month, frame in frames.items()}
