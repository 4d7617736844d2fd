"""Runs in process against a real lake: what they leave in it, what Dagster is told of it, and how they fail."""

from __future__ import annotations

import base64
import io
import json
from datetime import date
from typing import Any

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError
from PIL import Image

from taxi import adhoc, catalog, lake, sample, trips, weeks
from taxi.errors import NotPublishedYet, TaxiError, UnmappableMonth
from taxi.months import Month
from taxi.orchestration import failures
from taxi.orchestration.definitions import defs
from taxi.settings import Settings
from taxi.store import Store

JANUARY = "2023-01-01"
ROWS = 2000


def run(job: str, instance: dg.DagsterInstance, **options: Any) -> dg.ExecuteInProcessResult:
    """A run of a job as its pod would do it, whatever becomes of it."""
    return defs.resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=False, **options)


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """Metadata of the one materialization of an asset in a run."""
    (event,) = [found for found in result.get_asset_materialization_events() if found.asset_key == dg.AssetKey(asset)]
    return {name: value.value for name, value in event.materialization.metadata.items()}


def sentences(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Failed step -> its sentence."""
    return {
        str(event.step_key): str(event.step_failure_data.user_failure_data.description)
        for event in result.all_events
        if event.is_step_failure and event.step_failure_data.user_failure_data
    }


def retries(result: dg.ExecuteInProcessResult) -> list[str]:
    return [str(event.step_key) for event in result.all_events if event.event_type == dg.DagsterEventType.STEP_UP_FOR_RETRY]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other without a pause."""
    monkeypatch.setattr(failures, "PAUSE", (0, 0))


@pytest.fixture
def january(settings: Settings, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """A run of the whole job for January of a small sample."""
    sample.make(settings, [Month(2023, 1)], ROWS, settings.source)
    result = run("trip_update_job", instance, partition_key=JANUARY)
    assert result.success, sentences(result)
    return result


def test_a_month_arrives_with_all_that_is_told_of_it(january: dg.ExecuteInProcessResult, settings: Settings, store: Store) -> None:
    with lake.connect(settings, read_only=True) as opened:
        assert opened.rows("SELECT count(*) FROM lake.taxi_trips WHERE partition_date = ?", [date(2023, 1, 1)]) == [(ROWS,)]
    file = metadata(january, "taxi_trips_file")
    assert file["dagster/row_count"] == ROWS
    assert "tpep_pickup_datetime" in [column.name for column in file["dagster/column_schema"].columns]
    assert file["uri"] == f"{settings.raw}/yellow_tripdata_2023-01.parquet"
    assert next(value for name, value in file.items() if name.startswith("link")).startswith("http://localhost:7070/raw/")
    assert metadata(january, "taxi_trips")["dagster/row_count"] == ROWS
    assert metadata(january, "taxi_zones")["dagster/row_count"] == 260
    assert metadata(january, "taxi_zones")["zones in several rows"] == "56, 103"
    stats = json.loads(store.get(metadata(january, "manhattan_stats")["uri"]))
    assert metadata(january, "manhattan_stats")["dagster/row_count"] == len(stats["features"])
    assert all("seconds" in metadata(january, asset) for asset in ("taxi_trips", "taxi_zones", "manhattan_stats", "manhattan_map"))
    checks = {check.check_name: check.passed for check in january.get_asset_check_evaluations()}
    assert checks == dict.fromkeys(
        ["row_count_equals_file", "no_unknown_columns", "trips_in_month", "one_row_per_zone", "known_boroughs"], True
    )


def test_the_map_is_previewed_small(january: dg.ExecuteInProcessResult, store: Store) -> None:
    told = metadata(january, "manhattan_map")
    begin = "![preview](data:image/png;base64,"
    assert told["preview"].startswith(begin)
    png = base64.b64decode(told["preview"].removeprefix(begin).removesuffix(")"))
    assert len(png) < 100_000
    with Image.open(io.BytesIO(png)) as small, Image.open(io.BytesIO(store.get(told["uri"]))) as whole:
        assert small.width / small.height == pytest.approx(whole.width / whole.height, rel=0.01)


def test_weeks_in_one_run_each_tell_their_own_figures(
    january: dg.ExecuteInProcessResult, instance: dg.DagsterInstance, store: Store, settings: Settings
) -> None:
    tags = {"dagster/asset_partition_range_start": "2023-01-01", "dagster/asset_partition_range_end": "2023-01-15"}
    result = run("weekly_update_job", instance, tags=tags)
    assert result.success, sentences(result)
    lines = store.get(weeks.uri(settings)).decode().splitlines()[1:]
    told = {str(event.partition): event.materialization.metadata["trips"].value for event in result.get_asset_materialization_events()}
    assert told == {line.split(",")[0]: int(line.split(",")[1]) for line in lines}
    assert list(told) == ["2023-01-01", "2023-01-08", "2023-01-15"]
    assert all(check.passed for check in result.get_asset_check_evaluations())


def test_a_week_of_a_month_that_is_not_there_warns(january: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> None:
    result = run("weekly_update_job", instance, partition_key="2023-05-07")
    assert result.success
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert checks["one_line_per_week"].passed
    assert not checks["week_has_trips"].passed
    assert checks["week_has_trips"].severity == dg.AssetCheckSeverity.WARN
    assert "2023-05-07" in (checks["week_has_trips"].description or "")


def test_a_request_is_answered_with_a_chart(january: dg.ExecuteInProcessResult, instance: dg.DagsterInstance, store: Store) -> None:
    config = {"filename": "queens", "borough": "queens", "start_date": "2023-01-01", "end_date": "2023-01-31"}
    result = run("adhoc_request_job", instance, run_config={"ops": {"adhoc_request": {"config": config}}})
    assert result.success, sentences(result)
    told = metadata(result, "adhoc_request")
    assert store.get(told["chart uri"]).startswith(b"\x89PNG")
    assert told["figures uri"].endswith("/adhoc/queens.csv")
    assert told["preview"].startswith("![preview](data:image/png;base64,")


def test_a_run_by_hand_with_an_impossible_question_fails_once_and_clearly(empty: Settings, instance: dg.DagsterInstance) -> None:
    config = {"filename": "x", "borough": "Atlantis", "start_date": "2023-01-01", "end_date": "2023-01-31"}
    result = run("adhoc_request_job", instance, run_config={"ops": {"adhoc_request": {"config": config}}})
    assert not result.success
    assert "Atlantis" in sentences(result)["adhoc_request"]
    assert retries(result) == []


def test_a_month_that_is_not_published_fails_once_with_one_sentence(settings: Settings, instance: dg.DagsterInstance) -> None:
    result = run("trip_update_job", instance, partition_key="2023-04-01", asset_selection=[dg.AssetKey("taxi_trips_file")])
    assert sentences(result) == {
        "taxi_trips_file": f"month 2023-04 is not published yet at {settings.source}/yellow_tripdata_2023-04.parquet"
    }
    assert retries(result) == []
    error = next(event.step_failure_data.error for event in result.all_events if event.is_step_failure)
    assert error is not None
    assert error.cause is None


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (TaxiError("the store is away"), 3),
        (OSError("no route"), 3),
        (NotPublishedYet("no such month"), 1),
        (UnmappableMonth("lon/lat"), 1),
        (KeyError("a fault of ours"), 1),
    ],
)
def test_only_outages_are_tried_again(
    error: Exception, attempts: int, settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def fail(*_: object) -> None:
        calls.append(1)
        raise error

    monkeypatch.setattr(adhoc, "answer", fail)
    config = {"filename": "x", "borough": "Queens", "start_date": "2023-01-01", "end_date": "2023-01-31"}
    result = run("adhoc_request_job", instance, run_config={"ops": {"adhoc_request": {"config": config}}})
    assert not result.success
    assert len(calls) == attempts


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_run_that_is_told_to_end_ends_and_does_not_go_on(
    wrapped: bool, settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB turns the interruption into an error of its own, and the functions turn that into a sentence."""
    sample.make(settings, [Month(2023, 1)], ROWS, settings.source)

    def interrupted(*_: object) -> None:
        interruption = DagsterExecutionInterruptedError()
        if not wrapped:
            raise interruption
        try:
            raise RuntimeError("Query interrupted") from interruption
        except RuntimeError as error:
            raise TaxiError("the lake refused: Query interrupted") from error

    monkeypatch.setattr(trips, "check", interrupted)
    result = run("trip_update_job", instance, partition_key=JANUARY)
    assert not result.success
    steps = [str(event.step_key) for event in result.all_events if event.event_type == dg.DagsterEventType.STEP_START]
    assert steps[-1] == "taxi_trips_checks"
    assert retries(result) == []


def test_a_check_that_fails_keeps_the_metrics_from_being_made(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.make(settings, [Month(2023, 1)], ROWS, settings.source)
    monkeypatch.setattr(trips, "check", lambda *_: trips.TripsCheck(ROWS - 1, ROWS, 0, ("cbd_fee",)))
    result = run("trip_update_job", instance, partition_key=JANUARY)
    assert not result.success
    assert {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key} == {
        "taxi_trips_file",
        "taxi_zones_file",
        "taxi_trips",
        "taxi_zones",
    }
    failed = {check.check_name: check.description for check in result.get_asset_check_evaluations() if not check.passed}
    assert failed == {
        "row_count_equals_file": "2023-01: 1,999 trips in the table, 2,000 in the file",
        "no_unknown_columns": "2023-01: unknown columns: cbd_fee",
    }


def test_many_trips_of_other_months_only_warn(settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    sample.make(settings, [Month(2023, 1)], ROWS, settings.source)
    monkeypatch.setattr(trips, "check", lambda *_: trips.TripsCheck(ROWS, ROWS, ROWS // 2, ()))
    result = run("trip_update_job", instance, partition_key=JANUARY)
    assert result.success
    assert [check.check_name for check in result.get_asset_check_evaluations() if not check.passed] == ["trips_in_month"]


def test_the_lake_is_tidied_up(settings: Settings, instance: dg.DagsterInstance) -> None:
    assert run("lake_maintenance_job", instance).success


def test_what_the_taxi_functions_log_is_in_the_run_log_of_an_instance_that_manages_it(settings: Settings) -> None:
    overrides = {"python_logs": {"managed_python_loggers": ["taxi"], "python_log_level": "INFO"}}
    sample.make(settings, [], ROWS, settings.source)
    with dg.instance_for_test(overrides=overrides) as instance:
        result = run("trip_update_job", instance, partition_key=JANUARY, asset_selection=[dg.AssetKey("taxi_zones_file")])
        assert result.success
        logged = [entry.user_message for entry in instance.all_logs(result.run_id) if not entry.is_dagster_event]
    assert any(message.startswith("fetched s3://") for message in logged), logged


def test_a_lake_that_nobody_has_made_is_told_so(settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_PGDATABASE", "airbyte")
    result = run("weekly_update_job", instance, partition_key=JANUARY)
    assert "python -m taxi migrate" in sentences(result)["trips_by_week"]


def test_a_variable_that_is_missing_is_named(settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    result = run("weekly_update_job", instance, partition_key=JANUARY)
    assert sentences(result)["trips_by_week"] == "missing environment variable AWS_ACCESS_KEY_ID"


def test_the_columns_are_explained_for_every_column_of_the_tables() -> None:
    from taxi.orchestration import columns

    assert list(columns.TRIPS) == list(catalog.TRIPS)
    assert list(columns.ZONES) == list(catalog.ZONES)
