"""How long an event takes to the other side, and what the two sensors cost while nothing happens."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from statistics import fmean

from tandem.open import Forward

from ..cluster import asset_events, kube, lineage
from ..cluster.airflow_api import Airflow
from ..cluster.dagster_api import Dagster
from ..cluster.lineage import QUIET
from . import harness, idle
from .harness import Report

TIMES = 12
ROUNDS = 2
SECONDS = 60
PODS = ("dagster-code-lineage", "dagster-daemon", "airflow-api-server", "postgres-0")


def measure(report: Report, dagster: Dagster) -> None:
    """Both, on a platform on which nothing else is under way."""
    login = kube.secret("tandem-airflow-admin")
    with Forward("tandem-airflow-api-server", 8080) as forward:
        airflow = Airflow(f"http://localhost:{forward.port}", login["username"], login["password"])
        lineage.same(airflow, dagster)
        latency(report, airflow, dagster)
    cost(report, dagster)


def latency(report: Report, airflow: Airflow, dagster: Dagster) -> None:
    """Events one by one, at any moment of the sensors' rhythm, from the request until the other side's API shows them."""

    def to_dagster() -> float:
        start = time.monotonic()
        event = asset_events.post(airflow, QUIET)
        return until(start, lambda: event["id"] in lineage.carried(dagster, QUIET))

    def to_airflow() -> float:
        before = len(lineage.received(airflow, QUIET))
        start = time.monotonic()
        lineage.materialize(dagster)
        return until(start, lambda: len(lineage.received(airflow, QUIET)) > before)

    directions = {"event of Airflow, until Dagster shows it": to_dagster, "materialization of Dagster, until Airflow shows it": to_airflow}
    for direction, once in directions.items():
        found = []
        for _ in range(TIMES):
            time.sleep(random.uniform(0, 5))
            found.append(once())
        report.add(direction, harness.spread(found), "median under 10 s")


def until(start: float, visible: Callable[[], bool]) -> float:
    """Seconds until it is."""
    while not visible():
        assert time.monotonic() - start < 120, "not carried within two minutes"
        time.sleep(0.2)
    return time.monotonic() - start


def cost(report: Report, dagster: Dagster) -> None:
    """Processor time of the pods that take part, with the sensors off and on in turn, so that whatever else goes on hits both."""
    found: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    try:
        for _ in range(ROUNDS):
            for on in (False, True):
                lineage.switch(dagster, on)
                time.sleep(10)
                found[on].append(millicores())
    finally:
        lineage.switch(dagster, True)
    for pod in PODS:
        off, running = (fmean(one[pod] for one in found[state]) for state in (False, True))
        report.add(
            f"sensors off and on, {pod}", f"{off:.0f} and {running:.0f} millicores, {running - off:+.0f}, {harness.ratio(running, off)}"
        )
    memory = next(use[1] for name, use in idle.usage().items() if PODS[0] in name)
    report.add("memory of the code server", f"{memory / 2**20:.0f} MiB")


def millicores() -> dict[str, float]:
    """What each of the pods takes over a minute."""
    before, start = idle.usage(), time.monotonic()
    time.sleep(SECONDS)
    after, seconds = idle.usage(), time.monotonic() - start
    return {
        pod: sum(1000 * (after[name][0] - before[name][0]) / seconds for name in before.keys() & after.keys() if pod in name)
        for pod in PODS
    }
