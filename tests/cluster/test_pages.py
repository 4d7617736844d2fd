"""What people see in both UIs once taxi months are loaded."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import matplotlib.image
import pytest
from playwright.sync_api import Page, expect

from .airflow_api import Airflow
from .browser import browser_page, log_in, picture
from .dagster_api import Dagster
from .lake import MONTHS

ASSETS = (
    "taxi_trips_file",
    "taxi_zones_file",
    "taxi_trips",
    "taxi_zones",
    "manhattan_stats",
    "manhattan_map",
    "trips_by_week",
    "adhoc_request",
)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A browser's page."""
    with browser_page() as found:
        yield found


@pytest.fixture(scope="module")
def materialized(dagster: Dagster) -> None:
    """All eight assets with at least one materialization, whatever ran before, and weeks enough for the page to show more than 0%."""
    if any(dagster.materialization(asset) is None for asset in ASSETS):
        dagster.succeeds(dagster.launch("trip_update_job", partition="2023-01-01"))
        question = {"filename": "pages", "borough": "Manhattan", "start_date": "2023-01-01", "end_date": "2023-01-31"}
        dagster.succeeds(dagster.launch("adhoc_request_job", config={"ops": {"adhoc_request": {"config": question}}}))
    dagster.succeeds(dagster.launch("weekly_update_job", partitions=("2023-01-01", "2023-01-29")))


def test_the_asset_graph_shows_all_assets_materialized(page: Page, dagster: Dagster, materialized: None) -> None:
    """On a large screen, where the nodes have room for their text."""
    before = page.viewport_size
    page.set_viewport_size({"width": 2400, "height": 1350})
    page.goto(f"{dagster.url}/asset-groups?expanded=" + ",".join(f"global@global:{group}" for group in ("ingest", "metrics", "requests")))
    for asset in ASSETS:
        node = page.locator("foreignObject").filter(has=page.get_by_text(asset, exact=True)).last
        expect(node).to_contain_text(re.compile(r"Materialized|[1-9]\d*% filled"))
    picture(page, "dagster-assets")
    page.set_viewport_size(before or {"width": 1500, "height": 950})


def test_the_map_is_previewed_on_the_page_of_its_asset(page: Page, dagster: Dagster, materialized: None) -> None:
    page.goto(f"{dagster.url}/assets/manhattan_map?view=overview")
    page.get_by_text("[Show Markdown]").first.click()
    image = page.locator("img[src^='data:image/png']").first
    expect(image).to_be_visible()
    width, height = image.evaluate("node => [node.naturalWidth, node.naturalHeight]")
    assert min(width, height) > 300
    picture(page, "dagster-map")
    colours = matplotlib.image.imread(io.BytesIO(image.screenshot()), format="png").reshape(-1, 4)
    assert len({tuple(colour) for colour in (colours[::97] * 20).round().tolist()}) > 8, "the picture is blank"


def test_the_grid_of_airflow_shows_taxi_monthly_green(page: Page, airflow: Airflow, airflow_url: str) -> None:
    airflow.call("PATCH", "/dags/taxi_monthly", json={"is_paused": False})
    try:
        run = airflow.trigger("taxi_monthly", conf={"first_month": MONTHS[0]})
        assert airflow.finished("taxi_monthly", run, within=300)["state"] == "success"
    finally:
        airflow.call("PATCH", "/dags/taxi_monthly", json={"is_paused": True})
    log_in(page, airflow_url)
    page.goto(f"{airflow_url}/dags/taxi_monthly/runs/{run}")
    expect(page.get_by_text("Success").first).to_be_visible()
    for task in ("load_month", "manhattan"):
        expect(page.get_by_text(re.compile(task)).first).to_be_visible()
    picture(page, "airflow-taxi-monthly")
