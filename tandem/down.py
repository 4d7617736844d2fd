"""`make down`: remove the cluster and everything that was made on this machine, except caches."""

from __future__ import annotations

import argparse
import shutil

from tandem import cluster, console, engine, open
from tandem.exclusive import exclusive
from tandem.paths import STATE


def main(arguments: list[str]) -> int:
    """Safe in every state, also after an interrupted `make up`, and when there is nothing to remove."""
    argparse.ArgumentParser(prog="make down", description=__doc__).parse_args(arguments)
    with exclusive("down"):
        console.open_log("down")
        remove()
        stop_engine()
        shutil.rmtree(STATE, ignore_errors=True)
    console.say("Tandem is down. `make up` brings it back, `make clean` removes the caches too.")
    return 0


def remove() -> None:
    """The port-forwards and the cluster."""
    if open.stop():
        console.say("  ok port-forwards ended")
    with console.phase("remove the cluster"):
        # An engine that Tandem started may have been killed with the cluster in it: only a running one can forget it.
        if engine.installed_by_us():
            engine.ensure()
        cluster.down()


def stop_engine() -> None:
    """End the engine if Tandem started it and nobody else's containers run in it."""
    if engine.stop():
        console.say("  ok container engine stopped, because Tandem had started it and nothing else runs in it")
