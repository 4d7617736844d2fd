"""The lineage as people see it in both UIs, the way that docs/walkthrough.md leads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from tandem.open import ensure_open

from .airflow_api import Airflow
from .asset_events import asset_id, events
from .browser import browser_page, log_in, picture
from .dagster_api import Dagster
from .eventually import eventually

OPEN = "http://localhost:8080"
"""Where `make open` shows Airflow, and where links in Dagster lead."""
MONTH = "2023-01-01"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A browser's page, logged in to Airflow where `make open` shows it: soon, if Airflow was away a moment ago."""
    ensure_open()
    eventually("`make open` shows Airflow", lambda: answers(f"{OPEN}/api/v2/version"), within=90)
    with browser_page() as found:
        log_in(found, OPEN)
        yield found


def answers(address: str) -> bool:
    """Whether there is a page."""
    try:
        return requests.get(address, timeout=5).ok
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def summarised(airflow: Airflow, dagster: Dagster) -> str:
    """A run of fraud_summary whose event has reached Dagster; its id."""
    if not airflow.call("GET", "/dags/generate_transaction_and_labels/dagRuns", params={"state": "success", "limit": 1})["dag_runs"]:
        assert airflow.finished("generate_transaction_and_labels", airflow.trigger("generate_transaction_and_labels"))["state"] == "success"
    run = airflow.trigger("fraud_summary")
    assert airflow.finished("fraud_summary", run)["state"] == "success"

    def arrived() -> bool:
        newest = dagster.materialization("fraud_summary")
        return newest is not None and newest["metadata"]["airflow/run_id"] == run

    eventually("Dagster shows the summary", arrived, within=60)
    return run


@pytest.fixture(scope="module")
def loaded(airflow: Airflow, dagster: Dagster) -> str:
    """A run of Dagster that has loaded a month, and whose event has reached Airflow; its id."""
    run = dagster.launch("trip_update_job", partition=MONTH)
    dagster.succeeds(run)
    eventually(
        "Airflow shows the month",
        lambda: any(event["extra"].get("dagster_run_id") == run for event in events(airflow, "taxi_trips")),
        within=60,
    )
    return run


def test_one_graph_of_dagster_holds_the_assets_of_both(page: Page, dagster: Dagster, summarised: str) -> None:
    page.goto(f"{dagster.url}/assets/fraud_by_borough_hour?view=lineage&lineageScope=upstream&lineageDepth=5")
    for name in ("customer_transactions", "labeled_transactions", "fraud_summary", "taxi_trips", "taxi_zones", "fraud_by_borough_hour"):
        expect(page.locator("foreignObject").get_by_text(name, exact=True).last).to_be_visible()
    expect(page.get_by_text("Materialized").first).to_be_visible()
    picture(page, "dagster-lineage")


def test_an_event_in_dagster_leads_to_its_run_in_airflow(page: Page, dagster: Dagster, summarised: str) -> None:
    page.goto(f"{dagster.url}/assets/fraud_summary?view=events")
    link = page.locator("a[href*='/dags/fraud_summary/runs/']").first
    expect(page.get_by_text(summarised).first).to_be_visible()
    picture(page, "dagster-airflow-event")
    address = link.get_attribute("href")
    assert address is not None
    page.goto(address)
    expect(page.get_by_text(summarised).first).to_be_visible()
    expect(page.get_by_text("Success").first).to_be_visible()


def test_an_event_in_airflow_tells_the_partition_and_the_run_in_dagster(page: Page, airflow: Airflow, loaded: str) -> None:
    page.goto(f"{OPEN}/assets/{asset_id(airflow, 'taxi_trips')}")
    expect(page.get_by_text("taxi_report", exact=True).first).to_be_visible()
    page.locator(".codicon-folding-collapsed").first.click()
    expect(page.get_by_text(loaded).first).to_be_visible()
    expect(page.get_by_text(MONTH).first).to_be_visible()
    picture(page, "airflow-asset-from-dagster")
