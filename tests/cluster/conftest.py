"""A running platform (`make up`), the clients to drive it, and a folder of evidence when a test fails."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tandem.open import Forward, ensure_open
from tandem.paths import STATE

from . import kube
from .airflow_api import Airflow
from .dagster_api import Dagster
from .lake import Lake, Store, lake_of_the_platform, store_of_the_platform


@pytest.fixture(scope="session")
def airflow_url() -> Iterator[str]:
    """The address of Airflow's API through a port-forward of the tests' own, which survives replaced pods."""
    with Forward("tandem-airflow-api-server", 8080) as forward:
        yield f"http://localhost:{forward.port}"


@pytest.fixture(scope="session")
def airflow(airflow_url: str) -> Airflow:
    """Airflow, logged in as the user that `make up` prints."""
    login = kube.secret("tandem-airflow-admin")
    return Airflow(airflow_url, login["username"], login["password"])


@pytest.fixture(scope="session")
def dagster() -> Iterator[Dagster]:
    """Dagster's web server through a port-forward of the tests' own."""
    with Forward("tandem-dagster-webserver", 3000) as forward:
        yield Dagster(forward.url)


@pytest.fixture(scope="session")
def store_and_port() -> Iterator[tuple[Store, int]]:
    """The object store, and the local port of it."""
    with store_of_the_platform() as found:
        yield found


@pytest.fixture(scope="session")
def store(store_and_port: tuple[Store, int]) -> Store:
    """The object store, logged in as the pipelines are."""
    return store_and_port[0]


@pytest.fixture(scope="session")
def lake(store_and_port: tuple[Store, int]) -> Iterator[Lake]:
    """The lake, read by a DuckDB of the tests."""
    with lake_of_the_platform(store_and_port[1]) as found:
        yield found


@pytest.fixture
def object_store_links() -> None:
    """The pages on localhost, open as `make open` opens them: links of Dagster's page lead there."""
    ensure_open()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Leave descriptions, events and logs of both namespaces behind when a cluster test fails, and print where."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.failed and report.when in ("setup", "call"):
        folder = STATE / "failures" / f"{re.sub(r'[^a-z0-9]+', '-', item.name.lower())}-{time.strftime('%H%M%S')}"
        try:
            words_of_it = f"descriptions, events and logs: {collect(folder, report.longreprtext)}"
        except Exception as error:  # whatever hinders it: the failure itself must still be reported
            words_of_it = f"none could be collected: {error}"
        report.sections.append(("evidence", words_of_it))


def collect(folder: Path, failure: str) -> Path:
    """Write what a person would ask the cluster for after a failure."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "failure.txt").write_text(failure)
    (folder / "nodes.txt").write_text(words("describe", "nodes"))
    for namespace in (kube.NAMESPACE, kube.JOBS):
        (folder / f"{namespace}-events.txt").write_text(words("get", "events", "-n", namespace, "--sort-by=.lastTimestamp"))
        (folder / f"{namespace}-objects.txt").write_text(words("get", "all,pvc,pdb", "-n", namespace, "-o", "wide"))
        (folder / f"{namespace}-describe.txt").write_text(words("describe", "pods,jobs", "-n", namespace))
        for pod in words("get", "pods", "-n", namespace, "-o", "name").split():
            name = pod.removeprefix("pod/")
            (folder / f"{namespace}-{name}.log").write_text(
                words("logs", "-n", namespace, name, "--all-containers", "--prefix", "--tail=2000")
            )
            previous = kube.attempt("logs", "-n", namespace, name, "--all-containers", "--prefix", "--previous", "--tail=500")
            if previous.returncode == 0 and previous.stdout:
                (folder / f"{namespace}-{name}-previous.log").write_text(previous.stdout)
    return folder


def words(*arguments: str) -> str:
    """What kubectl prints, errors included."""
    done = kube.attempt(*arguments)
    return done.stdout + done.stderr
