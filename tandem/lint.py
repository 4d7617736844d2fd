"""`make lint`: style, types, shell scripts and charts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tandem import console, shell, tools, venv
from tandem.errors import TandemError
from tandem.exclusive import exclusive
from tandem.paths import ROOT

PYTHON = ("tandem", "pipelines", "tests")


def main(arguments: list[str]) -> int:
    """Run every linter and print what they find."""
    argparse.ArgumentParser(prog="make lint", description=__doc__).parse_args(arguments)
    console.open_log("lint")
    check(venv.ensure())
    return 0


def check(programs: Path) -> None:
    """Raise TandemError after printing what the linters found, if they found anything."""
    if not tools.installed("helm"):
        with exclusive("lint"), console.phase("kind, helm and kubectl"):
            tools.ensure()
    with console.phase("lint"):
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(_findings, commands(programs)))
        found = [text for text in results if text]
        for text in found:
            console.say(text)
        if found:
            hint = "what they can fix themselves: ruff format . && ruff check --fix ."
            raise TandemError(f"{len(found)} of {len(results)} linters found something", hint)


def commands(programs: Path) -> list[Sequence[str | Path]]:
    """Each linter as a command line."""
    folders = [folder for folder in PYTHON if (ROOT / folder).is_dir()]
    charts = sorted(path.parent for path in (ROOT / "charts").glob("*/Chart.yaml"))
    helm: list[Sequence[str | Path]] = [[tools.find("helm"), "lint", "--strict", "--quiet", chart] for chart in charts]
    return [
        [programs / "mypy", "--python-executable", programs / "python"],
        [programs / "ruff", "check", "--quiet", *folders],
        [programs / "ruff", "format", "--check", "--quiet", *folders],
        [programs / "shellcheck", "--external-sources", *shell_scripts()],
        *helm,
    ]


def shell_scripts() -> list[Path]:
    """Every tracked or new file that starts as a shell script does."""
    listed = shell.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, quiet=True).split("\0")
    return [path for path in (ROOT / name for name in listed if name) if _is_shell(path)]


def _is_shell(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as file:
        first = file.readline(100)
    return first.startswith(b"#!") and first.strip().split(b"/")[-1].split()[-1] in (b"sh", b"bash")


def _findings(command: Sequence[str | Path]) -> str:
    done = shell.attempt(command, cwd=ROOT)
    return (
        ""
        if done.returncode == 0
        else f"\n$ {Path(command[0]).name} {' '.join(str(word) for word in command[1:3])}\n{(done.stdout + done.stderr).strip()}"
    )
