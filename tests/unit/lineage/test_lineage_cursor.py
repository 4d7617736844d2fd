"""How far each direction has come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lineage.cursor import WINDOW, Carried, Pushed
from lineage.events import AirflowEvent

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=1)
seconds = st.integers(0, 3600)


def event(number: int, second: float) -> AirflowEvent:
    return AirflowEvent(number, START + timedelta(seconds=second), "fraud_summary", 1, {})


@given(st.lists(seconds, max_size=20), st.lists(seconds, max_size=20))
def test_should_know_every_event_that_may_be_read_again(times: list[int], untils: list[int]) -> None:
    """One by one, in any order of their times: what is dealt with is below the floor or among the recent ones."""
    cursor = Carried()
    for number, (second, until) in enumerate(zip(times, untils, strict=False)):
        cursor = Carried.read(cursor.after([event(number, second)], START + timedelta(seconds=until), 1).write())
        for earlier, at in enumerate(times[: number + 1]):
            found = event(earlier, at)
            assert cursor.floor
            assert found.identity in cursor.recent or found.at < cursor.floor


@given(st.lists(seconds, min_size=1, max_size=20), seconds)
def test_should_leave_room_for_events_that_become_visible_late(times: list[int], until: int) -> None:
    cursor = Carried()
    for number, second in enumerate(times):
        cursor = cursor.after([event(number, second)], START + timedelta(seconds=until), 1)
    assert cursor.floor
    assert cursor.floor <= START + timedelta(seconds=until) - WINDOW


def test_should_not_grow_for_ever() -> None:
    cursor = Carried()
    for number in range(2000):
        cursor = cursor.after([event(number, 10 * number)], event(number, 10 * number).at, 1)
    assert len(cursor.recent) == WINDOW.total_seconds() / 10 + 1


def test_should_forget_a_burst_when_its_time_is_over_though_nothing_follows() -> None:
    """Or each tick would read all of it again until the next event."""
    cursor = Carried().after([event(number, 0) for number in range(50)], START, 1)
    assert len(cursor.after([], START + WINDOW, 1).recent) == 50
    later = cursor.after([], START + WINDOW + timedelta(seconds=1), 1)
    assert (later.recent, later.floor) == (frozenset(), START + timedelta(seconds=1))


def test_should_keep_its_floor_while_there_is_nothing_to_forget() -> None:
    cursor = Carried().after([], START, 1)
    assert cursor.after([], NOW, 1) == cursor


def test_should_tell_a_number_that_is_given_again_from_the_first() -> None:
    """A database that was restored from a backup counts on from where it was then."""
    cursor = Carried().after([event(1, 0)], START, 1)
    assert event(1, 60).identity not in cursor.recent


def test_should_begin_at_the_beginning() -> None:
    assert Carried.read(None) == Carried(None, frozenset(), 0)
    assert Pushed.read("") == Pushed({}, None)


def test_should_keep_what_was_pushed() -> None:
    cursor = Pushed().after({"a": 5}, START).after({"b": 7}, None)
    assert Pushed.read(cursor.write()) == Pushed({"a": 5, "b": 7}, START)
