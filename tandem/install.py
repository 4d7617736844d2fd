"""`make install` and `make upgrade`: the umbrella chart in the cluster, with the images of this checkout."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from tandem import code_servers, console, explain, hashing, helm, images, kube, source
from tandem.errors import TandemError
from tandem.exclusive import exclusive
from tandem.paths import ROOT

CHART = ROOT / "charts" / "tandem"
LABEL = "tandem-content"
TIMEOUT_SECONDS = 600


def main(arguments: list[str]) -> int:
    """Install or upgrade what has changed."""
    argparse.ArgumentParser(prog="make install", description=__doc__).parse_args(arguments)
    return _main("install", force=False)


def main_upgrade(arguments: list[str]) -> int:
    """Upgrade although nothing has changed."""
    argparse.ArgumentParser(prog="make upgrade", description=__doc__).parse_args(arguments)
    return _main("upgrade", force=True)


def _main(verb: str, *, force: bool) -> int:
    with exclusive(verb):
        console.open_log(verb)
        if not force and is_current():
            console.say(f"release {kube.RELEASE} is current: revision {revision()}")
            return 0
        with console.phase("install the charts" if revision() == 0 else "upgrade the charts") as phase:
            apply(phase)
        console.say(f"release {kube.RELEASE} is at revision {revision()}")
    return 0


def user_values() -> list[Path]:
    """The files of TANDEM_VALUES, in the order in which later ones win. Raises TandemError for one that is not there."""
    found = [Path(word.strip()).expanduser() for word in os.environ.get("TANDEM_VALUES", "").split(",") if word.strip()]
    for path in found:
        if not path.is_file():
            raise TandemError(f"TANDEM_VALUES names {path}, which is not a file", "give paths of YAML files, separated by commas")
    return found


def values() -> list[Path]:
    """All values files, in the order in which later ones win: what follows from this checkout and machine, then the user's."""
    theirs = user_values()
    return [images.write_values(), source.write_values(source.decide(theirs)), *theirs]


def content() -> str:
    """A hash of all that decides what is installed: charts without their READMEs, image tags, the user's values."""
    charts = [path for path in hashing.files(ROOT / "charts") if path.name != "README.md"]
    return hashing.digest([*charts, *values()])


def revision() -> int:
    """The number of the release's last revision, 0 when there is none."""
    last = helm.last_revision()
    return int(last["metadata"]["labels"]["version"]) if last else 0


def is_current() -> bool:
    """Whether the last revision was installed from this content, and went well."""
    last: Any = helm.last_revision()
    if last is None or source.LABEL not in last["metadata"]["labels"]:
        return False
    labels = last["metadata"]["labels"]
    return bool(labels["status"] == "deployed" and labels.get(LABEL) == content())


def upgrade() -> None:
    """Upgrade the release to this checkout although nothing has changed."""
    with console.phase("upgrade the charts") as phase:
        apply(phase)


def apply(phase: console.Phase) -> None:
    """Install or upgrade the release and wait until all of it is ready, saying meanwhile what is not.

    Raises TandemError that names the pods that are not ready, each with its reason.
    """
    make_namespace()
    helm.release_stuck_revision()
    words = [word for path in values() for word in ("--values", str(path))]
    started = ["upgrade", "--install", kube.RELEASE, str(CHART), "--namespace", kube.NAMESPACE, *words, *helm.over_changes_by_hand()]
    labels = f"{LABEL}={content()},{source.LABEL}={source.decide(user_values())}"
    waiting = ["--wait", "--timeout", f"{TIMEOUT_SECONDS}s", "--labels", labels]
    with explain.watch(phase) as watch, code_servers.followed():
        try:
            helm.stream(*started, *waiting)
        except TandemError as problem:
            reasons = watch.reasons()
            if not reasons:
                raise
            explain.keep_logs()
            raise TandemError(f"the charts are installed, but not all of it works: {problem}", "\n".join(reasons)) from None


def make_namespace() -> None:
    """The release's namespace, with the Pod Security level that every pod of Tandem keeps to."""
    level = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": kube.NAMESPACE, "labels": level}}
    kube.kubectl("apply", "--filename", "-", input=json.dumps(namespace))
