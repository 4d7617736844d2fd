"""`make load`: Tandem's images from the engine into the nodes of the cluster."""

from __future__ import annotations

import argparse

from tandem import cluster, console, images
from tandem.errors import TandemError
from tandem.exclusive import exclusive


def main(arguments: list[str]) -> int:
    """Load every image of this checkout that the nodes lack."""
    argparse.ArgumentParser(prog="make load", description=__doc__).parse_args(arguments)
    with exclusive("load"):
        console.open_log("load")
        missing = [name for name in images.names() if images.reference(name, images.tags()[name]) not in images.built()]
        if missing:
            raise TandemError(f"not built yet: {', '.join(missing)}", "run `make images` first")
        with console.phase("load images into the cluster"):
            for name in images.names():
                load(name)
    return 0


def load(name: str) -> None:
    """Bring one image to every node under both of its names."""
    cluster.load(images.references(name))
