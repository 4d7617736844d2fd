"""The catalog is made once, whoever comes first and however many come at once."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from taxi import catalog, lake
from taxi.errors import TaxiError
from taxi.settings import Settings


def test_everything_that_has_a_place_is_there_after_a_migration(empty: Settings) -> None:
    assert catalog.migrate(empty).created == ("taxi_trips", "taxi_zones")
    with lake.connect(empty, read_only=True) as opened:
        for table, columns in catalog.TABLES.items():
            found = opened.rows(f"SELECT column_name, column_type FROM (DESCRIBE lake.{table})")
            assert dict(found) == columns


def test_a_second_migration_changes_nothing(settings: Settings, empty: Settings) -> None:
    def snapshots() -> list[tuple[int]]:
        with lake.connect(settings) as opened:
            return opened.rows("SELECT snapshot_id FROM lake.snapshots()")

    before = snapshots()
    assert catalog.migrate(empty).created == ()
    assert snapshots() == before


def test_eight_processes_make_one_catalog(empty: Settings) -> None:
    with ProcessPoolExecutor(8, mp_context=multiprocessing.get_context("spawn")) as processes:
        done = list(processes.map(catalog.migrate, [empty] * 8))
    assert sorted(len(migrated.created) for migrated in done) == [0] * 7 + [2]


def test_nobody_else_makes_a_catalog(empty: Settings) -> None:
    with pytest.raises(TaxiError, match=r"holds no lake yet; make it with `python -m taxi migrate`"), lake.connect(empty):
        pass
