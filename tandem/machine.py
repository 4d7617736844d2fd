"""Facts about this machine, gathered without judging them."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tandem import shell
from tandem.checks import Engine
from tandem.errors import TandemError
from tandem.paths import CACHE, versions

VERSION_WORDS = {
    "kind": ["version"],
    "helm": ["version", "--template", "{{.Version}}"],
    "kubectl": ["version", "--client", "--output", "yaml"],
}


def is_root() -> bool:
    """Whether this process may change the machine."""
    return os.geteuid() == 0


def can_install_packages() -> bool:
    """Whether offline/ can install Debian packages here."""
    return is_root() and shutil.which("apt-get") is not None


def python() -> tuple[str, bool]:
    """Version of this Python, and whether it can make virtual environments with pip."""
    return platform.python_version(), find_spec("ensurepip") is not None


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_bytes() -> int:
    """Memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def engine() -> Engine:
    """What `docker info` says; its cores and memory are those of a virtual machine where Docker runs in one."""
    if shutil.which("docker", path=shell.environment()["PATH"]) is None:
        return Engine(problem="docker is not installed")
    try:
        done = shell.attempt(["docker", "info", "--format", "{{json .}}"], timeout=20, quiet=True)
    except TandemError as problem:
        return Engine(problem=str(problem))
    info: dict[str, Any] = json.loads(done.stdout) if done.stdout.strip().startswith("{") else {}
    if not info.get("ServerVersion"):
        errors = info.get("ServerErrors") or done.stderr.strip().splitlines() or ["no answer"]
        return Engine(problem=errors[-1])
    return Engine(
        version=info["ServerVersion"],
        buildx=any(plugin.get("Name") == "buildx" for plugin in (info.get("ClientInfo") or {}).get("Plugins") or []),
        cores=info.get("NCPU", 0),
        memory_bytes=info.get("MemTotal", 0),
        cgroup=info.get("CgroupVersion", ""),
        root=info.get("DockerRootDir", ""),
        has_node_image=shell.succeeds(["docker", "image", "inspect", versions()["kubernetes"]["node_image"]]),
    )


def free_disk(found: Engine) -> Iterator[tuple[Path, int]]:
    """Free bytes where the engine and Tandem's cache keep their files, each file system once."""
    seen = set()
    for path in (Path(found.root or "/var/lib/docker"), CACHE):
        # Docker's folder is in its virtual machine on some systems, and neither folder need exist yet.
        while not path.exists():
            path = path.parent
        device = path.stat().st_dev
        if device not in seen:
            seen.add(device)
            yield path, shutil.disk_usage(path).free


def inotify(folder: Path) -> tuple[int, int] | None:
    """Instances and watches that a user may have; None on systems without inotify."""
    try:
        return int((folder / "max_user_instances").read_text()), int((folder / "max_user_watches").read_text())
    except OSError:
        return None


def tool_version(name: str) -> str:
    """Version of the tool that Tandem would call; empty when there is none that runs."""
    try:
        said = shell.attempt([name, *VERSION_WORDS[name]], timeout=20, quiet=True)
    except TandemError:
        return ""
    found = re.search(r"v(\d+\.\d+\.\d+[^\s\"]*)", said.stdout)
    return found[1] if said.returncode == 0 and found else ""
