"""What each fact about a machine means: pure judgements, so that they can be tested without such machines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

CORES = 2
MEMORY_GIB = 8
DISK_GIB_FIRST, DISK_GIB_LATER = 20, 5
"""Before anything is built, and when the node image is there."""
INOTIFY_INSTANCES, INOTIFY_WATCHES = 1024, 524288
GIB = 1024**3


@dataclass(frozen=True)
class Finding:
    """Result of a check. State: ok, note (works, but know it), fixable (`make up` does it), wrong (someone must act)."""

    check: str
    state: str
    found: str
    advice: str = ""


@dataclass(frozen=True)
class Engine:
    """What the container engine says about itself; with no answer only `problem` is set."""

    problem: str = ""
    version: str = ""
    buildx: bool = False
    cores: int = 0
    memory_bytes: int = 0
    cgroup: str = ""
    root: str = ""
    has_node_image: bool = False


def older(version: str, minimum: str) -> bool:
    """Whether a version such as v1.36.3-rc.1 comes before a minimum such as 1.36; a missing part counts as 0."""

    def numbers(text: str) -> list[int]:
        return [int(word) for word in re.findall(r"\d+", re.split(r"[-+ ]", text.strip().lstrip("v"))[0])]

    left, right = numbers(version), numbers(minimum)
    length = max(len(left), len(right))
    return left + [0] * (length - len(left)) < right + [0] * (length - len(right))


def python(version: str, has_ensurepip: bool, can_install: bool) -> Finding:
    """Python itself is new enough when this runs; tests need virtual environments on top."""
    if has_ensurepip:
        return Finding("python", "ok", version)
    if can_install:
        return Finding("python", "fixable", f"{version}, without virtual environments", "make test installs python3-venv")
    return Finding("python", "note", f"{version}, without virtual environments", "make test needs them: install python3-venv")


def engine(found: Engine, minimum: str, can_install: bool) -> Finding:
    """Tandem needs a Docker engine that this user may use, with BuildKit builds."""
    if not found.problem:
        if older(found.version, minimum):
            return Finding("engine", "wrong", f"Docker {found.version} is too old", f"install Docker {minimum} or newer")
        if not found.buildx:
            return Finding("engine", "wrong", f"Docker {found.version} without buildx", "install the docker-buildx plugin")
        return Finding("engine", "ok", f"Docker {found.version}")
    if "permission denied" in found.problem.lower():
        return Finding("engine", "wrong", "this user may not use the Docker engine", "add the user to the group docker, then log in again")
    if can_install:
        return Finding("engine", "fixable", "no Docker engine answers", "make up installs and starts one")
    return Finding(
        "engine",
        "wrong",
        f"no Docker engine answers: {found.problem}",
        "install and start Docker, or run as root where apt-get can install it",
    )


def cores(count: int) -> Finding:
    """Everything runs on two cores."""
    if count < CORES:
        return Finding("cores", "wrong", str(count), f"give the machine, or Docker's virtual machine, {CORES} cores")
    return Finding("cores", "ok", str(count))


def memory(size: int) -> Finding:
    """Memory of the machine, or of the virtual machine that the engine runs in."""
    gib = size / GIB
    # A machine sold with 8 GiB reports a little less.
    if gib < MEMORY_GIB * 0.93:
        return Finding("memory", "wrong", f"{gib:.1f} GiB", f"give the machine, or Docker's virtual machine, {MEMORY_GIB} GiB")
    return Finding("memory", "ok", f"{gib:.1f} GiB")


def disk(path: Path, free: int, built: bool) -> Finding:
    """Free space where images or caches go."""
    needed = DISK_GIB_LATER if built else DISK_GIB_FIRST
    if free < needed * GIB:
        return Finding(
            "disk",
            "wrong",
            f"{free / GIB:.1f} GiB free in {path}",
            f"make room until {needed} GiB are free, for instance with docker system prune",
        )
    return Finding("disk", "ok", f"{free / GIB:.0f} GiB free in {path}")


def cgroup(found: Engine) -> Iterator[Finding]:
    """Both versions work; the old one is said, because Kubernetes is about to leave it."""
    if found.cgroup == "1":
        yield Finding("cgroup", "note", "version 1", "works here; Kubernetes will stop supporting it")
    elif found.cgroup:
        yield Finding("cgroup", "ok", f"version {found.cgroup}")


def inotify(instances: int, watches: int, root: bool) -> Finding:
    """Each node of the cluster watches files as if it were a machine of its own."""
    found = f"{instances} instances, {watches} watches"
    if instances >= INOTIFY_INSTANCES and watches >= INOTIFY_WATCHES:
        return Finding("inotify", "ok", found)
    command = f"sysctl fs.inotify.max_user_instances={INOTIFY_INSTANCES} fs.inotify.max_user_watches={INOTIFY_WATCHES}"
    if root:
        return Finding("inotify", "fixable", found, f"make up runs: {command}")
    return Finding("inotify", "wrong", found, f"run: sudo {command}")


def tool(name: str, version: str, minimum: str) -> Finding:
    """A tool that is missing or too old is made by Tandem, beside the machine's own."""
    if not version:
        return Finding(name, "fixable", "not installed", "make up makes its own")
    if older(version, minimum):
        return Finding(
            name, "fixable", f"{version} is too old", f"{minimum} or newer is needed; make up makes its own and leaves this one alone"
        )
    return Finding(name, "ok", version)


def ports(taken: Iterable[tuple[str, int, int]]) -> Iterator[Finding]:
    """Ports of web pages that another program has: (name of the page, its port, the port it gets instead; same if free)."""
    for name, port, instead in taken:
        if port == instead:
            yield Finding("port", "ok", f"{port} for {name}")
        else:
            yield Finding("port", "note", f"{port} is in use", f"{name} will be at {instead} instead")
