"""Waiting for a platform that is there already: after a restart of the machine its pods need a moment, and may seem ready before."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any

from tandem import cluster, console, explain, kube, shell
from tandem.errors import TandemError

WITHIN_SECONDS = 300.0


def wait_for_pods(phase: console.Phase, *, within: float = WITHIN_SECONDS) -> None:
    """Return when every pod of the platform serves; raises TandemError that says why which one does not."""
    deadline = time.monotonic() + within
    started = node_starts()
    while waiting := [pod for pod in kube.items("pod") if not is_serving(pod, started)]:
        if time.monotonic() > deadline:
            reasons = [f"{pod['metadata']['name']}: {explain.reason(pod)}" for pod in waiting]
            explain.keep_logs()
            raise TandemError(f"the platform is not ready after {within:.0f} s", "\n".join(reasons))
        phase.note(f"waiting for {', '.join(sorted({explain.component(pod) for pod in waiting}))}")
        time.sleep(1)


def node_starts() -> dict[str, datetime]:
    """Node -> when its container was started last."""
    nodes = list(cluster.nodes())
    said = shell.run(["docker", "container", "inspect", *nodes], timeout=60, quiet=True) if nodes else "[]"
    return {found["Name"].lstrip("/"): moment(found["State"]["StartedAt"]) for found in json.loads(said)}


def is_serving(pod: Any, started: dict[str, datetime]) -> bool:
    """Whether a pod has ended, or is ready now.

    After its node was restarted a pod is called ready until the node's kubelet has looked at it, although none of its containers
    has run since: such a container was started before its node was.
    """
    if pod["status"]["phase"] in ("Succeeded", "Failed"):
        # One that failed was replaced, by its Job or its Deployment, with another pod.
        return True
    node = started.get(pod["spec"].get("nodeName", ""))
    running = [status["state"]["running"] for status in pod["status"].get("containerStatuses", []) if "running" in status["state"]]
    outlived = node is not None and any(moment(container["startedAt"]) < node for container in running)
    return kube.is_ready(pod) and not outlived


def moment(text: str) -> datetime:
    """A time as Docker (nanoseconds) or Kubernetes (seconds) write it, without the fraction of a second."""
    return datetime.fromisoformat(text[:19] + "+00:00")


def wait_for_pages(phase: console.Phase, pages: list[dict[str, Any]], *, within: float = WITHIN_SECONDS) -> None:
    """Return when a server answers behind each address, whatever it says; raises TandemError that names the one that does not."""
    deadline = time.monotonic() + within
    for page in pages:
        while problem := silence(page["url"]):
            if time.monotonic() > deadline:
                raise TandemError(f"{page['name']} does not answer at {page['url']}: {problem}", "see `make status`")
            phase.note(f"waiting for {page['name']}: {problem}")
            time.sleep(0.5)


def silence(url: str) -> str:
    """What is wrong with the connection to a server; empty when it answers, if only to refuse."""
    try:
        with urllib.request.urlopen(url, timeout=10):
            return ""
    except urllib.error.HTTPError as problem:
        return f"status {problem.code}" if problem.code >= 502 else ""
    except (OSError, http.client.HTTPException) as problem:
        return str(problem)
