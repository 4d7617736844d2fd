"""What `make status` says of Dagster, which a release may be without."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tandem import dagster, kube, status
from tandem.errors import TandemError

SUMMARY: dict[str, Any] = {
    "months": ["2023-01 to 2023-03"],
    "runs": [{"run": "a1", "job": "trip_update_job", "partition": "2023-03-01", "state": "SUCCESS", "start": 1.0, "end": 2.0}],
}
PAGES = [{"name": "Dagster", "url": "http://localhost:3000", "port": 3000, "wanted": 3000}]


def test_months_and_runs_come_from_the_page_that_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dagster.Dagster, "summary", lambda self: {**SUMMARY, "url": self.url})
    assert status.taxi(PAGES) == {**SUMMARY, "url": "http://localhost:3000"}


def test_a_release_without_dagster_or_one_that_is_silent_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube, "items", lambda _kind: [])
    assert status.taxi([]) is None

    def fail(_client: Any) -> Any:
        raise TandemError("Dagster does not answer")

    monkeypatch.setattr(dagster.Dagster, "summary", fail)
    assert status.taxi(PAGES) is None


def test_people_see_the_months_and_the_runs(capsys: pytest.CaptureFixture[str]) -> None:
    found = {
        "engine": True,
        "cluster": "running",
        "nodes": [],
        "release": None,
        "pods": [],
        "pages": PAGES,
        "last_run": None,
        "taxi": SUMMARY,
        "lineage": [
            {"direction": "Airflow to Dagster", "on": True, "last": "SKIPPED", "at": time.time() - 3, "said": "nothing new"},
            {"direction": "Dagster to Airflow", "on": False, "last": None, "at": None, "said": ""},
        ],
    }
    status.show(found)
    said = capsys.readouterr().out
    assert "Dagster   http://localhost:3000\n" in said
    assert "Taxi      2023-01 to 2023-03\n" in said
    assert "success  trip_update_job  2023-03-01\n" in said
    assert "Lineage   Airflow to Dagster  skipped  nothing new (3 s ago)\n" in said
    assert "          Dagster to Airflow  off      turn its sensor on in Dagster\n" in said
