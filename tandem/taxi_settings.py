"""What follows from the taxi settings of a release: its setup Job ends before anyone looks into the lake."""

from __future__ import annotations

import time
from typing import Any

from tandem import console, kube
from tandem.errors import TandemError

SETUP = f"{kube.RELEASE}-lake-setup"
SETUP_SECONDS = 600.0


def wait_for_setup(revision: int, phase: console.Phase, *, within: float = SETUP_SECONDS) -> None:
    """Return when the Job that makes the lake and its samples has ended, for which helm does not wait.

    Raises TandemError with the last line of its log when it failed, or takes too long. A release without the Job has nothing to wait for.
    """
    name, deadline = f"{SETUP}-r{revision}", time.monotonic() + within
    while found := [job for job in kube.items("job") if job["metadata"]["name"] == name]:
        status: Any = found[0].get("status", {})
        if status.get("succeeded"):
            return
        failed = any(c["type"] == "Failed" and c["status"] == "True" for c in status.get("conditions", []))
        if failed or time.monotonic() >= deadline:
            raise TandemError(f"Job {name} has not made the lake{'' if failed else f' in {within:.0f} s'}: {last_words(name)}")
        phase.note("waiting for lake-setup")
        time.sleep(1)


def last_words(job: str) -> str:
    """The last line that a Job's pod wrote, of whichever of its containers."""
    try:
        lines = kube.kubectl("logs", f"job/{job}", "--namespace", kube.NAMESPACE, "--all-containers", "--tail", "5").strip().splitlines()
    except TandemError as problem:
        return str(problem)
    return lines[-1] if lines else "it has written nothing"
