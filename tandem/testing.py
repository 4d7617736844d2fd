"""`make test` and its parts: linters, then pytest, in an environment of their own."""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
from pathlib import Path

from tandem import console, lint, shell, up, venv
from tandem.exclusive import exclusive
from tandem.paths import ROOT

SUITES = ("unit", "charts", "cluster")


def everything(arguments: list[str]) -> int:
    """Linters, then all suites, against a platform that is brought up if it is not; it is left up."""
    return _main("test", SUITES, arguments)


def unit(arguments: list[str]) -> int:
    """The tests that need no cluster."""
    return _main("test-unit", ("unit",), arguments)


def charts(arguments: list[str]) -> int:
    """The tests of the rendered charts."""
    return _main("test-charts", ("charts",), arguments)


def cluster(arguments: list[str]) -> int:
    """The tests of the running platform, which is brought up if it is not."""
    return _main("test-cluster", ("cluster",), arguments)


def _main(verb: str, suites: tuple[str, ...], arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog=f"make {verb}", description="Further arguments go to pytest: make test-unit ARGS='-k name'.")
    _, for_pytest = parser.parse_known_args(arguments)
    log = console.open_log(verb)
    console.say(f"Details: {log.relative_to(ROOT)}")
    programs = venv.ensure()
    if verb == "test":
        lint.check(programs)
    if "cluster" in suites:
        with exclusive(verb):
            up.bring_up()
    return pytest(programs, suites, for_pytest)


def pytest(programs: Path, suites: tuple[str, ...], arguments: list[str]) -> int:
    """Run suites with pytest's own output, whose closing lines are the last that is printed; its exit status."""
    folders = [str(ROOT / "tests" / suite) for suite in suites if (ROOT / "tests" / suite).is_dir()]
    # In this process group, so that Ctrl-C reaches pytest, which then says where it was.
    process = subprocess.Popen([programs / "python", "-m", "pytest", *folders, *arguments], cwd=ROOT, env=_environment(programs))
    try:
        return process.wait()
    except KeyboardInterrupt:
        # After Ctrl-C it is ending already; after another signal it knows nothing of it.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.terminate()
        process.wait()
        raise


def _environment(programs: Path) -> dict[str, str]:
    return shell.environment({"PATH": f"{programs}{os.pathsep}{shell.environment()['PATH']}", "VIRTUAL_ENV": str(programs.parent)})
