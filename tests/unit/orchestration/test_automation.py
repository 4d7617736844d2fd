"""When fraud_by_borough_hour is made: after each update of fraud_summary, which another code location defines, and after nothing else."""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg
import pytest

from taxi.orchestration.definitions import defs

ASSET = dg.AssetKey("fraud_by_borough_hour")
Tick = Callable[[], int]


@pytest.fixture
def tick(instance: dg.DagsterInstance) -> Tick:
    """Evaluates the condition as the daemon does, with Airflow's asset in the same graph; gives how many runs it asks for."""
    together = dg.Definitions.merge(defs, dg.Definitions(assets=[dg.AssetSpec("fraud_summary")]))
    last: dg.EvaluateAutomationConditionsResult | None = None

    def evaluate() -> int:
        nonlocal last
        last = dg.evaluate_automation_conditions(
            together, instance=instance, asset_selection=dg.AssetSelection.assets(ASSET), cursor=last.cursor if last else None
        )
        return last.total_requested

    assert evaluate() == 0
    return evaluate


def report(instance: dg.DagsterInstance, asset: str, partition: str | None = None) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=partition))


def test_each_update_of_the_summary_asks_for_one_run(tick: Tick, instance: dg.DagsterInstance) -> None:
    assert tick() == 0
    for _ in range(2):
        report(instance, "fraud_summary")
        assert tick() == 1
        report(instance, "fraud_by_borough_hour")
        assert (tick(), tick()) == (0, 0)


def test_several_updates_before_a_tick_ask_for_one_run(tick: Tick, instance: dg.DagsterInstance) -> None:
    report(instance, "fraud_summary")
    report(instance, "fraud_summary")
    assert (tick(), tick()) == (1, 0)


def test_an_update_right_after_a_request_is_not_forgotten(tick: Tick, instance: dg.DagsterInstance) -> None:
    report(instance, "fraud_summary")
    assert tick() == 1
    report(instance, "fraud_summary")
    assert (tick(), tick()) == (1, 0)


def test_trips_and_zones_ask_for_nothing(tick: Tick, instance: dg.DagsterInstance) -> None:
    report(instance, "taxi_trips", "2023-01-01")
    report(instance, "taxi_zones")
    assert tick() == 0
