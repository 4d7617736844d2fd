"""Example 01 as people see it in Airflow's pages, and every example's documentation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from .airflow_api import Airflow
from .asset_events import Consumer, asset, consumer
from .browser import browser_page, log_in, picture
from .eventually import eventually

ASSET, PRODUCER, CONSUMER = "/path/to/data.csv", "producer_dag", "consumer_dag"


@pytest.fixture(scope="module")
def page(airflow_url: str) -> Iterator[Page]:
    """A browser's page, logged in."""
    # The graph is laid out in the page, which takes a busy machine its time.
    expect.set_options(timeout=30_000)
    with browser_page() as found:
        log_in(found, airflow_url)
        yield found


@pytest.fixture(scope="module")
def run(airflow: Airflow) -> str:
    """A run of the consumer that the producer has started."""
    with consumer(airflow, CONSUMER) as found:
        source = airflow.trigger(PRODUCER)
        runs = eventually("the consumer runs", lambda: [run for run in found.runs() if source in sources(found, run)], within=60)
        assert airflow.finished(CONSUMER, runs[0])["state"] == "success"
    return runs[0]


def sources(found: Consumer, run: str) -> list[str]:
    """The runs that emitted the events of a run."""
    return [event["source_run_id"] for event in found.events(run)]


def test_the_page_of_the_asset_shows_both_dags_and_the_event(page: Page, airflow: Airflow, airflow_url: str, run: str) -> None:
    page.goto(f"{airflow_url}/assets/{asset(airflow, ASSET)['id']}")
    for name in (PRODUCER, CONSUMER):
        expect(page.locator(".react-flow").get_by_text(name).first).to_be_visible()
    expect(page.locator("a[href$='/tasks/produce_data']").first).to_be_visible()
    expect(page.get_by_role("button", name="Create Event")).to_be_visible()
    picture(page, "airflow-asset")


def test_the_page_of_the_run_says_which_event_it_is_for(page: Page, airflow_url: str, run: str) -> None:
    page.goto(f"{airflow_url}/dags/{CONSUMER}/runs/{run}/asset_events")
    expect(page.get_by_text(ASSET).first).to_be_visible()
    expect(page.locator("a[href$='/tasks/produce_data']").first).to_be_visible()
    picture(page, "airflow-consumer-run")


def test_the_docstring_of_an_example_is_the_documentation_in_the_page(page: Page, airflow_url: str) -> None:
    page.goto(f"{airflow_url}/dags/{PRODUCER}")
    page.get_by_role("button", name="Dag Docs").click()
    expect(page.get_by_role("heading", name="01 A producer and a consumer")).to_be_visible()
    expect(page.get_by_text("a task that updates an asset, and a DAG that runs because of it")).to_be_visible()
    picture(page, "airflow-dag-docs")


def test_every_example_has_its_documentation(airflow: Airflow) -> None:
    dags = airflow.call("GET", "/dags", params={"limit": "100"})["dags"]
    examples = [dag["dag_id"] for dag in dags if dag["relative_fileloc"].startswith("examples/")]
    assert len(examples) > 30
    for dag in examples:
        text = airflow.call("GET", f"/dags/{dag}/details")["doc_md"]
        assert "**Teaches:**" in text, dag
        assert f"`{dag}`" in text, dag
