"""kubectl, bound to the context of Tandem's cluster."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import Any

from tandem import shell, tools
from tandem.kube import CONTEXT, JOBS, NAMESPACE, is_ready

__all__ = ["CONTEXT", "JOBS", "NAMESPACE", "attempt", "get", "is_ready", "kubectl", "pods", "secret"]


def kubectl(*arguments: str, input: str | None = None, check: bool = True, timeout: float = 120) -> str:
    """Standard output of a kubectl command; with `check`, a failure fails the test with kubectl's words."""
    done = attempt(*arguments, input=input, timeout=timeout)
    if check:
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr.strip()}"
    return done.stdout


def attempt(*arguments: str, input: str | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """The same, for commands that are expected to be refused: status and error are the caller's to look at."""
    command = [str(tools.find("kubectl")), "--context", CONTEXT, *arguments]
    return subprocess.run(command, input=input, capture_output=True, text=True, timeout=timeout, env=shell.environment())


def get(kind: str, name: str = "", *, namespace: str = NAMESPACE, selector: str = "") -> Any:
    """An object, or with a selector or no name the list of objects, as parsed JSON."""
    arguments = ["get", kind, *([name] if name else []), "-n", namespace, *(["-l", selector] if selector else []), "-o", "json"]
    found = json.loads(kubectl(*arguments))
    return found if name else found["items"]


def secret(name: str, *, namespace: str = NAMESPACE) -> dict[str, str]:
    """Keys and plain values of a Secret."""
    return {key: base64.b64decode(value).decode() for key, value in get("secret", name, namespace=namespace)["data"].items()}


def pods(selector: str = "", *, namespace: str = NAMESPACE) -> list[Any]:
    """The pods of a namespace that are not being deleted."""
    return [pod for pod in get("pods", namespace=namespace, selector=selector) if "deletionTimestamp" not in pod["metadata"]]
