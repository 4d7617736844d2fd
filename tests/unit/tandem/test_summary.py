"""The summary that `make up` shows is waited for, and its absence is told and no failure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tandem import console, summary
from tandem.errors import TandemError

RUN = {"data_interval_start": "2026-01-01T10:30:00Z", "data_interval_end": "2026-01-01T11:00:00Z"}


class Client:
    """An Airflow whose DAG is paused or not, and has a run under way or not."""

    url = "http://localhost:8080"

    def __init__(self, *, paused: bool = False, running: bool = True) -> None:
        self.paused, self.running, self.started = paused, running, 0

    def call(self, method: str, path: str, body: Any = None) -> Any:
        if path == "/api/v2/dags/fraud_summary":
            return {"is_paused": self.paused}
        if method == "GET":
            assert path.endswith("/dagRuns?limit=1&state=queued&state=running")
            return {"dag_runs": [{}] if self.running else []}
        assert body == {"logical_date": None}
        self.started += 1
        return {}


def ensure(client: Any, answers: list[Any], monkeypatch: pytest.MonkeyPatch, **options: float) -> str:
    """What is told, with a Postgres that gives these answers in turn."""

    def postgres(sql: str) -> list[list[str]]:
        answer = answers.pop(0)
        if isinstance(answer, TandemError):
            raise answer
        asked.append(sql)
        return [answer]

    asked: list[str] = []
    monkeypatch.setattr(summary, "postgres", postgres)
    monkeypatch.setattr("tandem.summary.time.sleep", lambda _seconds: None)
    said = summary.ensure(client, RUN, console.Phase("summary"), **options)
    assert all("2026-01-01 10:00:00" in sql for sql in asked if "sum(" in sql)
    return said


def test_the_hour_of_a_run_is_waited_for_until_it_counts_all_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    answers: list[Any] = [["f"], ["t"], ["0", "7"], ["t"], ["7", "7"]]
    assert ensure(client, answers, monkeypatch) == ""
    assert (answers, client.started) == ([], 0)
    assert summary.hour_of(RUN) == datetime(2026, 1, 1, 10)


@pytest.mark.parametrize(
    ("client", "answers", "options", "said"),
    [
        (Client(paused=True), [["t"], ["0", "7"]], {}, "DAG fraud_summary is paused"),
        (Client(), [["t"], ["0", "7"]], {"within": -1}, "it is not made after -1 s: http://localhost:8080/dags/fraud_summary"),
        (Client(), [TandemError("tandem-postgres-0: not found")], {}, "not readable here (tandem-postgres-0: not found)"),
    ],
)
def test_what_hinders_it_is_told_and_stops_nothing(
    client: Client, answers: list[Any], options: Any, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ensure(client, answers, monkeypatch, **options) == said
    summary.show(RUN, said)
    assert said in capsys.readouterr().out


def test_a_summary_that_nothing_is_about_to_make_is_started_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a platform whose newest run is of before there was a summary."""
    client = Client(running=False)
    assert ensure(client, [["t"], ["0", "7"], ["t"], ["0", "7"], ["t"], ["7", "7"]], monkeypatch) == ""
    assert client.started == 1
