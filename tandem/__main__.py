"""`python3 -m tandem VERB`: finds the verb's module, runs it, and turns whatever goes wrong into one line."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback

from tandem import console, shell
from tandem.errors import TandemError
from tandem.paths import ROOT

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
VERBS = {
    "up": "up:main",
    "down": "down:main",
    "status": "status:main",
    "open": "open:main",
    "doctor": "doctor:main",
    "cluster-up": "cluster_verbs:up",
    "cluster-down": "cluster_verbs:down",
    "images": "images:main",
    "load": "load:main",
    "install": "install:main",
    "upgrade": "install:main_upgrade",
    "test": "testing:everything",
    "test-unit": "testing:unit",
    "test-charts": "testing:charts",
    "test-cluster": "testing:cluster",
    "bench": "bench:main",
    "lint": "lint:main",
    "lock": "lock:main",
    "docs": "docs:main",
    "clean": "clean:main",
}


def main(arguments: list[str]) -> int:
    """Run a verb and return the status of the process: 0, 1 after an error, 2 after a wrong word, 130 after Ctrl-C."""
    if not arguments or arguments[0] not in VERBS:
        given = f"there is no verb {arguments[0]!r}" if arguments else "a verb is missing"
        console.error(given, f"one of: {' '.join(VERBS)}")
        return 2
    verb = arguments[0]
    for number in SIGNALS:
        # Someone who ignores a signal, as nohup does, means it.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        module, function = VERBS[verb].split(":")
        status = getattr(importlib.import_module(f"tandem.{module}"), function)(arguments[1:])
        return int(status)
    except TandemError as problem:
        _end_quietly()
        console.error(str(problem), "\n".join(filter(None, [problem.hint, _details()])))
        return 1
    except KeyboardInterrupt:
        _end_quietly()
        console.error("interrupted", _after_interrupt(verb))
        return 130
    except BrokenPipeError:
        return 141
    except Exception as problem:
        _end_quietly()
        console.log(traceback.format_exc())
        console.error(f"unexpected {type(problem).__name__}: {problem}", _details() or traceback.format_exc())
        return 1


def _interrupt(*_: object) -> None:
    # At once, because this thread may be about to wait for others that wait for those programs.
    shell.interrupt_children()
    raise KeyboardInterrupt


def _after_interrupt(verb: str) -> str:
    if verb in ("down", "clean", "cluster-down"):
        return f"`make {verb}` removes what is left"
    if verb in ("up", "cluster-up", "images", "load", "install", "upgrade"):
        return f"`make {verb}` goes on where this ended, `make down` removes what was made"
    return ""


def _end_quietly() -> None:
    """End the programs that still run. A second Ctrl-C must not cut this short."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    shell.end_children()


def _details() -> str:
    path = console.log_path()
    return f"details: {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}" if path else ""


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Without waiting for threads: after an error some may sit in a wait of their own.
    os._exit(status)
