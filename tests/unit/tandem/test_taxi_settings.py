"""The setup Job of the lake is waited for, and a code server gets the settings of an upgrade."""

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


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(("before", "restarted"), [("s3://a", False), ("s3://b", True), (None, False)])
def test_code_servers_are_replaced_when_the_settings_have_changed(
    before: str | None, restarted: bool, fails: bool, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    maps = [{"metadata": {"name": "tandem-taxi"}, "data": {"TAXI_REQUESTS": before}}] if before else []

    def items(kind: str, selector: str = "") -> list[Any]:
        return maps if kind == "configmap" else [{"metadata": {"name": "tandem-dagster-code-taxi"}}]

    monkeypatch.setattr(kube, "items", items)

    def upgrade() -> None:
        with taxi_settings.followed():
            maps[:] = [{"metadata": {"name": "tandem-taxi"}, "data": {"TAXI_REQUESTS": "s3://a"}}]
            if fails:
                raise TandemError("not all of it works")

    if fails:
        with pytest.raises(TandemError, match="not all of it works"):
            upgrade()
    else:
        upgrade()
    assert [word.split(" --")[0] for word in asked] == (
        [f"rollout {verb} deployment/tandem-dagster-code-taxi" for verb in ("restart", "status")] if restarted else []
    )
