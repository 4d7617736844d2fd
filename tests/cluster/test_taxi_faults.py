"""Runs that are killed while they load a month: what Dagster makes of it, and what the lake and its readers see."""

from __future__ import annotations

import pytest

from . import kube
from .dagster_api import Dagster
from .eventually import eventually
from .lake import Lake, Store, no_commits

MONTH = "2023-02"
ASSETS = ["taxi_trips_file", "taxi_trips"]
POLL_AND_MARGIN = 10 + 15
"""Seconds: dagsterDaemon.runMonitoring.pollIntervalSeconds of the values, and what the values promise beside it."""
# The first process of the container hands signals on and ends with the run's own process, which is what is killed here.
KILL = """for process in /proc/[0-9]*; do
  number=${process#/proc/}
  if grep -qa execute_run $process/cmdline && [ $number != 1 ] && [ $number != $$ ]; then kill -9 $number; fi
done"""


@pytest.fixture(scope="module")
def rows(dagster: Dagster, store: Store, lake: Lake) -> int:
    """The month, loaded; its rows."""
    dagster.succeeds(dagster.launch("trip_update_job", partition=f"{MONTH}-01", assets=ASSETS))
    count = len(store.raw_month(MONTH))
    assert lake.counts()[MONTH] == count
    return count


def loading(dagster: Dagster) -> tuple[str, str]:
    """A run that has begun to load the month, and its pod. Under no_commits() it waits before the exchange of files."""
    run = dagster.launch("trip_update_job", partition=f"{MONTH}-01", assets=ASSETS)
    eventually("the load has begun", lambda: dagster.started(run, "taxi_trips"), within=90, every=0.2)
    return run, kube.pods(f"dagster/run-id={run}", namespace=kube.JOBS)[0]["metadata"]["name"]


def files_of_the_month(store: Store) -> set[str]:
    """The Parquet files below the month's folder of the lake, held by a snapshot or not."""
    return set(store.keys("lake", f"data/main/taxi_trips/partition_date={MONTH}-01/"))


def test_the_output_of_a_run_is_readable_while_it_runs(dagster: Dagster, rows: int, lake: Lake) -> None:
    with no_commits():
        run, _ = loading(dagster)
        eventually("output is there", lambda: dagster.output(run), within=30)
        assert dagster.run(run)["status"] == "STARTED"
    dagster.succeeds(run)
    assert lake.counts()[MONTH] == rows


@pytest.mark.parametrize("how", ["the pod is deleted by force", "the process is killed"])
def test_a_run_killed_in_the_middle_of_a_load_fails_in_time_is_retried_and_the_lake_stays_whole(
    dagster: Dagster, rows: int, lake: Lake, store: Store, how: str
) -> None:
    before = files_of_the_month(store)
    with no_commits():
        run, pod = loading(dagster)
        eventually("the new file is written", lambda: files_of_the_month(store) - before, within=60)
        if how == "the process is killed":
            kube.attempt("exec", "-n", kube.JOBS, pod, "--", "sh", "-c", KILL)
        else:
            kube.kubectl("delete", "pod", "-n", kube.JOBS, pod, "--force", "--grace-period=0")
        assert dagster.finished(run, within=POLL_AND_MARGIN)["status"] == "FAILURE"
        # The file that nothing refers to is no part of the month.
        assert lake.counts()[MONTH] == rows
        retry = eventually("the run is tried again", lambda: dagster.runs(tags=[{"key": "dagster/parent_run_id", "value": run}]), within=60)
    dagster.succeeds(retry[0]["runId"])
    assert lake.counts()[MONTH] == rows


def test_a_run_that_is_stopped_ends_as_cancelled_and_changes_nothing(dagster: Dagster, rows: int, lake: Lake) -> None:
    with no_commits():
        run, _ = loading(dagster)
        text = "mutation($r: String!) { terminateRun(runId: $r) { __typename } }"
        assert dagster.query(text, r=run)["terminateRun"]["__typename"] == "TerminateRunSuccess"
        assert dagster.finished(run, within=60)["status"] == "CANCELED"
    assert lake.counts()[MONTH] == rows
