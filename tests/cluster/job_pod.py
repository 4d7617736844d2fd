"""A pod of the pipelines' image in the job namespace, for as long as a command takes."""

from __future__ import annotations

import json

from . import kube
from .eventually import eventually

CODE = "tandem-dagster-code-taxi"


def output(name: str, command: list[str], *, logins: bool = False, memory: str = "256Mi", within: float = 120) -> str:
    """What a command prints. With `logins` it has the environment of a run, but for Dagster's own; a failure fails the test."""
    code = kube.get("deployment", CODE)["spec"]["template"]["spec"]
    server = code["containers"][0]
    container = {
        "name": "main",
        "image": server["image"],
        "args": command,
        "envFrom": [source for source in server["envFrom"] if source.get("prefix") != "DAGSTER_"] if logins else [],
        "securityContext": server["securityContext"],
        "resources": {"limits": {"memory": memory}, "requests": {"cpu": "10m", "memory": "32Mi"}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": code["securityContext"],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "containers": [container],
    }
    labels = {"app.kubernetes.io/name": "tests"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": kube.JOBS, "labels": labels}, "spec": spec}
    kube.kubectl("delete", "pod", "-n", kube.JOBS, name, "--ignore-not-found")
    kube.kubectl("create", "-f", "-", input=json.dumps(pod))
    try:
        phase = eventually(f"pod {name} has ended", lambda: ended(name), within=within)
        printed = kube.kubectl("logs", "-n", kube.JOBS, name)
        assert phase == "Succeeded", printed
        return printed
    finally:
        kube.kubectl("delete", "pod", "-n", kube.JOBS, name, "--wait=false")


def ended(name: str) -> str:
    """How a pod of the job namespace ended; empty while it has not."""
    phase = str(kube.get("pod", name, namespace=kube.JOBS)["status"]["phase"])
    return phase if phase in ("Succeeded", "Failed") else ""
