"""`make bench`: measure the running platform. Names of measurements choose some of them: `make bench ARGS="loads idle"`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from tandem import console
from tandem.open import Forward

from ..cluster.dagster_api import Dagster
from ..cluster.lake import lake_of_the_platform, store_of_the_platform
from . import idle, latency, lineage, loads
from .harness import Report

NAMES = ("idle", "launches", "requests", "lineage", "loads")


def main() -> None:
    """Measure, print, and write down."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="all by default")
    chosen = parser.parse_args().names or NAMES
    report = Report()
    console.say(f"Machine: {os.cpu_count()} processors, {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB")
    with Forward("tandem-dagster-webserver", 3000) as forward, store_of_the_platform() as (store, port), lake_of_the_platform(port) as lake:
        dagster = Dagster(forward.url)
        measurements: dict[str, Callable[[], None]] = {
            "idle": lambda: idle.measure(report),
            "launches": lambda: latency.launches(report, dagster),
            "requests": lambda: latency.requests(report, store),
            "lineage": lambda: lineage.measure(report, dagster),
            "loads": lambda: loads.measure(report, dagster, store, lake),
        }
        for name in chosen:
            console.say(name)
            measurements[name]()
    console.say(f"Written to {report.keep()}")


if __name__ == "__main__":
    main()
