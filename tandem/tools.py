"""kind, helm and kubectl: the machine's own where they are new enough, else built here from their Go modules."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
from functools import cache
from pathlib import Path

from tandem import bases, checks, console, engine, machine, shell
from tandem.errors import TandemError
from tandem.paths import ROOT, TOOLS, versions

NAMES = ("kind", "helm", "kubectl")
DOCKERFILES = {
    "kind": ROOT / "offline" / "tools" / "Dockerfile",
    "helm": ROOT / "offline" / "tools" / "Dockerfile",
    # kubectl is a part of Kubernetes, and most of what it is made of goes into the node image too.
    "kubectl": ROOT / "offline" / "node" / "Dockerfile",
}
LINKS = Path("/usr/local/bin")


def find(name: str) -> Path:
    """The program to call: Tandem's own if it is built, else the machine's. Raises TandemError if none is new enough."""
    found = _find(name)
    if found is None:
        raise TandemError(
            f"{name} {versions()['tools'][name]['minimum']} or newer is not on this machine", "run `make up`, which builds it"
        )
    return found


def installed(name: str) -> bool:
    """Whether `find` has something to find."""
    return _find(name) is not None


def ensure() -> None:
    """Build the tools that are missing or too old. Too old ones stay where they are, and Tandem calls its own."""
    missing = [name for name in NAMES if not installed(name)]
    if missing:
        engine.ensure()
        bases.ensure()
    for name in missing:
        theirs = shutil.which(name)
        if theirs:
            console.warn(f"{theirs} is {version(Path(theirs)) or 'not usable'}, too old for Tandem, which builds and uses its own")
        build(name)
    link()


def build(name: str) -> None:
    """Build one tool into TOOLS for this machine's system and processor, whatever the engine's are."""
    pins = versions()
    new = TOOLS / ".new"
    engine.build(
        DOCKERFILES[name],
        context=DOCKERFILES[name].parent,
        target=name,
        output=new,
        build_args={
            "GOLANG": pins["bases"]["golang"],
            "HELM_VERSION": pins["tools"]["helm"]["version"],
            "KIND_VERSION": pins["tools"]["kind"]["version"],
            "KUBERNETES_VERSION": pins["kubernetes"]["version"],
            "TOOL_OS": platform.system().lower(),
            "TOOL_ARCH": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
        },
    )
    # Renaming is all or nothing: an interrupted build leaves no half a program behind.
    (new / name).rename(TOOLS / name)
    _find.cache_clear()


def version(program: Path) -> str:
    """What a program says its version is, without the v; empty if it says nothing of the kind."""
    with contextlib.suppress(TandemError):
        said = shell.attempt([program, *machine.VERSION_WORDS[program.name]], timeout=20, quiet=True)
        found = re.search(r"v(\d+\.\d+\.\d+[^\s\"]*)", said.stdout)
        if said.returncode == 0 and found:
            return found[1]
    return ""


def link() -> None:
    """Let people who work as root call the tools by name, where the machine has none of that name."""
    if not machine.is_root() or not LINKS.is_dir():
        return
    for name in NAMES:
        place = LINKS / name
        if (TOOLS / name).exists() and shutil.which(name) is None and not place.exists():
            # A link that leads nowhere is left of a cache that somebody removed by hand.
            place.unlink(missing_ok=True)
            place.symlink_to(TOOLS / name)
            console.log(f"{place} -> {TOOLS / name}")


def clean() -> None:
    """Remove the links that `link` made; the tools themselves go with the cache."""
    for name in NAMES:
        place = LINKS / name
        if place.is_symlink() and place.readlink() == TOOLS / name:
            with contextlib.suppress(PermissionError):
                place.unlink()
    _find.cache_clear()


@cache
def _find(name: str) -> Path | None:
    """Looked for once: `find` is asked before every single call of a tool."""
    minimum = versions()["tools"][name]["minimum"]
    for place in (TOOLS / name, *(Path(folder) / name for folder in os.get_exec_path())):
        if place.is_file() and os.access(place, os.X_OK) and not checks.older(version(place) or "0", minimum):
            return place
    return None
