"""The same months through Airflow: one pod a month, and safe beside Dagster's runs of the same months."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from .airflow_api import Airflow
from .dagster_api import Dagster
from .eventually import eventually
from .lake import MONTHS, Lake, Store, no_commits, weeks_by_pandas

DAG = "taxi_monthly"
RANGE = {"first_month": MONTHS[0], "last_month": MONTHS[-1]}


@pytest.fixture(scope="module")
def unpaused(airflow: Airflow) -> Iterator[None]:
    """The DAG, ready to run when it is triggered; paused again in the end, as it was."""
    airflow.call("PATCH", f"/dags/{DAG}", json={"is_paused": False})
    yield
    airflow.call("PATCH", f"/dags/{DAG}", json={"is_paused": True})


@pytest.fixture(scope="module")
def both_at_once(airflow: Airflow, dagster: Dagster, unpaused: None) -> tuple[str, list[Any]]:
    """A DAG run and Dagster's runs of the same three months, whose loads all wait for each other until both sides have begun."""
    assets = ["taxi_trips_file", "taxi_trips"]
    with no_commits():
        run = airflow.trigger(DAG, conf=RANGE)
        launched = [dagster.launch("trip_update_job", partition=f"{month}-01", assets=assets) for month in MONTHS]
        for one in launched:
            eventually("Dagster loads", lambda one=one: dagster.started(one, "taxi_trips"), within=120)  # type: ignore[misc]
        eventually("Airflow loads", lambda: loading(airflow, run), within=120)
    return run, [dagster.finished(one) for one in launched]


def loading(airflow: Airflow, run: str) -> bool:
    """Whether Airflow's pool is full of pods that load."""
    return len([task for task in tasks(airflow, run) if (task["task_id"], task["state"]) == ("load_month", "running")]) == 2


def test_airflow_and_dagster_load_the_same_months_at_once_and_the_lake_is_right(
    airflow: Airflow, dagster: Dagster, both_at_once: tuple[str, list[Any]], lake: Lake, store: Store
) -> None:
    run, runs = both_at_once
    assert [one["status"] for one in runs] == ["SUCCESS"] * len(MONTHS), [dagster.story(one["runId"]) for one in runs]
    assert airflow.finished(DAG, run, within=420)["state"] == "success", tasks(airflow, run)
    counts = lake.counts()
    for month in MONTHS:
        raw = store.raw_month(month)
        assert counts[month] == len(raw), month
        amount = lake.rows(f"SELECT sum(total_amount) FROM lake.taxi_trips WHERE partition_date = DATE '{month}-01'")[0][0]
        assert amount == pytest.approx(raw["total_amount"].sum(), rel=1e-9), month


def test_a_range_is_one_pod_a_month(airflow: Airflow, both_at_once: tuple[str, list[Any]]) -> None:
    run, _ = both_at_once
    mapped = [task for task in tasks(airflow, run) if task["task_id"] == "load_month"]
    assert sorted(task["rendered_map_index"] for task in mapped) == sorted(MONTHS)
    assert {task["pool"] for task in mapped} == {"taxi"}
    assert {task["state"] for task in mapped} == {"success"}


def test_the_weeks_that_a_month_shares_with_its_neighbours_are_whole(
    airflow: Airflow, both_at_once: tuple[str, list[Any]], store: Store, lake: Lake
) -> None:
    """2023-01-29 is in January and in February: whichever pod came last has counted both."""
    run, _ = both_at_once
    assert airflow.finished(DAG, run, within=420)["state"] == "success"
    want = weeks_by_pandas([store.raw_month(month) for month in lake.counts()])["2023-01-29"]
    line = next(line for line in store.read("outputs", "taxi/trips_by_week.csv").decode().splitlines() if line.startswith("2023-01-29,"))
    assert int(line.split(",")[1]) == want[0]


def test_what_is_no_month_is_refused_when_the_run_is_asked_for(airflow: Airflow, unpaused: None) -> None:
    with pytest.raises(requests.HTTPError, match="2023-13"):
        airflow.trigger(DAG, conf={"first_month": "2023-13"})


def test_a_reversed_range_fails_in_its_first_task_and_loads_nothing(airflow: Airflow, unpaused: None) -> None:
    run = airflow.trigger(DAG, conf={"first_month": "2023-03", "last_month": "2023-01"})
    assert airflow.finished(DAG, run, within=120)["state"] == "failed"
    found = {task["task_id"]: task for task in tasks(airflow, run)}
    assert found["load_month"]["state"] == "upstream_failed"
    assert "2023-03 is after last_month 2023-01" in airflow.log(DAG, run, "months", found["months"]["try_number"])


def test_a_month_that_is_not_published_fails_at_once_with_a_sentence(airflow: Airflow, unpaused: None) -> None:
    """No retry follows: the next try would find nothing either."""
    run = airflow.trigger(DAG, conf={"first_month": "2009-01"})
    assert airflow.finished(DAG, run, within=180)["state"] == "failed"
    task = next(task for task in tasks(airflow, run) if task["task_id"] == "load_month")
    assert (task["state"], task["try_number"]) == ("failed", 1)
    assert "2009-01" in airflow.log(DAG, run, "load_month", map_index=0)


def tasks(airflow: Airflow, run: str) -> list[Any]:
    """All task instances of a run."""
    return list(airflow.call("GET", f"/dags/{DAG}/dagRuns/{run}/taskInstances")["task_instances"])
