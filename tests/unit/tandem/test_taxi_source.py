"""Where taxi months come from, and that it does not change by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tandem import helm, source


def release(decision: str | None) -> Any:
    labels = {"version": "3", "status": "deployed", **({source.LABEL: decision} if decision else {})}
    return {"metadata": {"labels": labels}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were tried; nothing answers."""
    urls: list[str] = []

    def refuse(url: str) -> bool:
        urls.append(url)
        return False

    monkeypatch.setattr(source, "reachable", refuse)
    return urls


@pytest.mark.parametrize("installed", [None, release(None)])
def test_without_a_decision_the_machine_is_asked(installed: Any, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm, "last_revision", lambda: installed)
    assert source.decide([]) == source.SAMPLES
    assert len(asked) == 1
    monkeypatch.setattr(source, "reachable", lambda _url: True)
    assert source.decide([]) == source.COMMISSION


@pytest.mark.parametrize("decision", [source.SAMPLES, source.COMMISSION])
def test_what_the_release_uses_stays(decision: str, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm, "last_revision", lambda: release(decision))
    assert source.decide([]) == decision
    assert asked == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("taxi:\n  source: s3://mine/trips\n", True),
        ("taxi: {source: s3://mine/trips}\n", True),
        ("a: 1\ntaxi:\n  # mine\n\n  samples:\n    enabled: false\n", True),
        ("taxi: {samples: {rows: 5}}", True),
        ("taxi:\n  links: http://localhost:9\nairflow:\n  source: x\n", False),
        ("other:\n  taxi:\n    source: x\n", False),
        ("", False),
    ],
)
def test_values_of_the_user_win(text: str, says: bool, asked: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(helm, "last_revision", lambda: release(source.SAMPLES))
    mine = tmp_path / "mine.yaml"
    mine.write_text(text)
    assert source.decide([mine]) == (source.OWN if says else source.SAMPLES)


def test_a_decision_becomes_values(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(source, "VALUES", tmp_path / "state" / "taxi.yaml")
    made = {decision: json.loads(source.write_values(decision).read_text()) for decision in (source.SAMPLES, source.COMMISSION, source.OWN)}
    assert made == {
        source.SAMPLES: {"taxi": {"samples": {"enabled": True}}},
        source.COMMISSION: {"taxi": {"samples": {"enabled": False}}},
        source.OWN: {},
    }


def test_the_addresses_are_those_of_the_pipelines() -> None:
    from taxi.settings import TLC_FILES, TLC_ZONES

    assert source.addresses() == [f"{TLC_FILES}/yellow_tripdata_2023-01.parquet", TLC_ZONES]


def test_an_address_that_nothing_answers_at_is_out_of_reach() -> None:
    assert source.reachable("http://127.0.0.1:9/file") is False
