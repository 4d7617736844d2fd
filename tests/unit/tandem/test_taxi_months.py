"""Which taxi months `make up` loads, and what it says of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tandem import console, kube, taxi
from tandem.dagster import RANGE_END, RANGE_START

ROWS = {"2023-01": 100_000, "2023-02": 100_000, "2023-03": 100_000}
SUNDAYS = taxi.weeks_of(taxi.MONTHS)
CSV = ["period,num_trips,total_amount,trip_distance,passenger_count", "2023-01-01,22000,500000.25,70000.5,30000"]


def lake(months: dict[str, int], weeks: list[str] = SUNDAYS, picture: bytes = b"png", synthetic: Sequence[str] = ()) -> taxi.Lake:
    return taxi.Lake(months, CSV, weeks, picture, list(synthetic))


class Client:
    """A Dagster that notes what is started in it, and in which runs of others' end well."""

    url = "http://localhost:3000"

    def __init__(self, running: list[Any] | None = None) -> None:
        self.running = running or []
        self.launched: list[tuple[str, dict[str, str]]] = []
        self.finished: list[list[str]] = []
        self.awaited: list[str] = []

    def until_loaded(self, location: str, _note: Any) -> None:
        assert not self.launched
        self.awaited.append(location)

    def runs(self, **_filter: Any) -> list[Any]:
        return self.running

    def launch(self, job: str, tags: dict[str, str]) -> str:
        self.launched.append((job, tags))
        return f"run {len(self.launched)}"

    def finish(self, runs: list[str], _note: Any, *, within: float) -> None:
        assert within > 60
        self.finished.append(list(runs))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[taxi.Lake]:
    """What is in the lake each time someone looks."""
    found: list[taxi.Lake] = []
    monkeypatch.setattr(taxi, "look", lambda: found.pop(0))
    return found


def ensure(client: Client) -> taxi.Lake:
    dagster: Any = client
    return taxi.ensure(dagster, console.Phase("taxi"))


def test_the_weeks_of_the_months_are_their_sundays() -> None:
    assert (SUNDAYS[0], SUNDAYS[-1], len(SUNDAYS)) == ("2023-01-01", "2023-03-26", 13)
    assert taxi.weeks_of(("2023-02",)) == ["2023-02-05", "2023-02-12", "2023-02-19", "2023-02-26"]


def test_what_is_there_is_not_loaded_again(looks: list[taxi.Lake]) -> None:
    looks.append(lake({**ROWS, "2024-01": 7}))
    client = Client()
    assert ensure(client).months["2024-01"] == 7
    assert client.launched == []


def test_an_empty_lake_gets_its_months_and_then_their_weeks(looks: list[taxi.Lake]) -> None:
    looks += [lake({}, [], b""), lake(ROWS)]
    client = Client()
    assert ensure(client).months == ROWS
    months = [("trip_update_job", {"dagster/partition": f"{month}-01"}) for month in taxi.MONTHS]
    assert client.launched == [*months, ("weekly_update_job", {RANGE_START: "2023-01-01", RANGE_END: "2023-03-26"})]
    assert client.finished == [["run 1", "run 2", "run 3"], ["run 4"]]
    assert client.awaited == ["taxi"]


def test_only_what_is_missing_is_loaded(looks: list[taxi.Lake]) -> None:
    looks += [lake({"2023-01": 1, "2023-03": 1}), lake(ROWS)]
    client = Client()
    ensure(client)
    assert client.launched[0] == ("trip_update_job", {"dagster/partition": "2023-02-01"})
    assert len(client.launched) == 2


def test_months_without_their_weeks_or_map_are_completed(looks: list[taxi.Lake]) -> None:
    looks += [lake(ROWS, SUNDAYS[1:]), lake(ROWS), lake(ROWS, picture=b""), lake(ROWS)]
    weeks, picture = Client(), Client()
    ensure(weeks)
    assert [job for job, _ in weeks.launched] == ["weekly_update_job"]
    ensure(picture)
    assert picture.launched[0] == ("trip_update_job", {"dagster/partition": "2023-03-01"})


def test_a_month_that_is_being_loaded_is_waited_for(looks: list[taxi.Lake]) -> None:
    looks += [lake({}, [], b""), lake(ROWS)]
    running = {"runId": "theirs", "status": "STARTED", "tags": [{"key": "dagster/partition", "value": "2023-02-01"}]}
    client = Client([running])
    ensure(client)
    assert client.finished[0] == ["run 1", "theirs", "run 2"]


def test_the_lake_is_read_in_the_code_server(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    answer = {"months": ROWS, "weeks": CSV, "weeks_loaded": ["2023-01-01"], "synthetic": ["2023-01"]}

    def execute(*words: Any, **options: Any) -> str:
        asked.append((words, options["input"]))
        return "a warning of a library\n" + json.dumps({**answer, "map": base64.b64encode(b"\x89PNG").decode()}) + "\n"

    monkeypatch.setattr(kube, "execute", execute)
    found = taxi.look()
    assert (found.months, found.map, found.synthetic) == (ROWS, b"\x89PNG", ["2023-01"])
    ((words, script),) = asked
    assert words == ("deploy/tandem-dagster-code-taxi", "code", ["python", "-"])
    compile(script, "look", "exec")


def test_rows_weeks_and_the_map_are_shown_and_synthetic_months_called_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(taxi, "MAP", tmp_path / "outputs" / "manhattan_map.png")
    taxi.show(lake(ROWS, synthetic=list(ROWS)))
    said = capsys.readouterr().out
    assert "taxi_trips: 300,000 rows in 3 months" in said
    assert "all of them SYNTHETIC" in said
    assert "2023-02  100000" in said
    assert "period" in said
    assert "2023-01-01" in said
    assert str(tmp_path / "outputs" / "manhattan_map.png") in said
    assert (tmp_path / "outputs" / "manhattan_map.png").read_bytes() == b"png"
    taxi.show(lake(ROWS, synthetic=["2023-02"]))
    assert "2023-02 SYNTHETIC" in capsys.readouterr().out
    taxi.show(lake(ROWS, picture=b""))
    said = capsys.readouterr().out
    assert "SYNTHETIC" not in said
    assert "Map" not in said
