"""`make load`: Tandem's images from the engine into the nodes of the cluster."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

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
        with console.phase("images into the cluster"):
            load(images.names())
    return 0


def load(names: Sequence[str]) -> None:
    """Bring images to every node under both of their names; at once, because what they share then goes over once."""
    cluster.load([reference for name in names for reference in images.references(name)])
