"""Why a pod is not ready, in a line a person can act on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from tandem import code_servers, console, kube
from tandem.errors import TandemError

LOG_LINES = "60"
LONGEST_MESSAGE = 160
"""Characters of a message that are shown; those of image pulls repeat themselves."""


class Watch:
    """Looks at the pods of both namespaces every three seconds while helm waits."""

    def __init__(self, phase: console.Phase) -> None:
        self._phase = phase
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._stop.wait(3):
            with contextlib.suppress(TandemError, KeyboardInterrupt):
                pods = not_ready()
                for pod in pods:
                    console.log(f"{pod['metadata']['name']}: {reason(pod)}")
                waiting = sorted({component(pod) for pod in pods})
                self._phase.note(f"waiting for {', '.join(waiting)}" if waiting else "")

    def reasons(self) -> list[str]:
        """A line for each pod that is not ready."""
        with contextlib.suppress(TandemError):
            events = kube.items("event")
            return [f"{pod['metadata']['name']}: {reason(pod)}{last_warning(pod, events)}" for pod in not_ready()]
        return []


@contextlib.contextmanager
def watch(phase: console.Phase) -> Iterator[Watch]:
    """Show in `phase` which components are not ready yet, while the block runs."""
    looking = Watch(phase)
    looking._thread.start()
    try:
        yield looking
    finally:
        looking._stop.set()
        looking._thread.join(15)


def not_ready() -> list[Any]:
    """The pods that should serve or finish, and don't."""
    pods = kube.items("pod")
    return [pod for pod in pods if pod["status"]["phase"] != "Succeeded" and not kube.is_ready(pod)]


def component(pod: Any) -> str:
    """What people call a pod: its component (with the location of a code server), the chart's name of a server, else the pod's name."""
    labels = pod["metadata"].get("labels", {})
    found = labels.get("app.kubernetes.io/component")
    if location := labels.get(code_servers.LABEL):
        return f"{found} {location}"
    return str(labels.get("app.kubernetes.io/name") if found == "server" else found or pod["metadata"]["name"])


def reason(pod: Any) -> str:
    """The first thing that keeps a pod from being ready: scheduling, a container's state, or its probes."""
    for condition in pod["status"].get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"not scheduled: {condition.get('message', condition.get('reason', ''))}"
    states = pod["status"].get("initContainerStatuses", []) + pod["status"].get("containerStatuses", [])
    for status in states:
        if found := _container_reason(status):
            return f"container {status['name']} {found}"
    return str(pod["status"].get("message") or f"is {pod['status']['phase']}")


def last_warning(pod: Any, events: list[Any]) -> str:
    """The newest warning about a pod that was never started, or about one of its volume claims; empty if there is none."""
    if any(status.get("state") for status in pod["status"].get("containerStatuses", [])):
        return ""
    claims = {
        volume["persistentVolumeClaim"]["claimName"] for volume in pod["spec"].get("volumes", []) if "persistentVolumeClaim" in volume
    }
    about = {("Pod", pod["metadata"]["name"])} | {("PersistentVolumeClaim", claim) for claim in claims}
    found = [e for e in events if e["type"] == "Warning" and (e["involvedObject"]["kind"], e["involvedObject"].get("name")) in about]
    newest = max(found, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""), default=None)
    return f"; {newest['message'][:LONGEST_MESSAGE]}" if newest else ""


def _container_reason(status: Any) -> str:
    waiting = status["state"].get("waiting", {})
    ended = status["state"].get("terminated") or status.get("lastState", {}).get("terminated") or {}
    crashed = f"ended with status {ended.get('exitCode')} ({ended.get('reason', 'Error')}), restarted {status['restartCount']} times"
    if waiting.get("reason") == "CrashLoopBackOff" or (ended.get("exitCode") and not status["ready"]):
        return crashed
    if waiting and waiting.get("reason") != "PodInitializing":
        message = waiting.get("message", "")
        return f"waits: {waiting.get('reason')}" + (f": {message[:LONGEST_MESSAGE]}" if message else "")
    if "running" in status["state"] and not status["ready"]:
        return "runs, but is not ready yet"
    return ""


def keep_logs() -> None:
    """Copy events and the last log lines of every pod that is not ready to the log."""
    with contextlib.suppress(TandemError):
        kube.kubectl("get", "events", "--namespace", kube.NAMESPACE, "--sort-by", ".lastTimestamp")
        for pod in not_ready():
            name = pod["metadata"]["name"]
            for previous in ([], ["--previous"]):
                with contextlib.suppress(TandemError):
                    kube.kubectl(
                        "logs", "--namespace", kube.NAMESPACE, name, "--all-containers", "--tail", LOG_LINES, "--prefix", *previous
                    )
