"""The programs of the image that look after the storage: migrations with pools, and the retention of runs."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster_storage import Storage


def limits(storage: Storage) -> dict[str, int]:
    with storage.connect("dagster") as conn:
        return dict(conn.execute('select concurrency_key, "limit" from concurrency_limits').fetchall())


def test_migrating_again_changes_nothing(storage: Storage) -> None:
    told = storage.migrate({"lake": 2})
    assert "pool" not in told
    assert limits(storage)["lake"] == 2


def test_limits_of_pools_follow_the_values_and_leave_other_pools_alone(storage: Storage) -> None:
    with storage.connect("dagster") as conn:
        conn.execute("insert into concurrency_limits (concurrency_key, \"limit\") values ('made in the UI', 5)")
    storage.migrate({"lake": 3, "warehouse": 1})
    assert limits(storage) == {"lake": 3, "warehouse": 1, "made in the UI": 5}
    storage.migrate({"lake": 2})
    assert limits(storage) == {"lake": 2, "made in the UI": 5}


def test_old_runs_go_but_for_those_that_hold_what_assets_show(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in storage.owner.items():
        monkeypatch.setenv(name, value)

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["january", "february"]))
    def months() -> None: ...

    @dg.asset_check(asset=months)
    def whole() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    @dg.op
    def nothing() -> None: ...

    @dg.job
    def bare() -> None:
        nothing()

    with dg.DagsterInstance.get() as instance:

        def materialize(month: str, *, check: bool) -> str:
            chosen = [months, whole] if check else [months]
            selection = None if check else dg.AssetSelection.assets(months).without_checks()
            return dg.materialize(chosen, partition_key=month, instance=instance, selection=selection).run_id

        superseded = materialize("january", check=True)
        checked = materialize("february", check=True)
        january = materialize("january", check=False)
        february = materialize("february", check=False)
        empty = bare.execute_in_process(instance=instance).run_id
        age(storage, [superseded, checked, january, february, empty], days=40)
        young = bare.execute_in_process(instance=instance).run_id
        told = storage.program("purge-runs", PURGE_AFTER_DAYS="30")
        assert "5 runs ended more than 30 days ago: 2 deleted" in told
        kept = {run.run_id for run in instance.get_runs()}
        # `checked` has the latest evaluation of the check, though not the latest materialization of its month.
        assert kept >= {checked, january, february, young}
        assert not kept & {superseded, empty}
        assert instance.get_materialized_partitions(dg.AssetKey("months")) == {"january", "february"}
        assert not instance.all_logs(superseded)


def age(storage: Storage, runs: list[str], *, days: int) -> None:
    """Make runs as old as that."""
    with storage.connect("dagster") as conn:
        then = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days)
        conn.execute("update runs set update_timestamp = %s where run_id = any(%s)", [then, runs])
