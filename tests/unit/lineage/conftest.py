"""Dagster with its storage in a real Postgres, as the daemon and as a code server have it, and a server that answers like Airflow."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import dagster_storage
import pytest
import servers
from airflow_events_server import AirflowEventsServer, serve
from lineage_loop import Instances, Loop

from lineage.push import Pusher


@pytest.fixture(scope="module")
def both(postgres_admin: servers.Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instances]:
    """A fresh storage."""
    home: Path = tmp_path_factory.mktemp("home")
    with dagster_storage.fresh(postgres_admin, home) as storage, pytest.MonkeyPatch.context() as patch:
        found = []
        for login in (storage.owner, storage.run):
            for name, value in login.items():
                patch.setenv(name, value)
            found.append(dg.DagsterInstance.get())
        yield Instances(storage, *found)
        for instance in found:
            instance.dispose()


@pytest.fixture
def instances(both: Instances) -> Instances:
    """The storage without any event."""
    both.empty()
    return both


@pytest.fixture
def airflow_server() -> Iterator[AirflowEventsServer]:
    with serve() as server:
        yield server


@pytest.fixture
def loop(instances: Instances, airflow_server: AirflowEventsServer) -> Iterator[Loop]:
    """A daemon and a code server that have carried nothing yet."""
    with Loop(instances.daemon, instances.code, airflow_server.client(), Pusher(quiet_seconds=0)) as found:
        yield found
