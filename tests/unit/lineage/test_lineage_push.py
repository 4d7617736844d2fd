"""From Dagster to Airflow."""

import dagster as dg
import pytest
from airflow_events_server import AirflowEventsServer
from lineage_loop import Instances, Loop, own

from lineage import batch as batching
from lineage import storage as storing
from lineage.events import FROM_AIRFLOW

EVENTS = "/assets/events"


def run(loop: Loop, partition: str) -> str:
    """A real run that materializes taxi_trips; its id."""

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition([partition]))
    def taxi_trips() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"dagster/row_count": 3})

    done = dg.materialize([taxi_trips], partition_key=partition, instance=loop.daemon)
    assert done.success
    return done.run_id


def test_should_push_each_materialization_once_in_order(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    for number, asset in enumerate(["taxi_trips", "manhattan_stats", "taxi_trips", "adhoc_request", "manhattan_map"]):
        loop.materialize(asset, n=number)
    assert loop.push() == "sent 4 events to Airflow"
    loop.materialize("taxi_zones", n=5)
    loop.settle(loop.push)
    assert airflow_server.received() == own(loop.daemon)
    assert [(event["name"], event["extra"]["n"]) for event in airflow_server.events] == [
        ("taxi_trips", 0),
        ("manhattan_stats", 1),
        ("taxi_trips", 2),
        ("manhattan_map", 4),
        ("taxi_zones", 5),
    ]


def test_should_tell_of_a_run_and_its_partition(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    run_id = run(loop, "2023-01-01")
    loop.settle(loop.push)
    [event] = airflow_server.events
    assert event["name"] == "taxi_trips"
    want = {"partition": "2023-01-01", "dagster_run_id": run_id, "dagster_run_url": f"http://dagster.example/runs/{run_id}"}
    assert (want | {"dagster/row_count": 3}).items() <= event["extra"].items()


def test_should_not_send_back_what_came_from_airflow(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    airflow_server.event("taxi_trips", month="2023-01")
    loop.settle(loop.carry)
    loop.settle(loop.push)
    loop.settle(loop.carry)
    assert len(airflow_server.events) == 1
    assert own(loop.daemon) == []
    assert ("POST", EVENTS) not in airflow_server.requests


def test_should_catch_up_in_the_order_of_all_assets(
    loop: Loop, airflow_server: AirflowEventsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MOST", 5)
    for number in range(23):
        loop.materialize("manhattan_map" if number % 7 == 6 else "taxi_trips")
    loop.settle(loop.push)
    assert airflow_server.received() == own(loop.daemon)


def test_should_let_an_asset_that_airflow_lacks_hold_up_no_other(
    loop: Loop, airflow_server: AirflowEventsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MOST", 5)
    number = airflow_server.assets.pop("taxi_trips")
    for _ in range(12):
        loop.materialize("taxi_trips")
    for _ in range(7):
        loop.materialize("manhattan_map")
    assert loop.push() == "sent 5 events to Airflow; Airflow has no asset taxi_trips, because no DAG names it"
    loop.settle(loop.push)
    assert [event["name"] for event in airflow_server.events] == ["manhattan_map"] * 7
    airflow_server.assets["taxi_trips"] = number
    loop.settle(loop.push)
    assert [event["name"] for event in airflow_server.events] == ["manhattan_map"] * 7 + ["taxi_trips"] * 12
    assert sorted(airflow_server.received()) == sorted(own(loop.daemon))


def test_should_ask_airflow_nothing_when_there_is_nothing_new(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    loop.materialize()
    loop.settle(loop.push)
    airflow_server.requests.clear()
    loop.materialize("adhoc_request")
    assert [loop.push(), loop.push()] == ["nothing new"] * 2
    assert airflow_server.requests == []


def test_should_push_what_becomes_visible_late_in_its_place(
    loop: Loop, airflow_server: AirflowEventsServer, instances: Instances, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run's event gets its number, another one is committed, and only then the first."""
    monkeypatch.setattr(storing, "SETTLE_SECONDS", 0.2)
    loop.materialize()
    with instances.storage.connect("dagster") as late:
        late.execute(
            "insert into event_logs (run_id, event, dagster_event_type, timestamp, asset_key, partition)"
            " select run_id, event, dagster_event_type, timestamp, asset_key, partition from event_logs"
        )
        loop.materialize()
        assert "somebody has been writing" in loop.push()
        assert airflow_server.received() == []
        late.commit()
    loop.settle(loop.push)
    assert airflow_server.received() == own(loop.daemon)
    assert len(airflow_server.received()) == 3


def test_should_not_push_anything_again_when_its_cursor_is_lost(
    loop: Loop, airflow_server: AirflowEventsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MOST", 5)
    airflow_server.page = 4
    for _ in range(13):
        loop.materialize()
    loop.settle(loop.push)
    loop.pushed = None
    loop.settle(loop.push)
    assert airflow_server.received() == own(loop.daemon)


def test_should_keep_metadata_of_an_airflow_event_apart(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    loop.materialize(**{FROM_AIRFLOW: "1@2026-01-01T00:00:00+00:00"})
    loop.settle(loop.push)
    assert airflow_server.events == []
