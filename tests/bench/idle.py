"""What each component costs when nothing happens, by the kubelet's own figures."""

from __future__ import annotations

import json
import time

from ..cluster import kube
from .harness import Report

SECONDS = 60


def measure(report: Report, match: str = "") -> None:
    """CPU over a minute, and memory at its end, of every pod of the platform whose name holds `match`."""
    before, start = usage(), time.monotonic()
    time.sleep(SECONDS)
    after, seconds = usage(), time.monotonic() - start
    cores = memory = 0.0
    for name in sorted(set(before) & set(after)):
        if match in name:
            cpu = (after[name][0] - before[name][0]) / seconds
            cores, memory = cores + cpu, memory + after[name][1]
            report.add(f"idle {name}", f"{cpu * 1000:.0f} millicores, {after[name][1] / 2**20:.0f} MiB")
    report.add("idle, all of these", f"{cores * 1000:.0f} millicores, {memory / 2**30:.2f} GiB")


def usage() -> dict[str, tuple[float, float]]:
    """Pod -> (seconds of CPU since it started, bytes in its working set)."""
    found = {}
    for node in json.loads(kube.kubectl("get", "nodes", "-o", "json"))["items"]:
        summary = json.loads(kube.kubectl("get", "--raw", f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary"))
        for pod in summary["pods"]:
            if pod["podRef"]["namespace"] == kube.NAMESPACE and "cpu" in pod:
                seconds = pod["cpu"].get("usageCoreNanoSeconds", 0) / 1e9
                found[pod["podRef"]["name"]] = (seconds, pod["memory"].get("workingSetBytes", 0))
    return found
