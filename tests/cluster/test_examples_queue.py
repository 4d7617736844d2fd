"""Example 08: what becomes of events whose consumer is busy or paused. One story, told by five events and a producer's run."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from .airflow_api import FINISHED, Airflow
from .asset_events import consumer, events, logged, newest_event, pause, post, triggering_events, unpaused
from .eventually import eventually

DAG, PRODUCER = "ex08_consumer", "ex08_producer"
ORDERS, RETURNS = "ex08_orders", "ex08_returns"
SHORT = {"seconds": 1}


@dataclass
class Story:
    """What was emitted when, and what the consumer made of it."""

    produced: list[Any]  # events of one task with two outlets
    while_busy: list[int]  # three events of one asset, while the run of the former was active
    waiting_while_busy: list[str]
    while_paused: int  # an event of the other asset, while that run was active and the DAG paused
    waiting_while_paused: list[str]
    runs_after_unpausing: int  # when everything that was queued had been handled
    last: int  # one more event
    runs: list[str]
    consumed: list[list[int]]


@pytest.fixture(scope="module")
def story(airflow: Airflow) -> Story:
    """The consumer has max_active_runs=1, and the run for the producer's events takes half a minute."""
    with unpaused(airflow, PRODUCER), consumer(airflow, DAG) as found:
        mark = newest_event(airflow)
        airflow.trigger(PRODUCER)
        [first] = found.ran(1)
        while_busy = [post(airflow, ORDERS, SHORT)["id"] for _ in range(3)]
        waiting_while_busy = found.waiting()
        pause(airflow, DAG)
        while_paused = post(airflow, RETURNS, SHORT)["id"]
        waiting_while_paused = found.waiting()
        pause(airflow, DAG, False)
        assert airflow.run(DAG, first)["state"] not in FINISHED, "the machine is too slow for this story"
        found.handled()
        runs_after_unpausing = len(found.ran(2))
        last = post(airflow, ORDERS, SHORT)["id"]
        found.handled()
        runs = found.ran(3)
        eventually("the last run ends", lambda: airflow.run(DAG, runs[-1])["state"] in FINISHED, within=60)
        produced = sorted(
            (event for name in (ORDERS, RETURNS) for event in events(airflow, name, after=mark) if event["source_dag_id"] == PRODUCER),
            key=lambda event: event["id"],
        )
        return Story(
            produced,
            while_busy,
            waiting_while_busy,
            while_paused,
            waiting_while_paused,
            runs_after_unpausing,
            last,
            found.runs(),
            found.consumed(),
        )


def test_a_task_with_two_outlets_emits_two_events_in_the_same_instant_and_starts_one_run(story: Story) -> None:
    assert sorted(event["name"] for event in story.produced) == [ORDERS, RETURNS]
    first, second = (datetime.fromisoformat(event["timestamp"]) for event in story.produced)
    assert abs(second - first) < timedelta(seconds=1)
    assert sorted(story.consumed[0]) == [event["id"] for event in story.produced]


def test_three_events_while_the_consumer_is_busy_are_one_more_run_with_the_first_of_them(story: Story) -> None:
    assert story.waiting_while_busy == [ORDERS]
    assert story.consumed[1] == story.while_busy[:1]


def test_a_paused_consumer_keeps_the_mark_it_had_and_gets_no_new_one(story: Story) -> None:
    assert story.waiting_while_paused == [ORDERS]


def test_unpausing_runs_only_what_was_queued_before_the_pause(story: Story) -> None:
    assert story.runs_after_unpausing == 2
    assert story.while_paused not in story.consumed[0] + story.consumed[1]


def test_what_stayed_behind_comes_with_the_next_event(story: Story) -> None:
    assert story.consumed[2] == [*story.while_busy[1:], story.while_paused, story.last]


def test_no_event_is_lost_or_consumed_twice(story: Story, airflow: Airflow) -> None:
    everything = [*(event["id"] for event in story.produced), *story.while_busy, story.while_paused, story.last]
    assert sorted(event for run in story.consumed for event in run) == sorted(everything)
    assert len(story.runs) == 3


def test_the_tasks_of_these_runs_did_not_overlap(story: Story, airflow: Airflow) -> None:
    tasks = [airflow.task(DAG, run, "balance") for run in story.runs]
    assert [task["state"] for task in tasks] == ["success"] * 3
    assert all(one["end_date"] <= later["start_date"] for one, later in itertools.pairwise(tasks))


def test_the_log_counts_the_events_by_asset(story: Story, airflow: Airflow) -> None:
    run = story.runs[2]
    found = triggering_events(airflow, DAG, run)
    for name in (ORDERS, RETURNS):
        logged(airflow, DAG, run, "balance", f"{sum(event['name'] == name for event in found)} event(s) of {name}")
