"""A run of Dagster brings the DAG of the report about, and its page says what the files say."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pandas
import pytest

from . import asset_events
from .airflow_api import Airflow
from .dagster_api import Dagster
from .eventually import eventually
from .lake import MONTHS, Lake, Store, weeks_by_pandas

DAG = "taxi_report"
SUNDAY = f"{MONTHS[0]}-08"
FILES_AND_TABLES = ("taxi_trips_file", "taxi_trips", "taxi_zones_file", "taxi_zones")


@pytest.fixture(scope="module")
def brought_about(airflow: Airflow, dagster: Dagster) -> Iterator[tuple[str, Any]]:
    """A run of Dagster that loads a month, and the finished DAG run that its event started.

    The month and one of its weeks are loaded before, so that the test needs no platform that has them, and what comes of that is over.
    """
    dagster.succeeds(dagster.launch("trip_update_job", partition=f"{MONTHS[0]}-01", assets=FILES_AND_TABLES))
    dagster.succeeds(dagster.launch("weekly_update_job", partition=SUNDAY))
    with asset_events.consumer(airflow, DAG):
        launched = dagster.launch("trip_update_job", partition=f"{MONTHS[0]}-01", assets=["taxi_trips"])
        dagster.succeeds(launched)

        def run_of_its_event() -> str | None:
            events = [event for event in asset_events.events(airflow, "taxi_trips") if event["extra"].get("dagster_run_id") == launched]
            runs = [run["run_id"] for event in events for run in event["created_dagruns"] if run["dag_id"] == DAG]
            return next(iter(runs), None)

        run = eventually(f"an event of Dagster's run {launched} starts {DAG}", run_of_its_event, within=180)
        yield launched, airflow.finished(DAG, run)


def test_the_log_names_the_month_and_the_run_of_dagster(airflow: Airflow, brought_about: tuple[str, Any]) -> None:
    launched, run = brought_about
    assert run["state"] == "success"
    assert run["run_type"] == "asset_triggered"
    asset_events.logged(airflow, DAG, run["dag_run_id"], "events", f"taxi_trips, {MONTHS[0]}-01, by Dagster run {launched}")


def test_the_page_says_what_the_files_say(brought_about: tuple[str, Any], store: Store, lake: Lake) -> None:
    page = store.read("outputs", "taxi/report.md").decode()
    files = {month: store.raw_month(month) for month in lake.counts()}
    total = sum(len(file) for file in files.values())
    assert table(page, f"{total:,} trips in {len(files)} months.") == [[month, f"{len(file):,}"] for month, file in files.items()]
    lines = list(csv.reader(io.StringIO(store.read("outputs", "taxi/trips_by_week.csv").decode())))[1:]
    newest = table(page, "## The newest weeks")
    assert [week for week, *_ in newest] == [line[0] for line in lines[:-7:-1]]
    by_pandas = weeks_by_pandas(list(files.values()))
    assert [int(trips.replace(",", "")) for _, trips, *_ in newest] == [
        by_pandas[week][0] if week in by_pandas else 0 for week, *_ in newest
    ]
    busiest = pandas.concat(file["PULocationID"] for file in files.values()).value_counts().head(10)
    found = table(page, "## Where most trips begin")
    assert [int(trips.replace(",", "")) for _, _, trips, _ in found] == busiest.tolist()
    assert [share for *_, share in found] == [f"{count / total:.1%}" for count in busiest]
    numbers = zones(store).groupby("zone")["LocationID"].agg(set)
    known = [(zone, int(trips.replace(",", ""))) for zone, _, trips, _ in found if zone in numbers]
    assert known
    assert all(trips in {busiest.get(number) for number in numbers[zone]} for zone, trips in known)


def zones(store: Store) -> pandas.DataFrame:
    """The file of the zones as it came."""
    [key] = [key for key in store.keys("raw", "taxi/") if "zones" in key]
    return pandas.read_csv(io.BytesIO(store.read("raw", key)))


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the Markdown table below a heading or sentence, without its head."""
    below = page.split(heading, 1)[1].split("\n#", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in below.splitlines() if line.startswith("|")][2:]
