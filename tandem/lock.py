"""`make lock`: the newest versions that fit every requirements.in, written down with their hashes."""

from __future__ import annotations

import argparse
from pathlib import Path

from tandem import console, shell, venv
from tandem.paths import ROOT, versions

OLDEST_PYTHON_OF_HOSTS = "3.11"


def main(arguments: list[str]) -> int:
    """Renew the lock files, of all folders or of those that are named."""
    parser = argparse.ArgumentParser(prog="make lock", description=__doc__)
    parser.add_argument("folder", nargs="*", type=Path, help="folders with a requirements.in, such as images/airflow; all by default")
    chosen = {folder.resolve() for folder in parser.parse_args(arguments).folder}
    console.open_log("lock")
    uv = venv.ensure() / "uv"
    for source in sorted([*ROOT.glob("images/*/requirements.in"), *ROOT.glob("tests/requirements.in")]):
        if not chosen or source.parent in chosen:
            with console.phase(f"lock {source.parent.relative_to(ROOT)}"):
                shell.stream(
                    [
                        uv,
                        "pip",
                        "compile",
                        *options(source),
                        source.relative_to(ROOT),
                        "--output-file",
                        source.with_suffix(".txt").relative_to(ROOT),
                    ],
                    cwd=ROOT,
                )
    return 0


def options(source: Path) -> list[str]:
    """How uv resolves: for every system and Python that may run the tests, and for the Python of the images elsewhere."""
    for_tests = source.parent.name == "tests"
    python = OLDEST_PYTHON_OF_HOSTS if for_tests else versions()["components"]["python"]
    place = ["--universal"] if for_tests else ["--python-platform", "linux"]
    # A lock file names no index: whoever installs from it has one configured, or takes the default.
    clean = ["--no-emit-index-url", "--no-emit-find-links", "--no-header"]
    return ["--upgrade", "--quiet", "--generate-hashes", "--python-version", python, *place, *clean]
