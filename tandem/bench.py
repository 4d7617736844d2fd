"""`make bench`: measurements of the running platform, which is brought up if it is not."""

from __future__ import annotations

import argparse
import subprocess

from tandem import console, shell, up, venv
from tandem.exclusive import exclusive
from tandem.paths import ROOT


def main(arguments: list[str]) -> int:
    """Run tests/bench, in the environment of the tests; the status is its own."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="measurements to make, such as loads or idle; all by default")
    names = parser.parse_args(arguments).names
    console.open_log("bench")
    programs = venv.ensure()
    with exclusive("bench"):
        up.bring_up()
    # In this process group, so that Ctrl-C reaches it.
    return subprocess.run([programs / "python", "-m", "tests.bench", *names], cwd=ROOT, env=shell.environment()).returncode
