"""The client of Airflow's API: pages, logins, and the ways in which an answer can fail to come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import servers
from airflow_events_server import AirflowEventsServer

from lineage.airflow import Airflow
from lineage.errors import Ambiguous, LineageError, Refused
from lineage.settings import Settings

EVENTS = "/assets/events"


def test_should_read_all_pages_in_the_order_of_times(airflow_server: AirflowEventsServer) -> None:
    airflow_server.page = 3
    now = datetime.now(UTC)
    numbers = [airflow_server.event("fraud_summary", at=now - timedelta(seconds=n % 4)) for n in range(10)]
    with airflow_server.client().session() as session:
        found = list(session.events(since=None))
    assert [event.id for event in found] == sorted(numbers, key=lambda number: (-((number - 1) % 4), number))


def test_should_begin_with_the_time_itself(airflow_server: AirflowEventsServer) -> None:
    at = datetime(2026, 1, 1, 0, 0, 0, 7, tzinfo=UTC)
    airflow_server.event("fraud_summary", at=at - timedelta(microseconds=1))
    same = airflow_server.event("fraud_summary", at=at)
    with airflow_server.client().session() as session:
        assert [event.id for event in session.events(since=at)] == [same]


def test_should_read_no_more_pages_than_are_wanted(airflow_server: AirflowEventsServer) -> None:
    airflow_server.page = 2
    for _ in range(10):
        airflow_server.event("fraud_summary")
    with airflow_server.client().session() as session:
        next(iter(session.events(since=None)))
    assert airflow_server.requests.count(("GET", EVENTS)) == 1


def test_should_log_in_once_and_again_when_the_token_has_ended(airflow_server: AirflowEventsServer) -> None:
    client = airflow_server.client()
    for _ in range(3):
        with client.session() as session:
            list(session.events(since=None))
    assert airflow_server.logins == 1
    airflow_server.token += 1
    with client.session() as session:
        list(session.events(since=None))
    assert airflow_server.logins == 2


def test_should_say_that_the_login_is_not_accepted(airflow_server: AirflowEventsServer) -> None:
    client = Airflow(replace(airflow_server.settings, password="other"))
    with client.session() as session, pytest.raises(Refused, match="Airflow does not accept the login lineage"):
        session.asset_id("fraud_summary")


def test_should_not_log_in_for_ever_when_a_fresh_token_is_refused_too(airflow_server: AirflowEventsServer) -> None:
    airflow_server.faults = [("GET", EVENTS, "401")] * 2
    with airflow_server.client().session() as session, pytest.raises(Refused, match=r"401 at /assets/events: as the test wanted: 401"):
        list(session.events(since=None))
    assert airflow_server.logins == 2


@pytest.mark.parametrize("what", ["cut", "500", "not json"])
def test_should_say_what_is_wrong_with_an_answer(airflow_server: AirflowEventsServer, what: str) -> None:
    airflow_server.faults = [("GET", EVENTS, what)]
    with airflow_server.client().session() as session, pytest.raises(LineageError) as caught:
        list(session.events(since=None))
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, Refused)


def test_should_say_that_nobody_is_there() -> None:
    client = Airflow(Settings(f"http://127.0.0.1:{servers.free_port()}", "u", "p", "", ""))
    with client.session() as session, pytest.raises(LineageError, match=r"Airflow is not reachable at http://127\.0\.0\.1:"):
        session.asset_id("x")


def test_should_know_that_a_refused_write_has_not_happened(airflow_server: AirflowEventsServer) -> None:
    airflow_server.faults = [("POST", EVENTS, "403")]
    with airflow_server.client().session() as session, pytest.raises(Refused) as caught:
        session.create_event(1, {})
    assert caught.value.status == 403


@pytest.mark.parametrize("what", ["cut", "cut after", "500", "500 after", "slow"])
def test_should_know_that_a_write_without_a_good_answer_may_have_happened(airflow_server: AirflowEventsServer, what: str) -> None:
    airflow_server.faults = [("POST", EVENTS, what)]
    with airflow_server.client(answer_seconds=0.3).session() as session, pytest.raises(Ambiguous):
        session.create_event(1, {})


def test_should_find_an_asset_by_its_whole_name(airflow_server: AirflowEventsServer) -> None:
    airflow_server.assets = {"taxi_trips_file": 8, "taxi_trips": 9}
    with airflow_server.client().session() as session:
        assert session.asset_id("taxi_trips") == 9
        assert session.asset_id("taxi") is None


def test_should_tell_airflows_time(airflow_server: AirflowEventsServer) -> None:
    with airflow_server.client().session() as session:
        session.asset_id("taxi_trips")
        assert session.clock
        assert abs((session.clock - datetime.now(UTC)).total_seconds()) < 3


def test_settings_should_name_what_is_missing_and_hide_the_password() -> None:
    with pytest.raises(LineageError, match="LINEAGE_AIRFLOW_USERNAME is not set"):
        Settings.from_environment({"LINEAGE_AIRFLOW_URL": "http://a/"})
    found = Settings.from_environment(
        {"LINEAGE_AIRFLOW_URL": "http://a/", "LINEAGE_AIRFLOW_USERNAME": "u", "LINEAGE_AIRFLOW_PASSWORD": "hidden"}
    )
    assert (found.airflow, found.airflow_links, found.dagster_links) == ("http://a", "http://localhost:8080", "http://localhost:3000")
    assert "hidden" not in repr(found)
