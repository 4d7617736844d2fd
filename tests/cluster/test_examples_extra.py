"""Examples 09 to 12: what an asset says, what an event says, and how a consumer reads it."""

from __future__ import annotations

import secrets

from .airflow_api import Airflow
from .asset_events import consumer, logged, unpaused


def number() -> int:
    """One that no earlier test has used."""
    return 1 + secrets.randbelow(1_000_000)


def succeeded(airflow: Airflow, dag: str, run: str) -> str:
    """Wait for a run to end well; its id."""
    assert airflow.finished(dag, run)["state"] == "success"
    return run


def test_an_asset_with_another_extra_is_the_same_asset(airflow: Airflow) -> None:
    dag, producer = "ex09_static_extra_consumer", "ex09_static_extra_producer"
    with unpaused(airflow, producer), consumer(airflow, dag) as found:
        run = airflow.trigger(producer)
        [consumed] = found.ran(1)
        [event] = found.events(consumed)
        assert (event["name"], event["source_run_id"]) == ("ex09_orders", run)
        assert event["extra"] == {}, "an asset's own extra is not that of its events"
        logged(airflow, dag, consumed, "consume", f"ex09_orders was updated by {producer}, extra of the event: {{}}")
        logged(airflow, producer, run, "produce", "Python calls the two objects equal: False")
    same = airflow.call("GET", "/assets", params={"name_pattern": "ex09_orders"})["assets"]
    assert len(same) == 1
    assert {one["dag_id"] for one in same[0]["scheduled_dags"]} == {dag}
    assert {one["dag_id"] for one in same[0]["producing_tasks"]} == {producer}
    assert same[0]["extra"] in ({"team": "sales"}, {"team": "reporting", "keep": "30 days"})


def test_metadata_that_a_task_yields_becomes_the_extra_of_its_one_event(airflow: Airflow) -> None:
    dag, producer, rows = "ex10_metadata_consumer", "ex10_metadata_producer", number()
    with unpaused(airflow, producer), consumer(airflow, dag) as found:
        run = airflow.trigger(producer, conf={"rows": rows})
        [consumed] = found.ran(1)
        assert [event["extra"] for event in airflow.asset_events(producer, run)] == [{"rows": rows, "source": "web shop"}]
        assert [event["extra"] for event in found.events(consumed)] == [{"rows": rows, "source": "web shop"}]
        logged(airflow, dag, consumed, "consume", f"{rows} new orders from the web shop")
        assert airflow.call("GET", f"/dags/{producer}/dagRuns/{run}/taskInstances/produce/xcomEntries/return_value")["value"] == rows


def test_each_outlet_has_the_extra_that_outlet_events_got_and_a_failed_task_has_no_event(airflow: Airflow) -> None:
    dag, producer, orders = "ex11_outlet_events_consumer", "ex11_outlet_events_producer", number()
    with unpaused(airflow, producer), consumer(airflow, dag) as found:
        failed = airflow.trigger(producer, conf={"fail": True})
        assert airflow.finished(producer, failed)["state"] == "failed"
        assert airflow.asset_events(producer, failed) == []
        assert found.waiting() == []
        run = airflow.trigger(producer, conf={"orders": orders, "refunds": 0})
        [consumed] = found.ran(1)
        assert {event["name"]: event["extra"] for event in found.events(consumed)} == {
            "ex11_orders": {"rows": orders},
            "ex11_refunds": {"rows": 0},
        }
        assert {event["source_run_id"] for event in found.events(consumed)} == {run}
        logged(airflow, dag, consumed, "consume", f"ex11_orders: [{{'rows': {orders}}}]")
        logged(airflow, dag, consumed, "consume", "ex11_refunds: [{'rows': 0}]")


def test_a_run_reads_every_event_since_the_last_run_oldest_first(airflow: Airflow) -> None:
    dag, orders, prices, day = "ex12_triggering_events_consumer", "ex12_orders_producer", "ex12_prices_producer", number()
    with unpaused(airflow, orders, prices), consumer(airflow, dag) as found:
        sources = [succeeded(airflow, orders, airflow.trigger(orders, conf={"day": one})) for one in (day, day + 1)]
        assert found.waiting() == ["ex12_orders"]
        sources.append(airflow.trigger(prices, conf={"day": day}))
        [run] = found.ran(1)
        assert [(event["name"], event["source_run_id"], event["extra"]) for event in found.events(run)] == [
            ("ex12_orders", sources[0], {"day": day}),
            ("ex12_orders", sources[1], {"day": day + 1}),
            ("ex12_prices", sources[2], {"day": day}),
        ]
        succeeded(airflow, dag, run)
        for producer, source, extra in ((orders, sources[0], day), (orders, sources[1], day + 1), (prices, sources[2], day)):
            logged(airflow, dag, run, "consume", f"{producer} {source}, extra {{'day': {extra}}}")
        read = airflow.call("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances/consume/xcomEntries/return_value")["value"]
        assert read == {"ex12_orders": [day, day + 1], "ex12_prices": [day]}


def test_a_run_that_no_event_triggered_reads_none(airflow: Airflow) -> None:
    dag = "ex12_triggering_events_consumer"
    with unpaused(airflow, dag):
        run = succeeded(airflow, dag, airflow.trigger(dag))
        logged(airflow, dag, run, "consume", "No event triggered this run.")
        assert airflow.call("GET", f"/dags/{dag}/dagRuns/{run}/upstreamAssetEvents")["asset_events"] == []
