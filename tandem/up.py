"""`make up`: from whatever this machine has to a platform with rows in its databases and months in its lake. Safe to run again."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from queue import Empty, SimpleQueue
from typing import Any

from tandem import (
    bases,
    cluster,
    console,
    doctor,
    engine,
    first_run,
    images,
    install,
    lineage,
    load,
    open,
    ready,
    report,
    shell,
    source,
    summary,
    taxi,
    taxi_settings,
    tools,
)
from tandem.airflow import Airflow
from tandem.dagster import Dagster
from tandem.errors import TandemError
from tandem.exclusive import exclusive
from tandem.paths import ROOT


def main(arguments: list[str]) -> int:
    """Bring the platform up, run the DAG once, load the taxi months, and say where everything is."""
    argparse.ArgumentParser(prog="make up", description=__doc__).parse_args(arguments)
    with exclusive("up"):
        started = time.monotonic()
        log = console.open_log("up")
        console.say(f"Tandem comes up. Details: {log.relative_to(ROOT)}")
        bring_up()
        pages = open_pages()
        client, run = run_dag(url_of(open.AIRFLOW, pages))
        lake = load_taxi(pages)
        problem = summarize(client, run)
        report.show(pages, client, run, problem, lake, time.monotonic() - started)
    return 0


def bring_up() -> None:
    """Everything up to a release that is installed and ready."""
    install.user_values()
    with console.phase("look at this machine"):
        doctor.require()
    prepare()
    if install.is_current():
        with console.phase("wait for the platform") as phase:
            ready.wait_for_pods(phase)
        return
    decide_source()
    with console.phase("install the charts" if install.revision() == 0 else "upgrade the charts") as phase:
        install.apply(phase)


def decide_source() -> None:
    """Say where the taxi months will come from, before they do."""
    with console.phase("where taxi months come from"):
        decision = source.decide(install.user_values())
    if decision == source.SAMPLES:
        console.warn("the taxi commission is out of reach: the taxi months of this platform are SYNTHETIC, made on it, and no one's trips")


def prepare() -> None:
    """Engine, base images, tools, then side by side: the images, and the cluster that they are loaded into.

    The cluster's own builds keep both processors busy, those of the images wait for the network as often as not.
    """
    with console.phase("container engine"):
        engine.ensure()
    with console.phase("base images"):
        bases.ensure()
    ready: SimpleQueue[str] = SimpleQueue()
    side_by_side(
        lambda: make_cluster_and_load(ready),
        lambda: images.build_missing(ready.put),
    )


def make_cluster_and_load(ready: SimpleQueue[str]) -> None:
    """Tools, node image and cluster; then the images that are built by now, and each later one as it is."""
    with console.phase("kind, helm and kubectl"):
        tools.ensure()
    with console.phase("node image"):
        cluster.ensure_node_image()
    with console.phase("cluster"):
        cluster.up()
    with console.phase("images into the cluster") as phase:
        left = set(images.names())
        while left:
            phase.note(f"{len(left)} to go")
            some = all_in(ready)
            load.load(some)
            left -= set(some)


def all_in(ready: SimpleQueue[str]) -> list[str]:
    """What the queue holds, at least one name; ends by KeyboardInterrupt when the thread that fills the queue has failed."""
    names: list[str] = []
    while not names:
        shell.check_interrupted()
        with contextlib.suppress(Empty):
            names.append(ready.get(timeout=0.5))
            while True:
                names.append(ready.get_nowait())
    return names


def side_by_side(*lanes: Callable[[], Any]) -> None:
    """Run all lanes at once; the first error ends the others' programs and is raised."""
    with ThreadPoolExecutor(len(lanes)) as pool:
        running: list[Future[Any]] = [pool.submit(lane) for lane in lanes]
        try:
            for done in as_completed(running):
                done.result()
        except BaseException:
            shell.end_children()
            raise


def open_pages() -> list[dict[str, Any]]:
    """The web pages on localhost, in the background."""
    with console.phase("open the pages on localhost") as phase:
        pages = open.ensure_open()
        ready.wait_for_pages(phase, pages)
        return pages


def url_of(ui: open.Ui, pages: list[dict[str, Any]]) -> str:
    """The address of a page. Raises TandemError when the release is without it."""
    for page in pages:
        if page["name"] == ui.name:
            return str(page["url"])
    raise TandemError(f"{ui.name} is not part of this release", "your values have turned it off: `make install` is enough then")


def run_dag(url: str) -> tuple[Airflow, Any]:
    """The DAG's last good run, or a new one."""
    with console.phase("run generate_transaction_and_labels") as phase:
        client = Airflow(url)
        return client, first_run.ensure(client, phase)


def load_taxi(pages: list[dict[str, Any]]) -> taxi.Lake | None:
    """The taxi months in the lake, loaded through Dagster where they are missing; None on a release without Dagster."""
    if not any(page["name"] == open.DAGSTER.name for page in pages):
        return None
    with console.phase(f"taxi months {taxi.MONTHS[0]} to {taxi.MONTHS[-1]}") as phase:
        taxi_settings.wait_for_setup(install.revision(), phase)
        client = Dagster(url_of(open.DAGSTER, pages))
        if lineage.is_installed():
            client.until_loaded(lineage.LOCATION, phase.note)
        return taxi.ensure(client, phase)


def summarize(client: Airflow, run: Any) -> str:
    """The summary of the hour that the run wrote into, which Airflow makes by itself; why there is none, if there is none."""
    with console.phase("fraud_summary of that hour") as phase:
        return summary.ensure(client, run, phase)
