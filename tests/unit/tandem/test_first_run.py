"""Which half hour a run worked on, and how rows are shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tandem import airflow, console, first_run
from tandem.errors import TandemError


def test_a_scheduled_run_has_its_data_interval() -> None:
    run = {"data_interval_start": "2026-01-01T00:00:00Z", "data_interval_end": "2026-01-01T00:30:00Z", "run_after": "2026-01-01T00:30:00Z"}
    assert airflow.interval(run) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 30, tzinfo=UTC))


def test_a_triggered_run_has_the_last_complete_half_hour() -> None:
    run = {"data_interval_start": None, "data_interval_end": None, "run_after": "2026-01-01T10:59:59.9Z"}
    assert airflow.interval(run) == (datetime(2026, 1, 1, 10, 0, tzinfo=UTC), datetime(2026, 1, 1, 10, 30, tzinfo=UTC))


def test_tables_align_numbers_at_the_right() -> None:
    lines = console.table([("1", "BTC", "5.00"), ("100", "DOGE", "412.50")], head=("id", "symbol", "amount"), indent="")
    assert lines == [" id  symbol  amount", "  1  BTC       5.00", "100  DOGE    412.50"]
    assert console.table([]) == []


class Client:
    """An Airflow that gives the given states of a run one after the other; None stands for no run."""

    url = "http://localhost:8080"

    def __init__(self, *states: str | None) -> None:
        self.states = list(states)
        self.triggered = 0

    def _next(self) -> Any:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return state and {"dag_run_id": "scheduled__1", "state": state}

    def last_run(self) -> Any:
        return self._next()

    def run(self, _run_id: str) -> Any:
        return self._next()

    def trigger(self) -> Any:
        self.triggered += 1
        self.states = ["queued", "success"]
        return self._next()

    def task_states(self, _run_id: str) -> dict[str, str]:
        return {"generate_transactions": "running"}


@pytest.mark.parametrize(
    ("states", "triggered"),
    [
        (["success"], 0),  # running `make up` again shows what is there
        ([None, None, "queued", "running", "success"], 0),  # the scheduler was about to start one itself
        (["running", "running", "success"], 0),
        (["failed"], 1),
        ([None], 1),
    ],
)
def test_a_run_is_triggered_only_if_there_is_no_good_one(states: list[str | None], triggered: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow, "until_known", lambda _client: None)
    monkeypatch.setattr(first_run, "SCHEDULER_SECONDS", 1.2)
    client: Any = Client(*states)
    assert first_run.ensure(client, console.Phase("run"))["state"] == "success"
    assert client.triggered == triggered


def test_a_run_that_fails_is_told_with_the_address_of_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow, "until_known", lambda _client: None)
    client: Any = Client("running", "failed")
    with pytest.raises(TandemError, match="failed") as problem:
        first_run.ensure(client, console.Phase("run"))
    assert problem.value.hint == "its log: http://localhost:8080/dags/generate_transaction_and_labels/runs/scheduled__1"
