"""The taxi project in Dagster: what its runs leave in the lake, the object store and Postgres, and in the web page's answers."""

from __future__ import annotations

import csv
import io
import itertools
import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from . import kube
from .dagster_api import REPOSITORY, Dagster
from .databases import postgres
from .eventually import eventually
from .lake import MONTHS, Lake, Store, sundays, weeks_by_pandas

MONTHLY = ("taxi_trips_file", "taxi_zones_file", "taxi_trips", "taxi_zones", "manhattan_stats", "manhattan_map")
RUN_PODS = "dagster/run-id"


@pytest.fixture(scope="module")
def january(dagster: Dagster) -> str:
    """A successful run of the whole job for January."""
    run = dagster.launch("trip_update_job", partition="2023-01-01")
    dagster.succeeds(run)
    return run


@pytest.fixture(scope="module")
def quarter(dagster: Dagster) -> list[Any]:
    """A backfill of three months, one run each."""
    backfill = dagster.backfill(["taxi_trips_file", "taxi_trips"], [f"{month}-01" for month in MONTHS])
    runs = dagster.backfilled(backfill, len(MONTHS))
    assert [run["status"] for run in runs] == ["SUCCESS"] * len(MONTHS), [dagster.story(run["runId"]) for run in runs]
    return runs


@pytest.fixture(scope="module")
def weeks(dagster: Dagster, quarter: list[Any]) -> list[str]:
    """Every week that touches the three months, worked out by a backfill in one run: the periods."""
    periods = [str(sunday) for sunday in sundays(*MONTHS)]
    runs = dagster.backfilled(dagster.backfill(["trips_by_week"], periods), 1)
    assert {run["status"] for run in runs} == {"SUCCESS"}, [dagster.story(run["runId"]) for run in runs if run["status"] != "SUCCESS"]
    return periods


@pytest.mark.parametrize("asset", MONTHLY)
def test_one_month_materializes_every_asset_of_the_job(dagster: Dagster, january: str, asset: str) -> None:
    partition = "2023-01-01" if asset.startswith("taxi_trips") else ""
    found = dagster.materialization(asset, partition)
    assert found is not None
    assert january in {found["runId"], *(run["runId"] for run in dagster.runs(createdAfter=dagster.run(january)["creationTime"]))}


def test_a_month_in_the_lake_has_the_rows_of_its_file(dagster: Dagster, january: str, lake: Lake, store: Store) -> None:
    in_file = len(store.raw_month("2023-01"))
    assert lake.counts()["2023-01"] == in_file
    assert dagster.materialization("taxi_trips", "2023-01-01")["metadata"]["dagster/row_count"] == in_file


def test_the_checks_of_a_month_pass(dagster: Dagster, january: str) -> None:
    found = {e["evaluation"]["checkName"]: e["evaluation"]["success"] for e in dagster.events(january) if "evaluation" in e}
    assert {"row_count_equals_file", "no_unknown_columns", "trips_in_month", "one_row_per_zone"} <= set(found)
    assert all(found.values()), found


def test_the_map_is_a_picture_in_the_page_and_a_link_to_the_file(dagster: Dagster, january: str, object_store_links: None) -> None:
    entries = dagster.materialization("manhattan_map")["metadata"]
    assert any(str(entry).startswith("![") and "data:image/png;base64," in str(entry) for entry in entries.values()), list(entries)
    link = next(str(entry) for entry in entries.values() if str(entry).startswith("http://localhost:7070/"))
    answer = requests.get(link, timeout=30)
    assert answer.status_code == 200
    assert answer.content.startswith(b"\x89PNG")


def test_a_backfill_of_three_months_runs_in_pods_side_by_side(dagster: Dagster, quarter: list[Any], lake: Lake, store: Store) -> None:
    counts = lake.counts()
    assert {month: counts[month] for month in MONTHS} == {month: len(store.raw_month(month)) for month in MONTHS}
    spans = sorted((run["startTime"], run["endTime"]) for run in quarter)
    assert any(later[0] < earlier[1] for earlier, later in itertools.pairwise(spans)), spans
    pods = [pod["metadata"]["name"] for run in quarter for pod in kube.pods(f"{RUN_PODS}={run['runId']}", namespace=kube.JOBS)]
    assert len(set(pods)) == len(MONTHS)


def test_weekly_sums_are_those_of_the_files(weeks: list[str], store: Store, lake: Lake) -> None:
    """Every line of the CSV and of the table, against sums by pandas of the raw files of all months that the lake has."""
    want = weeks_by_pandas([store.raw_month(month) for month in lake.counts()])
    lines = list(csv.DictReader(io.StringIO(store.read("outputs", "taxi/trips_by_week.csv").decode())))
    assert [line["period"] for line in lines] == sorted(line["period"] for line in lines)
    in_csv = {line["period"]: line for line in lines}
    in_table = {
        row[0]: row[1:] for row in postgres("select period, num_trips, total_amount, trip_distance, passenger_count from trips_by_week")
    }
    for period in weeks:
        trips, amount, distance, people = want.get(period, (0, 0.0, 0.0, 0))
        line = in_csv[period]
        assert (int(line["num_trips"]), int(float(line["passenger_count"]))) == (trips, people), period
        assert float(line["total_amount"]) == pytest.approx(amount, abs=0.011), period
        assert float(line["trip_distance"]) == pytest.approx(distance, abs=0.011), period
        assert [float(cell) for cell in in_table[period]] == [float(cell) for cell in list(line.values())[1:]], period


