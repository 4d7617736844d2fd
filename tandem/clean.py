"""`make clean`: what `make down` removes, and the caches too: images, tools, base images, virtual environments."""

from __future__ import annotations

import argparse
import shutil

from tandem import bases, cluster, console, down, engine, images, tools
from tandem.exclusive import exclusive
from tandem.paths import CACHE, STATE


def main(arguments: list[str]) -> int:
    """Leave nothing of Tandem's; what other projects share, such as pulled base images on your own engine, stays."""
    argparse.ArgumentParser(prog="make clean", description=__doc__).parse_args(arguments)
    with exclusive("clean"):
        console.open_log("clean")
        packages = engine.INSTALLED.exists()
        down.remove()
        with console.phase("remove images and tools"):
            if engine.reachable():
                engine.remove_images(list(images.built()))
                cluster.clean()
                bases.clean()
                engine.clean()
            tools.clean()
        down.stop_engine()
        shutil.rmtree(CACHE, ignore_errors=True)
        shutil.rmtree(STATE, ignore_errors=True)
    console.say("Nothing of Tandem is left but this folder.")
    if packages:
        console.say("The Debian packages of the Docker engine stay; Tandem installed them, but others may use them now.")
    return 0
