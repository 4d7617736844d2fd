"""From Airflow to Dagster."""

import threading

import dagster as dg
import pytest
from airflow_events_server import AirflowEventsServer, ago
from lineage_loop import Instances, Loop, hang_until_writers, in_dagster, records

from lineage import carry as carrying
from lineage import storage as storing
from lineage.errors import LineageError
from lineage.push import Pusher


def numbers(loop: Loop, *assets: str) -> list[int]:
    """Ids of the Airflow events that Dagster has materializations of, in their order."""
    return [int(identity.partition("@")[0]) for identity, _ in in_dagster(loop.daemon, *assets)]


def test_should_carry_each_event_once_in_order(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    sent = [airflow_server.event("fraud_summary", rows=number) for number in range(3)]
    assert loop.carry() == 3
    sent.append(airflow_server.event("fraud_summary", rows=3))
    loop.settle(loop.carry)
    assert numbers(loop, "fraud_summary") == sent
    found = [record.asset_materialization for record in records(loop.daemon, "fraud_summary")]
    assert [one.metadata["rows"].value for one in found if one] == [0, 1, 2, 3]


def test_should_leave_out_what_came_from_dagster_and_what_is_not_linked(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    airflow_server.event("taxi_trips", dag=None, dagster_event="1@2026")
    airflow_server.event("of_no_interest")
    wanted = airflow_server.event("taxi_trips", month="2023-01")
    loop.settle(loop.carry)
    assert numbers(loop, "taxi_trips") == [wanted]


def test_should_carry_a_month_and_its_weeks_to_their_partitions(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    airflow_server.event("taxi_trips", month="2023-02")
    airflow_server.event("trips_by_week", weeks=[{"period": "2023-01-29"}, {"period": "2023-02-05"}])
    assert loop.carry() == 3
    assert loop.daemon.get_materialized_partitions(dg.AssetKey("taxi_trips")) == {"2023-02-01"}
    assert [partition for _, partition in in_dagster(loop.daemon, "trips_by_week")] == ["2023-01-29", "2023-02-05"]


def test_should_catch_up_with_a_long_history(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    airflow_server.page = 20
    sent = [airflow_server.event("fraud_summary", at=ago(10_000 - number * 60)) for number in range(120)]
    loop.settle(loop.carry)
    assert numbers(loop, "fraud_summary") == sent


def test_should_carry_events_of_the_same_moment(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    """More than a tick takes, so that the cursor stands between two that only their numbers tell apart."""
    at = ago(5)
    sent = [airflow_server.event("fraud_summary", at=at) for _ in range(carrying.MOST + 30)]
    loop.settle(loop.carry)
    assert numbers(loop, "fraud_summary") == sent


def test_should_carry_an_event_that_becomes_visible_late(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    late = airflow_server.begin("fraud_summary", {}, at=ago(200))
    airflow_server.event("fraud_summary", at=ago(10))
    loop.settle(loop.carry)
    airflow_server.commit(late)
    for _ in range(carrying.MOST + 5):
        airflow_server.event("fraud_summary", at=ago(5))
    loop.settle(loop.carry)
    assert sorted(numbers(loop, "fraud_summary")) == [event["id"] for event in sorted(airflow_server.events, key=lambda one: one["id"])]


def test_should_carry_an_event_once_that_is_told_on_two_pages(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    """Another one appears before the end of the first page, after that was read: its last event comes again on the second one."""
    airflow_server.page = 3
    sent = [airflow_server.event("fraud_summary", at=ago(100 - number)) for number in range(5)]
    late = airflow_server.begin("fraud_summary", {}, at=ago(150))
    airflow_server.between_pages = lambda: airflow_server.commit(late)
    loop.settle(loop.carry)
    assert sorted(numbers(loop, "fraud_summary")) == sorted([*sent, late["id"]])


def test_should_read_little_again_when_a_burst_is_over(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    airflow_server.page = 10
    for _ in range(60):
        airflow_server.event("of_no_interest", at=ago(1000))
    loop.settle(loop.carry)
    airflow_server.requests.clear()
    loop.carry()
    assert airflow_server.requests == [("GET", "/assets/events")]


def test_should_not_be_led_into_the_future_by_a_clock_that_is_wrong(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    sent = [airflow_server.event("fraud_summary", at=ago(-7200))]
    loop.settle(loop.carry)
    sent.append(airflow_server.event("fraud_summary"))
    loop.settle(loop.carry)
    assert numbers(loop, "fraud_summary") == sent


def test_should_not_carry_anything_again_when_its_cursor_is_lost(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    sent = [airflow_server.event("fraud_summary", at=ago(10_000 - number)) for number in range(60)]
    loop.settle(loop.carry)
    loop.carried = None
    loop.settle(loop.carry)
    assert numbers(loop, "fraud_summary") == sent


@pytest.mark.parametrize("writes", range(5))
def test_should_carry_each_once_when_it_is_killed_between_two_writes(loop: Loop, airflow_server: AirflowEventsServer, writes: int) -> None:
    weeks = [{"period": "2023-01-29"}, {"period": "2023-02-05"}]
    sent = [
        airflow_server.event("fraud_summary"),
        airflow_server.event("trips_by_week", weeks=weeks),
        airflow_server.event("fraud_summary"),
    ]
    loop.carry(writes=writes)
    # Others materialize the same asset meanwhile, more often than anybody would look back.
    for number in range(30):
        loop.daemon.report_runless_asset_event(dg.AssetMaterialization("trips_by_week", partition=f"2023-03-{number + 1:02d}"))
    loop.settle(loop.carry)
    assert numbers(loop, "fraud_summary", "trips_by_week") == [sent[0], sent[1], sent[1], sent[2]]


def test_should_see_the_last_write_of_a_daemon_that_was_killed(
    loop: Loop, airflow_server: AirflowEventsServer, instances: Instances
) -> None:
    """The database goes on with a statement whose client is gone: a tick that only looked would find nothing, and write it again."""
    airflow_server.event("fraud_summary")
    with instances.storage.connect("dagster") as blocker:
        blocker.execute("lock table event_logs in exclusive mode")
        dead = threading.Thread(target=lambda: loop.carry(writes=1))
        dead.start()
        hang_until_writers(instances.storage, 1)
        ticks: list[object] = []
        next_one = threading.Thread(target=lambda: ticks.append(loop.carry()))
        next_one.start()
        next_one.join(0.5)
        assert next_one.is_alive()
    dead.join()
    next_one.join()
    assert ticks == [0]
    assert len(records(loop.daemon, "fraud_summary")) == 1


@pytest.mark.parametrize("earlier", [0, 1])
def test_should_mend_the_row_of_an_asset_whose_event_was_the_last_thing_a_daemon_wrote(
    loop: Loop, airflow_server: AirflowEventsServer, instances: Instances, earlier: int
) -> None:
    """Automation conditions look at the row; without it, what depends on the asset would not learn of the event."""

    def row(columns: str) -> list[tuple[object, ...]]:
        with instances.storage.connect("dagster") as conn:
            return conn.execute(f"select {columns} from asset_keys").fetchall()

    for _ in range(earlier):
        airflow_server.event("fraud_summary")
        loop.settle(loop.carry)
    before = row("last_materialization, last_materialization_timestamp")
    airflow_server.event("fraud_summary")
    loop.carry(writes=1)
    with instances.storage.connect("dagster") as conn:
        if before:
            conn.execute("update asset_keys set last_materialization = %s, last_materialization_timestamp = %s", before[0])
        else:
            conn.execute("delete from asset_keys")
    assert loop.carry() == 0
    newest = records(loop.daemon, "fraud_summary")[-1]
    [found] = loop.daemon.get_asset_records([dg.AssetKey("fraud_summary")])
    assert found.asset_entry.last_materialization_storage_id == newest.storage_id
    assert len(records(loop.daemon, "fraud_summary")) == earlier + 1


def test_should_say_that_somebody_writes_for_long(
    loop: Loop, airflow_server: AirflowEventsServer, instances: Instances, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "SETTLE_SECONDS", 0.2)
    airflow_server.event("fraud_summary")
    with instances.storage.connect("dagster") as other:
        other.execute("insert into event_logs (run_id, event) values ('', '{}')")
        with pytest.raises(LineageError, match="somebody has been writing"):
            loop.carry()
        other.rollback()
    loop.settle(loop.carry)
    assert len(numbers(loop, "fraud_summary")) == 1


def test_should_ask_airflow_once_a_tick_when_there_is_nothing_new(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    airflow_server.event("fraud_summary")
    loop.settle(loop.carry)
    airflow_server.requests.clear()
    assert loop.carry() == 0
    assert airflow_server.requests == [("GET", "/assets/events")]


def test_should_lose_nothing_when_airflow_does_not_answer(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    sent = [airflow_server.event("fraud_summary")]
    airflow_server.faults = [("GET", "/assets/events", what) for what in ("cut", "500", "403", "not json")]
    for _ in range(4):
        with pytest.raises(LineageError):
            loop.carry()
    loop.settle(loop.carry)
    assert numbers(loop, "fraud_summary") == sent


def test_should_need_a_storage_that_tells_who_writes(airflow_server: AirflowEventsServer) -> None:
    airflow_server.event("fraud_summary")
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(LineageError, match="storage is a Postgres"):
        Loop(instance, instance, airflow_server.client(), Pusher()).carry()
