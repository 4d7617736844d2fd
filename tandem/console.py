"""What the user sees: a line a phase with its time; everything else goes to a log file."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from tandem.paths import STATE

_log: TextIO | None = None
_lock = threading.Lock()


def open_log(verb: str) -> Path:
    """Start `.tandem/logs/<verb>.log`, replacing the one of the last run, and return its path."""
    global _log
    path = STATE / "logs" / f"{verb}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    _log = path.open("w", buffering=1)
    return path


def log(text: str) -> None:
    """Write `text` to the log, if one is open; never to the terminal. Safe to call from several threads."""
    if _log is not None and text:
        with _lock:
            _log.write(f"{time.strftime('%H:%M:%S')} {text.rstrip()}\n")


def say(text: str = "") -> None:
    """Print a line for the user, and copy it to the log."""
    print(text, flush=True)
    log(text)


def error(message: str, hint: str = "") -> None:
    """Print what went wrong and what to do next to standard error."""
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"  -> {hint}", file=sys.stderr)
    log(f"error: {message} -> {hint}")


@contextlib.contextmanager
def phase(title: str) -> Iterator[None]:
    """Show `title` while the block runs, then the same line with the seconds it took.

    On a terminal the line counts the seconds as they pass; elsewhere the line is printed once, when the phase ends.
    """
    log(f"=== {title}")
    start = time.monotonic()
    done = threading.Event()
    terminal = sys.stdout.isatty()

    def tick() -> None:
        while not done.wait(0.5):
            print(f"\r  .. {title} {time.monotonic() - start:4.0f} s", end="", flush=True)

    ticker = threading.Thread(target=tick, daemon=True)
    if terminal:
        ticker.start()
    mark = "!!"
    try:
        yield
        mark = "ok"
    finally:
        done.set()
        if terminal:
            ticker.join()
        took = f"{time.monotonic() - start:5.1f} s"
        print(f"{chr(13) if terminal else ''}  {mark} {title:<56} {took:>9}", flush=True)
        log(f"=== {title}: {mark} {took}")
