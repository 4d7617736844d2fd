"""The code location as a whole: what it holds, how it hangs together, and what loading it takes."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import dagster as dg
import pytest

from taxi.orchestration.definitions import defs
from taxi.orchestration.partitions import MONTHS, MONTHS_OF_A_WEEK, WEEKS

MONTHLY, WEEKLY = "Monthly, starting 2023-01-01 UTC.", "Weekly, starting 2023-01-01 UTC."
GRAPH = {
    "taxi_trips_file": ("ingest", MONTHLY, set()),
    "taxi_zones_file": ("ingest", None, set()),
    "taxi_trips": ("ingest", MONTHLY, {"taxi_trips_file"}),
    "taxi_zones": ("ingest", None, {"taxi_zones_file"}),
    "manhattan_stats": ("metrics", None, {"taxi_trips", "taxi_zones"}),
    "manhattan_map": ("metrics", None, {"manhattan_stats"}),
    "trips_by_week": ("metrics", WEEKLY, {"taxi_trips"}),
    "adhoc_request": ("requests", None, {"taxi_trips", "taxi_zones"}),
    "fraud_by_borough_hour": ("fraud", None, {"fraud_summary", "taxi_trips", "taxi_zones"}),
}
JOBS = {
    "trip_update_job": set(GRAPH) - {"trips_by_week", "adhoc_request", "fraud_by_borough_hour"},
    "weekly_update_job": {"trips_by_week"},
    "adhoc_request_job": {"adhoc_request"},
}
LOAD = """
import sys, time
begun = time.monotonic()
from taxi.orchestration.definitions import defs
defs.get_repository_def()
heavy = {"duckdb", "matplotlib", "shapely", "boto3", "botocore", "psycopg", "pandas", "numpy", "PIL"} & set(sys.modules)
print(time.monotonic() - begun, time.process_time(), sorted(heavy), "airflow" in sys.modules)
"""


def test_they_load_fast_without_heavy_libraries_and_without_a_single_variable(clean_environment: dict[str, str]) -> None:
    variables = {"PYTHONPATH": clean_environment["PYTHONPATH"], "HOME": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", LOAD], env=variables, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    _, processor_seconds, rest = done.stdout.split(maxsplit=2)
    assert rest.strip() == "[] False"
    # Of the processor and not of the clock, which a busy machine slows down.
    assert float(processor_seconds) < 3


def test_the_graph_of_assets() -> None:
    specs = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
    found = {
        name: (
            spec.group_name,
            str(spec.partitions_def) if spec.partitions_def else None,
            {dep.asset_key.to_user_string() for dep in spec.deps},
        )
        for name, spec in specs.items()
    }
    # Only a name here: code location `lineage` says what it is.
    assert found.pop("fraud_summary") == ("default", None, set())
    assert found == GRAPH


@pytest.mark.parametrize("name", sorted(GRAPH))
def test_each_asset_tells_what_it_means(name: str) -> None:
    spec = next(spec for spec in defs.resolve_all_asset_specs() if spec.key.to_user_string() == name)
    assert len(spec.description or "") > 80
    assert spec.owners == ["team:taxi"]
    assert 1 <= len(spec.kinds) <= 3
    if name not in ("taxi_trips_file", "manhattan_map"):  # the one's columns vary, the other has none
        schema = spec.metadata["dagster/column_schema"]
        assert schema.columns
        assert all(
            column.description
            for column in schema.columns
            if name in ("taxi_trips", "taxi_zones", "trips_by_week", "fraud_by_borough_hour")
        )


@pytest.mark.parametrize("job", sorted(JOBS))
def test_a_job_makes_its_assets_and_their_checks_in_process(job: str) -> None:
    found = defs.resolve_job_def(job)
    checks = {f"{asset}_checks" for asset in JOBS[job] & {"taxi_trips", "taxi_zones", "trips_by_week"}}
    assert {node.name for node in found.nodes} == JOBS[job] | checks
    assert found.executor_def.name == "in_process"


def test_lake_writers_share_a_pool() -> None:
    pools = {node.name: node.definition.pools for job in defs.resolve_all_job_defs() for node in job.nodes}
    assert {name for name, used in pools.items() if "lake" in used} == {"taxi_trips", "taxi_zones", "tidy_up"}


def test_the_checks_and_which_of_them_block() -> None:
    found = {
        f"{key.asset_key.to_user_string()}.{key.name}": checks.get_spec_for_check_key(key).blocking
        for checks in defs.asset_checks or []
        for key in checks.check_keys
    }
    assert found == {
        "taxi_trips.row_count_equals_file": True,
        "taxi_trips.no_unknown_columns": True,
        "taxi_trips.trips_in_month": False,
        "taxi_zones.one_row_per_zone": True,
        "taxi_zones.known_boroughs": False,
        "trips_by_week.one_line_per_week": False,
        "trips_by_week.week_has_trips": False,
        "fraud_by_borough_hour.sums_equal_fraud_summary": False,
    }


def test_the_sensor_is_on_and_the_schedules_are_off() -> None:
    sensor = defs.resolve_sensor_def("adhoc_request_sensor")
    assert (sensor.minimum_interval_seconds, sensor.default_status, sensor.job_name) == (
        30,
        dg.DefaultSensorStatus.RUNNING,
        "adhoc_request_job",
    )
    automation = defs.resolve_sensor_def("automation_sensor")
    assert (automation.minimum_interval_seconds, automation.default_status) == (10, dg.DefaultSensorStatus.RUNNING)
    repository = defs.get_repository_def()
    assert {
        (found.name, found.cron_schedule, found.execution_timezone, found.default_status.value) for found in repository.schedule_defs
    } == {
        ("trip_update_schedule", "0 0 5 * *", "UTC", "STOPPED"),
        ("weekly_update_schedule", "0 0 * * 1", "UTC", "STOPPED"),
        ("lake_maintenance_schedule", "0 3 * * *", "UTC", "RUNNING"),
    }


@pytest.mark.parametrize(
    ("schedule", "tick", "partition"),
    [
        ("trip_update_schedule", datetime(2023, 3, 5), "2023-02-01"),
        ("trip_update_schedule", datetime(2024, 1, 5), "2023-12-01"),
        ("weekly_update_schedule", datetime(2023, 1, 9), "2023-01-01"),
        ("weekly_update_schedule", datetime(2024, 1, 1), "2023-12-24"),
        ("weekly_update_schedule", datetime(2024, 1, 8), "2023-12-31"),
        ("weekly_update_schedule", datetime(2024, 3, 4), "2024-02-25"),
    ],
)
def test_a_schedule_makes_the_last_partition_that_is_over(schedule: str, tick: datetime, partition: str) -> None:
    context = dg.build_schedule_context(scheduled_execution_time=tick.replace(tzinfo=UTC))
    found = defs.resolve_schedule_def(schedule).evaluate_tick(context)
    assert [(request.partition_key, request.run_key) for request in found.run_requests or []] == [(partition, partition)]


def test_before_the_first_week_is_over_there_is_nothing_to_do() -> None:
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2023, 1, 2, tzinfo=UTC))
    assert defs.resolve_schedule_def("weekly_update_schedule").evaluate_tick(context).run_requests == []


@pytest.mark.parametrize(
    ("week", "now", "months"),
    [
        ("2023-01-08", datetime(2023, 6, 1), ["2023-01-01"]),
        ("2023-01-29", datetime(2023, 6, 1), ["2023-01-01", "2023-02-01"]),
        ("2023-12-31", datetime(2024, 6, 1), ["2023-12-01", "2024-01-01"]),
        ("2023-01-29", datetime(2023, 2, 6), ["2023-01-01"]),
        ("2023-02-05", datetime(2023, 2, 13), []),
    ],
)
def test_a_week_is_made_of_all_months_that_it_touches(week: str, now: datetime, months: list[str]) -> None:
    """Also while the month is under way and is no partition yet."""
    found = MONTHS_OF_A_WEEK.get_upstream_mapped_partitions_result_for_partitions(
        WEEKS.subset_with_partition_keys([week]), WEEKS, MONTHS, current_time=now.replace(tzinfo=UTC)
    )
    assert list(found.partitions_subset.get_partition_keys()) == months
    assert not found.required_but_nonexistent_subset


def test_a_month_is_upstream_of_every_week_that_touches_it() -> None:
    found = MONTHS_OF_A_WEEK.get_downstream_partitions_for_partitions(
        MONTHS.subset_with_partition_keys(["2023-02-01"]), MONTHS, WEEKS, current_time=datetime(2023, 6, 1, tzinfo=UTC)
    )
    assert list(found.get_partition_keys()) == ["2023-01-29", "2023-02-05", "2023-02-12", "2023-02-19", "2023-02-26"]
