"""How much of the machine this process may use: a pod is allowed less than the node has."""

import math
import os
from pathlib import Path

from common.errors import PipelineError

CGROUP = Path("/sys/fs/cgroup")
DEFAULT_MEMORY = "1500MB"
SHARE_FOR_DUCKDB = 0.7
# What cgroup v1 shows where no limit is set is a number near 2**63.
NO_LIMIT = 1 << 50


def memory() -> str:
    """DuckDB's memory limit: 70 % of the container's, the rest being Python's and the libraries' own."""
    for path in (CGROUP / "memory.max", CGROUP / "memory/memory.limit_in_bytes"):
        limit = read_number(path)
        if limit and limit < NO_LIMIT:
            return f"{int(limit * SHARE_FOR_DUCKDB) >> 20}MiB"
    return DEFAULT_MEMORY


def threads(wanted: str | None) -> int:
    """The wanted number, or else the processors that the container may use, rounded up."""
    if wanted:
        if not (wanted.isascii() and wanted.isdigit() and int(wanted) > 0):
            raise PipelineError(f"environment variable LAKE_THREADS must be a whole number above 0, got {wanted!r}")
        return int(wanted)
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(available, math.ceil(processors() or available)))


def processors() -> float | None:
    """The processor limit of the container, None where there is none."""
    try:
        quota, period = (CGROUP / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass
    quota_v1, period_v1 = (read_number(CGROUP / f"cpu/cpu.cfs_{name}_us") for name in ("quota", "period"))
    return quota_v1 / period_v1 if quota_v1 and period_v1 and quota_v1 > 0 else None


def read_number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
