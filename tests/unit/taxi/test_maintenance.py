"""Maintenance removes what nobody needs any more, and nothing else, whatever goes on beside it."""

from __future__ import annotations

import threading
from pathlib import Path

import months_of_trips as files
from months_of_trips import FEBRUARY, JANUARY, MARCH

from taxi import lake, maintenance, trips
from taxi.settings import Settings
from taxi.store import Store


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


def test_maintenance_runs_beside_loads(settings: Settings, tmp_path: Path) -> None:
    frames = {str(month): files.put_sample(settings, month, 10_000, tmp_path) for month in (JANUARY, FEBRUARY)}
    over = threading.Event()
    failures: list[Exception] = []

    def maintain() -> None:
        try:
            while not over.is_set():
                maintenance.run(settings, snapshots_older_than=files.AT_ONCE)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=maintain)
    thread.start()
    try:
        for month in (JANUARY, FEBRUARY) * 3:
            trips.load(settings, month)
    finally:
        over.set()
        thread.join()
    assert failures == []
    assert files.totals(settings) == {month: files.expected(frame) for month, frame in frames.items()}


def test_uploads_that_nobody_completed_are_ended(settings: Settings, store: Store) -> None:
    bucket, key = settings.raw.removeprefix("s3://").split("/", 1)
    store.client.create_multipart_upload(Bucket=bucket, Key=f"{key}/half.parquet")
    assert maintenance.run(settings).uploads == 0
    assert maintenance.run(settings, files_older_than=files.AT_ONCE).uploads == 1
