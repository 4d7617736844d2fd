"""Examples 03 to 06: which events start a run, and which events it gets."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from .airflow_api import Airflow
from .asset_events import Consumer, consumer, logged, post, runs, triggering_events
from .eventually import eventually

SECOND = datetime.timedelta(seconds=1)
# Of making two events within a second: a busy machine may take longer for one.
ATTEMPTS = 5


@pytest.fixture
def any_of(airflow: Airflow) -> Iterator[Consumer]:
    """The consumer of orders | returns."""
    with consumer(airflow, "ex04_any") as found:
        yield found


@pytest.fixture
def both(airflow: Airflow) -> Iterator[Consumer]:
    """The consumer of orders & returns."""
    with consumer(airflow, "ex04_both") as found:
        yield found


@pytest.fixture
def a_or_both(airflow: Airflow) -> Iterator[Consumer]:
    """The consumer of a | (b & c)."""
    with consumer(airflow, "ex05_a_or_both") as found:
        yield found


@pytest.fixture
def either_and_c(airflow: Airflow) -> Iterator[Consumer]:
    """The consumer of (a | b) & c."""
    with consumer(airflow, "ex05_either_and_c") as found:
        yield found


def test_three_assets_give_one_run_after_all_were_updated_however_often_one_repeats(airflow: Airflow) -> None:
    orders, customers, prices = "ex03_orders", "ex03_customers", "ex03_prices"
    with consumer(airflow, "ex03_all_of_three") as all_of_three:
        events = [post(airflow, name, {"number": number}) for number, name in enumerate([orders, orders, customers])]
        assert all_of_three.waiting() == [customers, orders], "a repeated update is one mark"
        events.append(post(airflow, prices, {"number": 3}))
        [first] = all_of_three.ran(1)
        found = all_of_three.events(first)
        assert [event["id"] for event in found] == [event["id"] for event in events]
        assert [event["extra"]["number"] for event in found] == [0, 1, 2, 3]
        # A run of the repeated prices alone would show here as one more.
        more = [post(airflow, name)["id"] for name in (prices, prices, orders, customers)]
        assert all_of_three.handled() == [[event["id"] for event in events], more]
        assert airflow.finished("ex03_all_of_three", first)["state"] == "success"
        logged(airflow, "ex03_all_of_three", first, "join", f"{orders}, {orders}, {customers}, {prices}")


def test_or_runs_for_each_and_and_runs_for_both(airflow: Airflow, any_of: Consumer, both: Consumer) -> None:
    post(airflow, "ex04_orders")
    any_of.handled()
    post(airflow, "ex04_returns")
    any_of.handled()
    both.handled()
    assert any_of.names() == [["ex04_orders"], ["ex04_returns"]]
    assert both.names() == [["ex04_orders", "ex04_returns"]]


def test_two_events_of_two_assets_in_the_same_second_are_one_run_of_and(airflow: Airflow, both: Consumer) -> None:
    consumed: list[list[int]] = []
    for _ in range(ATTEMPTS):
        events = [post(airflow, "ex04_returns"), post(airflow, "ex04_orders")]
        consumed.append([event["id"] for event in events])
        assert both.handled() == consumed
        if moment(events[1]) - moment(events[0]) < SECOND:
            return
    raise AssertionError(f"of {ATTEMPTS} pairs of events, no two came within a second")


def test_two_events_of_one_asset_in_the_same_second_are_consumed_once_each(airflow: Airflow, any_of: Consumer) -> None:
    """The second one has a run of its own if the scheduler looked in between, else it comes with the next event's run."""
    emitted: list[int] = []
    for _ in range(ATTEMPTS):
        before = len(any_of.runs())
        events = [post(airflow, "ex04_orders") for _ in range(2)]
        assert any_of.handled()[before] == [events[0]["id"]], "a run gets the events up to the first of those that it was queued for"
        events.append(post(airflow, "ex04_orders"))
        emitted += [event["id"] for event in events]
        assert [event for run in any_of.handled() for event in run] == emitted
        if moment(events[1]) - moment(events[0]) < SECOND:
            return
    raise AssertionError(f"of {ATTEMPTS} pairs of events, no two came within a second")


def moment(found: dict[str, str], field: str = "timestamp") -> datetime.datetime:
    """When an event was recorded, or another time of what the API told."""
    return datetime.datetime.fromisoformat(found[field])


# (event, what then waits for a run of a | (b & c), what waits for a run of (a | b) & c); the table of example 05, and another order.
ORDERS = {
    "a, c, b, a, c": [("a", "", "a"), ("c", "c", ""), ("b", "", "b"), ("a", "", "ab"), ("c", "c", "")],
    "b, a, c, b": [("b", "b", "b"), ("a", "", "ab"), ("c", "c", ""), ("b", "", "b")],
}
RUNS = {
    "a, c, b, a, c": (["a", "cb", "a"], ["ac", "bac"]),
    "b, a, c, b": (["ba", "cb"], ["bac"]),
}


@pytest.mark.parametrize("order", ORDERS)
def test_nested_conditions(airflow: Airflow, a_or_both: Consumer, either_and_c: Consumer, order: str) -> None:
    """Had any other event started a run, it would be in the lists, and its events would be missing from the later runs."""
    for number, (event, *waiting) in enumerate(ORDERS[order], 1):
        post(airflow, f"ex05_{event}")
        for found, expected in zip((a_or_both, either_and_c), waiting, strict=True):
            eventually(
                f"after event {number} ({event}), {found.dag} waits with {expected or 'nothing'}",
                lambda found=found, expected=expected: letters(found.waiting()) == expected,  # type: ignore[misc]
                within=30,
                every=0.1,
            )
    assert ([letters(run) for run in a_or_both.names()], [letters(run) for run in either_and_c.names()]) == RUNS[order]


def letters(names: list[str]) -> str:
    """The assets of example 05 by their last letter."""
    return "".join(name.removeprefix("ex05_") for name in names)


def test_a_dag_runs_by_the_clock_and_by_events_and_the_clock_uses_up_no_event(airflow: Airflow) -> None:
    dag = "ex06_asset_or_time"
    with consumer(airflow, dag) as by_event:
        stock = post(airflow, "ex06_stock", {"pieces": 7})

        def by_the_clock() -> str:
            """A run that began to wait for its start after the event; unpausing may have brought one before."""
            found = runs(airflow, dag, run_type="scheduled")
            return next((run["dag_run_id"] for run in found if moment(run, "queued_at") > moment(stock)), "")

        clock = eventually("a run by the clock", by_the_clock, within=90)
        assert by_event.waiting() == ["ex06_stock"], "the run by the clock has used up the event"
        assert triggering_events(airflow, dag, clock) == []
        deliveries = post(airflow, "ex06_deliveries")
        [run] = by_event.ran(1)
        assert by_event.consumed() == [[stock["id"], deliveries["id"]]]
        assert airflow.finished(dag, run)["state"] == airflow.finished(dag, clock)["state"] == "success"
        logged(airflow, dag, run, "count_stock", "event(s), the last one at")
        logged(airflow, dag, clock, "count_stock", "Started by the clock, for")
        assert airflow.run(dag, run)["logical_date"] is None
        assert airflow.run(dag, clock)["logical_date"] is not None
