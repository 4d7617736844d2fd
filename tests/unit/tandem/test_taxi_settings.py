"""The setup Job of the lake is waited for."""

from __future__ import annotations

from typing import Any

import pytest

from tandem import console, kube, taxi_settings
from tandem.errors import TandemError


def job(name: str, **status: Any) -> Any:
    return {"metadata": {"name": name}, "status": status}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that kubectl was given."""
    words: list[str] = []

    def kubectl(*arguments: str, **_options: Any) -> str:
        words.append(" ".join(arguments))
        return "found nothing\nno route to the database\n"

    monkeypatch.setattr(kube, "kubectl", kubectl)
    monkeypatch.setattr("tandem.taxi_settings.time.sleep", lambda _seconds: None)
    return words


def wait(monkeypatch: pytest.MonkeyPatch, looks: list[list[Any]], **options: Any) -> None:
    monkeypatch.setattr(kube, "items", lambda _kind: looks.pop(0))
    taxi_settings.wait_for_setup(7, console.Phase("taxi"), **options)


def test_the_job_of_this_revision_is_waited_for(monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
    older = job("tandem-lake-setup-r6", succeeded=1)
    looks = [[older, job("tandem-lake-setup-r7", active=1)], [older, job("tandem-lake-setup-r7", succeeded=1)]]
    wait(monkeypatch, looks)
    assert looks == []
    wait(monkeypatch, [[older]])
    assert asked == []


def test_a_job_that_fails_or_takes_too_long_is_told_with_its_last_words(monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
    failed = job("tandem-lake-setup-r7", conditions=[{"type": "Failed", "status": "True"}])
    with pytest.raises(TandemError, match=r"tandem-lake-setup-r7 has not made the lake: no route to the database"):
        wait(monkeypatch, [[failed]])
    with pytest.raises(TandemError, match=r"has not made the lake in 0 s: no route"):
        wait(monkeypatch, [[job("tandem-lake-setup-r7", active=1)]], within=0)
    assert asked[0].startswith("logs job/tandem-lake-setup-r7")
