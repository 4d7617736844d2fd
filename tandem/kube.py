"""kubectl, always bound to the context of Tandem's cluster, so that no other cluster is ever touched."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tandem import cluster, shell, tools
from tandem.errors import TandemError

CONTEXT = cluster.context()
NAMESPACE = "tandem"
JOBS = "tandem-jobs"
RELEASE = "tandem"


def command(*arguments: str) -> list[str | Path]:
    """A kubectl command line."""
    return [tools.find("kubectl"), "--context", CONTEXT, *arguments]


def kubectl(*arguments: str, input: str | None = None, timeout: float = 60, quiet: bool = False) -> str:
    """Standard output of a kubectl command. Raises TandemError with kubectl's words."""
    return shell.run(command(*arguments), input=input, timeout=timeout, quiet=quiet)


def reachable() -> bool:
    """Whether the cluster's API answers."""
    return shell.succeeds(command("get", "--raw", "/readyz"), timeout=10)


def items(kind: str, *, namespace: str | None = NAMESPACE, selector: str = "") -> list[Any]:
    """The objects of a kind, of one namespace or (None) of the cluster."""
    place = ["--namespace", namespace] if namespace else []
    return list(json.loads(kubectl("get", kind, *place, "--selector", selector, "--output", "json", quiet=True))["items"])


def secret(name: str, *, namespace: str = NAMESPACE) -> dict[str, str]:
    """Keys and plain values of a Secret; empty when there is none of that name. Never logged."""
    words = kubectl("get", "secret", name, "--namespace", namespace, "--ignore-not-found", "--output", "json", quiet=True)
    data = json.loads(words).get("data", {}) if words.strip() else {}
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def execute(pod: str, container: str, arguments: Sequence[str], *, input: str = "", timeout: float = 60, quiet: bool = False) -> str:
    """Standard output of a program that runs in a container of a pod (or of `deploy/NAME`) of Tandem's namespace.

    Raises TandemError with the program's first words, because kubectl's own come last and say only that it failed.
    """
    words = command("exec", "--stdin", "--namespace", NAMESPACE, pod, "--container", container, "--", *arguments)
    done = shell.attempt(words, input=input, timeout=timeout, quiet=quiet)
    if done.returncode != 0:
        raise TandemError(f"{pod}: {(done.stderr.strip() or f'exit status {done.returncode}').splitlines()[0]}")
    return done.stdout


def is_ready(pod: Any) -> bool:
    """Whether a pod serves."""
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))
