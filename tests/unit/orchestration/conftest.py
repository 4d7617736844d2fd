"""Dagster as a run pod or a code server has it: the variables of a taxi process, and an instance of its own for every test."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import dagster as dg
import pytest

from taxi import catalog
from taxi.settings import Settings
from taxi.store import Store

warnings.filterwarnings("ignore", category=dg.BetaWarning)


@pytest.fixture
def settings(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a lake with empty tables; the process's environment says the same, and where browsers find the object store."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TAXI_LINKS", "http://localhost:7070")
    catalog.migrate(Settings.from_environment(environment))
    return Settings.from_environment()


@pytest.fixture
def store(settings: Settings) -> Store:
    """The object store."""
    return Store(settings)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster without a memory."""
    with dg.DagsterInstance.ephemeral() as found:
        yield found
