"""`make open`: the web pages of the platform on localhost, by port-forwards that outlive the pods they lead to."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tandem import console, kube, processes
from tandem.errors import TandemError
from tandem.forward import Forward
from tandem.paths import CACHE, ROOT

__all__ = ["UIS", "Forward", "addresses", "ensure_open", "installed", "main", "stop"]

RECORD = CACHE / "open.json"
GUARD = CACHE / "open.lock"
"""In the cache, because all checkouts of this machine share the cluster, and any of them may take it down."""


@dataclass(frozen=True)
class Ui:
    """A web page: its name for people, where it is in the cluster and on localhost, and what to know before opening it."""

    name: str
    service: str
    target: int
    port: int
    note: str = ""


AIRFLOW = Ui("Airflow", "tandem-airflow-api-server", 8080, 8080)
DAGSTER = Ui("Dagster", "tandem-dagster-webserver", 3000, 3000, "no login: whoever reaches this port may do everything")
FILES = Ui("Files", "tandem-objectstore", 7070, 7070, "the object store, for the links that Dagster shows")
UIS = (AIRFLOW, DAGSTER, FILES)


def main(arguments: list[str]) -> int:
    """Open the pages and stay until Ctrl-C, or with --detach leave them open in the background."""
    parser = argparse.ArgumentParser(prog="make open", description=__doc__)
    parser.add_argument("--detach", action="store_true", help="return as soon as the pages are open")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        return serve(quiet=True)
    if addresses():
        return _tell("already open", ensure_open(), "make down ends it")
    if not kube.reachable():
        raise TandemError("there is no platform to open: the cluster does not answer", "run `make up` first")
    if options.detach:
        return _tell("open", ensure_open(), "make down ends it")
    return serve(quiet=False)


def serve(*, quiet: bool) -> int:
    """Keep the port-forwards until Ctrl-C or a signal to end, which both arrive as KeyboardInterrupt."""
    if quiet:
        console.open_log("open")
    with _guard() as alone, contextlib.ExitStack() as stack:
        if not alone:
            return 0
        end_leftovers()
        try:
            forwards = {ui: stack.enter_context(Forward(ui.service, ui.target, ui.port)) for ui in installed(UIS)}
            record = [{"name": ui.name, "url": forward.url, "port": forward.port, "wanted": ui.port} for ui, forward in forwards.items()]
            # Written under another name first: a reader never sees half of it.
            RECORD.with_suffix(".new").write_text(json.dumps({"pid": os.getpid(), "group": os.getpgid(0), "forwards": record}))
            RECORD.with_suffix(".new").replace(RECORD)
            if not quiet:
                _tell("open", record, "Ctrl-C ends it")
            while True:
                signal.pause()
        except KeyboardInterrupt:
            return 0
        finally:
            RECORD.unlink(missing_ok=True)


def installed(uis: Sequence[Ui]) -> list[Ui]:
    """Those of the pages that the release has; values may leave some out."""
    there = {service["metadata"]["name"] for service in kube.items("service")}
    return [ui for ui in uis if ui.service in there]


def addresses() -> list[dict[str, Any]]:
    """The pages that are open now: name, url, port and the port that was wanted."""
    return list(_record()["forwards"]) if _served() and RECORD.exists() else []


def ensure_open(*, within: float = 90) -> list[dict[str, Any]]:
    """Open the pages in the background unless they are; raises TandemError with the reason when that fails."""
    if found := addresses():
        if {page["name"] for page in found} == {ui.name for ui in installed(UIS)}:
            return found
        # Opened before an upgrade, which has brought a page or taken one away.
        stop()
    CACHE.mkdir(parents=True, exist_ok=True)
    if not _served():
        # Before the new server is at work, or the record of the old one would be taken for its own.
        end_leftovers()
    with (CACHE / "open.out").open("w+") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "tandem", "open", "--serve"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and server.poll() is None:
            if found := addresses():
                return found
            time.sleep(0.1)
        server.terminate()
        server.wait()
        out.seek(0)
        said = out.read().strip().splitlines()
    raise TandemError(
        f"the pages can't be opened: {said[0].removeprefix('error: ') if said else 'kubectl does not connect'}", "see `make status`"
    )


def stop() -> bool:
    """End the port-forwards; True if there were any."""
    if not RECORD.exists():
        return False
    if _served():
        with contextlib.suppress(ProcessLookupError):
            os.kill(_record()["pid"], signal.SIGTERM)
        deadline = time.monotonic() + 15
        while _served() and time.monotonic() < deadline:
            time.sleep(0.1)
    end_leftovers()
    return True


def end_leftovers() -> None:
    """End the programs of a server that was killed before it could do so itself."""
    if RECORD.exists():
        group = _record()["group"]
        deadline = time.monotonic() + 5
        while left := [process for process in processes.of_group(group) if "port-forward" in process.command]:
            for process in left:
                processes.end(process.pid)
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        RECORD.unlink(missing_ok=True)


@contextlib.contextmanager
def _guard() -> Iterator[bool]:
    """Hold the lock that says that the pages are open; yields False when another process holds it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with GUARD.open("a") as file:
        # Who only asks holds the lock for a moment as well, so one refusal proves nothing.
        deadline = time.monotonic() + 1
        while not (alone := _locked(file)) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield alone


def _served() -> bool:
    if not GUARD.exists():
        return False
    with GUARD.open("a") as file:
        return not _locked(file)


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _record() -> dict[str, Any]:
    return dict(json.loads(Path(RECORD).read_text()))


def _tell(state: str, forwards: list[dict[str, Any]], end: str) -> int:
    for forward in forwards:
        moved = "" if forward["port"] == forward["wanted"] else f", because port {forward['wanted']} is in use"
        console.say(f"{forward['name']:<8} {state} at {forward['url']}{moved}")
    if any(forward["port"] != forward["wanted"] for forward in forwards):
        console.say(
            "Links from one page to another lead to the usual ports (values: LINEAGE_AIRFLOW_LINKS, LINEAGE_DAGSTER_LINKS, taxi.links)."
        )
    console.say(f"({end})")
    return 0
