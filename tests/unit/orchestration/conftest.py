"""Dagster as a run pod or a code server has it: the variables of a taxi process, and an instance of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from taxi import catalog
from taxi.settings import Settings
from taxi.store import Store


@pytest.fixture
def empty(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a lake that nobody has made yet; the process's environment says the same, and where browsers find the object store."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TAXI_LINKS", "http://localhost:7070")
    return Settings.from_environment()


@pytest.fixture
def settings(empty: Settings) -> Settings:
    """Settings of a lake with empty tables."""
    catalog.migrate(empty)
    return empty


@pytest.fixture
def store(empty: Settings) -> Store:
    """The object store."""
    return Store(empty)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster without a memory."""
    with dg.DagsterInstance.ephemeral() as found:
        yield found
