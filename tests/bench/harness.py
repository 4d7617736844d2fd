"""What all measurements share: pods of the pipelines' image, runs that are timed by their own events, and the printed table."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tandem import console
from tandem.paths import STATE

from ..cluster import kube
from ..cluster.dagster_api import Dagster

YEAR = 2024
MONTHS = tuple(f"{YEAR}-{month:02d}" for month in range(1, 13))
ROWS = 3_400_000


@dataclass
class Report:
    """Figures as they are found, printed at once and kept as JSON."""

    figures: list[dict[str, str]] = field(default_factory=list)

    def add(self, what: str, found: str, aim: str = "") -> None:
        """One line: what was measured, what came out, and what was hoped for."""
        self.figures.append({"what": what, "found": found, "aim": aim})
        console.say(f"  {what}: {found}" + (f"   (aim: {aim})" if aim else ""))

    def keep(self) -> str:
        """Write all figures to a file of the checkout; its path."""
        folder = STATE / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
        path.write_text(json.dumps(self.figures, indent=2) + "\n")
        return str(path)


def pipelines_pod(name: str, command: list[str], *, memory: str = "2Gi", within: float = 1200) -> str:
    """Run a command in a pod of the pipelines' image with the logins of a run pod; what it printed."""
    code = kube.get("deployment", "tandem-dagster-code-taxi")["spec"]["template"]["spec"]["containers"][0]
    sources = [source for source in code["envFrom"] if "dagsterrun" not in json.dumps(source)]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": kube.JOBS, "labels": {"app.kubernetes.io/name": "bench"}},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
            "volumes": [{"name": "tmp", "emptyDir": {}}],
            "containers": [
                {
                    "name": "main",
                    "image": code["image"],
                    "command": command,
                    "envFrom": sources,
                    "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": memory}},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                }
            ],
        },
    }
    kube.kubectl("delete", "pod", "-n", kube.JOBS, name, "--ignore-not-found")
    kube.kubectl("create", "-f", "-", input=json.dumps(pod))
    try:
        deadline = time.monotonic() + within
        while (phase := kube.get("pod", name, namespace=kube.JOBS)["status"]["phase"]) not in ("Succeeded", "Failed"):
            assert time.monotonic() < deadline, f"{name} is {phase} after {within:.0f} s"
            time.sleep(0.5)
        output = kube.kubectl("logs", "-n", kube.JOBS, name)
        assert phase == "Succeeded", output
        return output
    finally:
        kube.kubectl("delete", "pod", "-n", kube.JOBS, name, "--wait=false")


def step_span(dagster: Dagster, run: str, step: str) -> tuple[float, float]:
    """When a step of a run started and ended, in seconds since 1970."""
    moments = {event["eventType"]: float(event["timestamp"]) / 1000 for event in dagster.events(run) if event.get("stepKey") == step}
    return moments["STEP_START"], moments["STEP_SUCCESS"]


@contextmanager
def pool_limit(dagster: Dagster, pool: str, limit: int) -> Iterator[None]:
    """Another limit of a pool for the length of the block."""
    text = "mutation($k: String!, $n: Int!) { setConcurrencyLimit(concurrencyKey: $k, limit: $n) }"
    found = dagster.query("query($k: String!) { instance { concurrencyLimit(concurrencyKey: $k) { limit } } }", k=pool)
    before = found["instance"]["concurrencyLimit"]["limit"]
    dagster.query(text, k=pool, n=limit)
    try:
        yield
    finally:
        dagster.query(text, k=pool, n=before)


def spread(values: list[float], unit: str = "s") -> str:
    """Median and range of some figures."""
    return f"{statistics.median(values):.2f} {unit} (median of {len(values)}, {min(values):.2f} to {max(values):.2f})"


def ratio(value: float, base: float) -> str:
    """How many times the base a value is."""
    return f"{value / base:.2f} times"


def succeeded(dagster: Dagster, runs: list[Any]) -> list[Any]:
    """The runs, after making sure that all of them went well."""
    bad = [run["runId"] for run in runs if run["status"] != "SUCCESS"]
    assert not bad, [dagster.story(run) for run in bad]
    return runs
