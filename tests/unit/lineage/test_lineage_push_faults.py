"""From Dagster to Airflow, while requests fail, code servers replace each other and databases go away."""

import threading
import time

import pytest
from airflow_events_server import AirflowEventsServer
from eventually import eventually
from lineage_loop import Instances, Loop, own

from lineage.errors import LineageError
from lineage.push import Pusher

EVENTS = "/assets/events"


@pytest.mark.parametrize("what", ["cut", "cut after", "500", "500 after"])
@pytest.mark.parametrize("kept", [True, False])
def test_should_push_each_once_whatever_becomes_of_an_answer(
    loop: Loop, airflow_server: AirflowEventsServer, what: str, kept: bool
) -> None:
    for number in range(3):
        loop.materialize(n=number)
    airflow_server.faults = [("POST", EVENTS, ""), ("POST", EVENTS, what)]
    assert loop.push(kept=kept).startswith("sent 1 events to Airflow; Airflow ")
    loop.settle(loop.push)
    assert airflow_server.received() == own(loop.daemon)


def test_should_say_what_is_wrong_and_lose_nothing(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    loop.materialize()
    airflow_server.faults = [("GET", "/assets", "cut"), ("GET", "/assets", "403"), ("GET", EVENTS, "500"), ("POST", EVENTS, "403")]
    for sentence in ("Airflow is not reachable", "403 at /assets", "500 at /assets/events", "403 at /assets/events"):
        with pytest.raises(LineageError, match=sentence):
            loop.push()
    loop.settle(loop.push)
    assert airflow_server.received() == own(loop.daemon)


def test_should_wait_before_it_looks_whether_a_slow_write_has_happened(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    """It commits after the client has given up: looking at once would find nothing, and write it again."""
    loop.airflow = airflow_server.client(answer_seconds=0.3)
    loop.push()
    loop.pusher.quiet_seconds = 1.0
    loop.materialize()
    airflow_server.faults = [("POST", EVENTS, "slow")]
    with pytest.raises(LineageError, match="no answer in time"):
        loop.push()
    assert "may still be under way" in loop.push()
    airflow_server.released.set()
    time.sleep(1.0)
    loop.settle(loop.push)
    assert len(airflow_server.events) == 1


def test_should_wait_after_it_has_taken_the_place_of_another(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    loop.pusher = Pusher(quiet_seconds=0.5)
    loop.materialize()
    assert "may still be under way" in loop.push()
    time.sleep(0.5)
    assert loop.push() == "sent 1 events to Airflow"


def test_should_leave_the_work_to_one_of_two_code_servers(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    with Loop(loop.daemon, loop.code, airflow_server.client(), Pusher(quiet_seconds=0)) as other:
        loop.materialize()
        assert loop.push() == "sent 1 events to Airflow"
        assert other.push() == "another code server is pushing"
        loop.end()
        other.pushed = loop.pushed
        loop.materialize()
        assert other.push() == "sent 1 events to Airflow"
    assert airflow_server.received() == own(loop.daemon)


def test_should_not_work_twice_at_once_in_one_process(loop: Loop, airflow_server: AirflowEventsServer) -> None:
    loop.materialize()
    airflow_server.faults = [("POST", EVENTS, "slow")]
    first = threading.Thread(target=loop.push)
    first.start()
    eventually(lambda: ("POST", EVENTS) in airflow_server.requests, "the first tick writes")
    assert loop.push(kept=False) == "an earlier tick is still at work"
    airflow_server.released.set()
    first.join()
    assert len(airflow_server.events) == 1


def test_should_take_the_lock_again_after_the_database_was_gone(
    loop: Loop, airflow_server: AirflowEventsServer, instances: Instances
) -> None:
    loop.materialize()
    loop.settle(loop.push)
    assert loop.pusher.storage
    pid = loop.pusher.storage.connection.info.backend_pid
    with instances.storage.connect("dagsterrun") as conn:
        conn.execute("select pg_terminate_backend(%s)", [pid])
    loop.materialize()
    with pytest.raises(LineageError, match="Dagster's database does not answer"):
        loop.push()
    loop.settle(loop.push)
    assert airflow_server.received() == own(loop.daemon)
