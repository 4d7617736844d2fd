"""`make cluster-up` and `make cluster-down`: the cluster alone, empty."""

from __future__ import annotations

import argparse

from tandem import bases, cluster, console, doctor, engine, open, tools
from tandem.exclusive import exclusive


def up(arguments: list[str]) -> int:
    """Create the cluster of kind-config.yaml, and before it whatever it needs."""
    argparse.ArgumentParser(prog="make cluster-up", description=up.__doc__).parse_args(arguments)
    with exclusive("cluster-up"):
        console.open_log("cluster-up")
        doctor.require()
        for title, step in (
            ("container engine", engine.ensure),
            ("base images", bases.ensure),
            ("kind, helm and kubectl", tools.ensure),
            ("node image", cluster.ensure_node_image),
            ("cluster", cluster.up),
        ):
            with console.phase(title):
                step()
    return 0


def down(arguments: list[str]) -> int:
    """Remove the cluster with all that it holds; everything built for it stays."""
    argparse.ArgumentParser(prog="make cluster-down", description=down.__doc__).parse_args(arguments)
    with exclusive("cluster-down"):
        console.open_log("cluster-down")
        open.stop()
        with console.phase("remove the cluster"):
            cluster.down()
    return 0
