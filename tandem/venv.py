"""The virtual environment of tests and linters, one for each content of the lock file and version of Python."""

from __future__ import annotations

import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from tandem import console, engine, hashing, machine, shell
from tandem.errors import TandemError
from tandem.paths import CACHE, ROOT

LOCK = ROOT / "tests" / "requirements.txt"


def ensure() -> Path:
    """The folder of its programs, after making it if needed. Nothing is installed whose hash is not in the lock file."""
    folder = CACHE / f"venv-{hashing.digest([LOCK], also=[sys.version, sys.executable])}"
    programs, complete = folder / "bin", folder / "complete"
    if complete.exists():
        return programs
    with console.phase("virtual environment of the tests") as phase:
        shutil.rmtree(folder, ignore_errors=True)
        make(folder)
        phase.note("uv")
        uv_lock = folder / "uv.txt"
        uv_lock.write_text(requirement(LOCK.read_text(), "uv"))
        shell.stream([programs / "python", "-m", "pip", "install", "--require-hashes", "--no-deps", "--requirement", uv_lock])
        phase.note("packages")
        shell.stream([programs / "uv", "pip", "install", "--python", programs / "python", "--require-hashes", "--requirement", LOCK])
        complete.touch()
    return programs


def make(folder: Path) -> None:
    """An empty environment with pip. Some systems ship Python without what that takes; where it can be installed, it is."""
    if find_spec("ensurepip") is None:
        if not machine.can_install_packages():
            raise TandemError(
                "this Python can't make virtual environments: it has no ensurepip", "install your system's python3-venv package"
            )
        engine.install_packages(["python3-venv"])
    folder.parent.mkdir(parents=True, exist_ok=True)
    shell.run([sys.executable, "-m", "venv", folder])


def requirement(lock: str, name: str) -> str:
    """The lines of one package in a lock file: its version and its hashes."""
    found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)*.*", lock, re.MULTILINE)
    if found is None:
        raise TandemError(f"{name} is not in {LOCK.relative_to(ROOT)}", "run `make lock`")
    return found[0] + "\n"