def test_stats_of_manhattan_are_those_of_the_lake(january: str, quarter: list[Any], dagster: Dagster, lake: Lake, store: Store) -> None:
    dagster.succeeds(dagster.launch("trip_update_job", partition="2023-02-01", assets=["manhattan_stats"]))
    want = dict(
        lake.rows(
            """SELECT z.zone_id, count(t.pickup_zone_id) FROM lake.taxi_zones z LEFT JOIN lake.taxi_trips t ON t.pickup_zone_id = z.zone_id
            WHERE z.borough = 'Manhattan' GROUP BY 1"""
        )
    )
    found = json.loads(store.read("outputs", "taxi/manhattan_stats.geojson"))
    assert {int(f["properties"]["zone_id"]): int(f["properties"]["num_trips"]) for f in found["features"]} == want
    table = postgres("select zone_id, num_trips from manhattan_stats")
    assert {int(zone): int(trips) for zone, trips in table} == want


@pytest.mark.parametrize("schedule", ["trip_update_schedule", "weekly_update_schedule"])
def test_the_next_tick_of_a_schedule_makes_the_run_of_the_last_full_partition(dagster: Dagster, schedule: str) -> None:
    text = """query($s: ScheduleSelector!) { scheduleOrError(scheduleSelector: $s) { __typename ... on Schedule {
      futureTicks(limit: 1) { results { timestamp evaluationResult { error { message } runRequests { tags { key value } } } } } } } }"""
    found = dagster.query(text, s={**REPOSITORY, "scheduleName": schedule})["scheduleOrError"]["futureTicks"]["results"][0]
    tick = datetime.fromtimestamp(found["timestamp"], UTC)
    assert found["evaluationResult"]["error"] is None
    partitions = [
        tag["value"] for request in found["evaluationResult"]["runRequests"] for tag in request["tags"] if tag["key"] == "dagster/partition"
    ]
    if schedule == "trip_update_schedule":
        assert (tick.day, tick.hour, tick.minute) == (5, 0, 0)
        last_of_previous_month = tick.replace(day=1) - timedelta(days=1)
        assert partitions == [f"{last_of_previous_month:%Y-%m}-01"]
    else:
        assert (tick.weekday(), tick.hour, tick.minute) == (0, 0, 0)
        # The Monday's tick: the week that ended on Saturday night began eight days before.
        assert partitions == [f"{tick - timedelta(days=8):%Y-%m-%d}"]


@pytest.fixture
def request_name(store: Store) -> Iterator[str]:
    """A name for a request that nobody used before; what it leaves is removed."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    yield name
    for key in (f"{name}.json", f"rejected/{name}.json", f"rejected/{name}.json.reason.txt"):
        store.delete("requests", key)
    for ending in ("png", "csv"):
        store.delete("outputs", f"taxi/adhoc/{name}.{ending}")


def test_a_request_file_gives_a_chart_and_its_figures(
    dagster: Dagster, quarter: list[Any], store: Store, lake: Lake, request_name: str
) -> None:
    question = {"borough": "Queens", "start_date": "2023-01-10", "end_date": "2023-01-20"}
    store.write("requests", f"{request_name}.json", json.dumps(question).encode())
    eventually("the chart is there", lambda: f"taxi/adhoc/{request_name}.png" in store.keys("outputs", "taxi/adhoc/"), within=120)
    assert store.read("outputs", f"taxi/adhoc/{request_name}.png").startswith(b"\x89PNG")
    rows = list(csv.DictReader(io.StringIO(store.read("outputs", f"taxi/adhoc/{request_name}.csv").decode())))
    counted = sum(int(row["num_trips"]) for row in rows)
    want = lake.rows(
        """SELECT count(*) FROM lake.taxi_trips t JOIN lake.taxi_zones z ON z.zone_id = t.pickup_zone_id
        WHERE z.borough = 'Queens' AND t.pickup_datetime >= DATE '2023-01-10' AND t.pickup_datetime < DATE '2023-01-21'"""
    )[0][0]
    assert counted == want > 0
    # One run for the file, however many ticks have seen it since.
    assert len([run for run in dagster.runs(pipelineName="adhoc_request_job") if request_name in json.dumps(run["tags"])]) == 1


def test_a_malformed_request_is_rejected_once_with_its_reason(dagster: Dagster, store: Store, request_name: str) -> None:
    before = time.time()
    store.write("requests", f"{request_name}.json", b'{"borough": "Atlantis", "start_date": "2023-01-10", "end_date": "2023-01-20"}')
    reason_key = f"rejected/{request_name}.json.reason.txt"
    eventually("the reason is written", lambda: reason_key in store.keys("requests", "rejected/"), within=90)
    eventually("the request is moved", lambda: f"{request_name}.json" not in store.keys("requests"), within=30)
    assert "Atlantis" in store.read("requests", reason_key).decode()
    assert f"rejected/{request_name}.json" in store.keys("requests", "rejected/")
    text = """query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) { __typename ... on Sensor { sensorState {
      ticks(limit: 10) { timestamp status skipReason error { message } logEvents { events { message } } } } } } }"""

    def reports() -> list[Any]:
        ticks = dagster.query(text, s={**REPOSITORY, "sensorName": "adhoc_request_sensor"})["sensorOrError"]["sensorState"]["ticks"]
        return [tick for tick in ticks if tick["timestamp"] > before - 1 and request_name in json.dumps(tick)]

    assert len(eventually("a tick reports it", reports, within=60)) == 1
    assert not [run for run in dagster.runs(pipelineName="adhoc_request_job") if request_name in json.dumps(run["tags"])]


def test_the_output_of_a_run_is_readable_after_its_pod_is_gone(dagster: Dagster, january: str) -> None:
    kube.kubectl("delete", "jobs", "-n", kube.JOBS, "-l", f"{RUN_PODS}={january}", "--wait=true")
    assert not kube.pods(f"{RUN_PODS}={january}", namespace=kube.JOBS)
    assert "taxi_trips" in dagster.output(january)
