"""`make doctor`: is this machine fit, and what to do where it is not. `make up` asks first."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tandem import checks, console, machine, open, ports
from tandem.checks import Finding
from tandem.errors import TandemError
from tandem.paths import versions

INOTIFY = Path("/proc/sys/fs/inotify")
MARKS = {"ok": "ok", "note": "--", "fixable": "->", "wrong": "!!"}


def main(arguments: list[str]) -> int:
    """Print every finding; status 1 when something is wrong that `make up` can't put right itself."""
    parser = argparse.ArgumentParser(prog="make doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object with `ready` and `findings`")
    as_json = parser.parse_args(arguments).json
    found = list(findings())
    ready = not any(finding.state == "wrong" for finding in found)
    if as_json:
        print(json.dumps({"ready": ready, "findings": [asdict(finding) for finding in found]}, indent=2))
        return 0 if ready else 1
    for line in console.table([(MARKS[f.state], f.check, f.found, f.advice) for f in found]):
        console.say(line)
    console.say()
    console.say(verdict(found))
    return 0 if ready else 1


def verdict(found: list[Finding]) -> str:
    """The sentence below the list."""
    wrong = sum(finding.state == "wrong" for finding in found)
    fixable = sum(finding.state == "fixable" for finding in found)
    if wrong:
        return f"This machine is not ready: {wrong} {'thing is' if wrong == 1 else 'things are'} wrong (!!)."
    return f"This machine is ready.{f' `make up` sees to the {fixable} marked ->.' if fixable else ''}"


def require() -> None:
    """Put right what this user may, and raise TandemError with one list of all that stays wrong."""
    raise_inotify_limits()
    found = list(findings())
    for finding in found:
        console.log(f"{finding.state}: {finding.check}: {finding.found} {finding.advice}")
    wrong = [finding for finding in found if finding.state == "wrong"]
    if wrong:
        raise TandemError(
            f"this machine is not ready: {', '.join(finding.check for finding in wrong)}",
            "\n".join(f"{finding.check}: {finding.found}. {finding.advice}" for finding in wrong),
        )


def findings() -> Iterator[Finding]:
    """Every check, in the order in which a person would look."""
    pins = versions()["tools"]
    root = machine.is_root()
    engine = machine.engine()
    yield checks.python(*machine.python(), machine.can_install_packages())
    yield checks.engine(engine, pins["docker"]["minimum"], machine.can_install_packages())
    yield checks.cores(engine.cores or machine.cores())
    yield checks.memory(engine.memory_bytes or machine.memory_bytes())
    for path, free in machine.free_disk(engine):
        yield checks.disk(path, free, engine.has_node_image)
    yield from checks.cgroup(engine)
    limits = machine.inotify(INOTIFY)
    if limits is not None:
        yield checks.inotify(*limits, root)
    for name in ("kind", "helm", "kubectl"):
        yield checks.tool(name, machine.tool_version(name), pins[name]["minimum"])
    yield from checks.ports(page_ports())


def raise_inotify_limits() -> None:
    """Nodes watch many files; systems for desktops and servers allow too few of them. Root may change that."""
    limits = machine.inotify(INOTIFY)
    if limits is None or not machine.is_root():
        return
    for name, now, needed in (
        ("max_user_instances", limits[0], checks.INOTIFY_INSTANCES),
        ("max_user_watches", limits[1], checks.INOTIFY_WATCHES),
    ):
        if now < needed:
            try:
                (INOTIFY / name).write_text(str(needed))
            except OSError as problem:
                console.log(f"{INOTIFY / name} stays at {now}: {problem}")


def page_ports() -> Iterator[tuple[str, int, int]]:
    """Page, its port, and the port that it gets or has: another one when a program other than Tandem's is on it."""
    mine = {page["name"]: page["port"] for page in open.addresses()}
    for ui in open.UIS:
        yield ui.name, ui.port, mine.get(ui.name) or ports.choose(ui.port)
