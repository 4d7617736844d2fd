"""What the user sees: a line a phase with its time; everything else goes to a log file.

Phases may run side by side, each in a thread of its own. On a terminal one line at the bottom shows those that are
running, with the seconds as they pass; elsewhere a line a minute says that work goes on.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from tandem.paths import STATE

TITLE_WIDTH = 58
BUILD_STEP = re.compile(r"#\d+ \[([\w.-]+ +\d+/\d+)\] ")
QUIET_INTERVAL = 60.0
"""Seconds between the lines that say what is running, when nobody watches on a terminal."""

_log: TextIO | None = None
_lock = threading.RLock()
_running: list[Phase] = []
_ticker: threading.Thread | None = None
_here = threading.local()


class Phase:
    """A piece of work that is shown while it runs."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.start = time.monotonic()
        self.detail = ""

    def note(self, detail: str) -> None:
        """Say what the phase is doing or waiting for just now; shown behind the title on a terminal."""
        if detail and detail != self.detail:
            log(detail)
        self.detail = detail

    @property
    def short(self) -> str:
        """Title and age, for a line that is shared with other phases."""
        return f"{self.title} {time.monotonic() - self.start:.0f} s"

    def __str__(self) -> str:
        return self.short + (f" ({self.detail})" if self.detail else "")


def open_log(verb: str) -> Path:
    """Start `.tandem/logs/<verb>.log`, replacing the one of the last run, and return its path."""
    global _log
    path = STATE / "logs" / f"{verb}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    _log = path.open("w", buffering=1)
    return path


def log_path() -> Path | None:
    """The log that is open, if any."""
    return Path(_log.name) if _log is not None else None


def log(text: str) -> None:
    """Write `text` to the log, if one is open; never to the terminal. Safe to call from several threads."""
    if _log is not None and text.strip():
        phases = getattr(_here, "phases", [])
        where = f"[{phases[-1].title}] " if phases else ""
        with _lock, contextlib.suppress(ValueError, OSError):
            _log.write(f"{time.strftime('%H:%M:%S')} {where}{text.rstrip()}\n")


def progress(line: str) -> None:
    """Show the step that a line of BuildKit's output announces, such as `#12 [build 3/5] RUN …`, behind the running phase."""
    phases = getattr(_here, "phases", [])
    if phases and (found := BUILD_STEP.match(line)):
        phases[-1].detail = found[1]


def say(text: str = "", *, logged: bool = True) -> None:
    """Print a line for the user, and copy it to the log unless it holds what a file should not, such as a password."""
    _print(text)
    if logged:
        log(text)


def warn(message: str) -> None:
    """Print something that the user should know although the work goes on."""
    say(f"  {_mark('note', '33')} {message}")


def error(message: str, hint: str = "") -> None:
    """Print what went wrong and what to do next to standard error."""
    with _lock:
        _wipe()
        print(f"error: {message}", file=sys.stderr, flush=True)
        for line in hint.splitlines():
            print(f"  -> {line}", file=sys.stderr, flush=True)
    log(f"error: {message} -> {hint}")


def table(rows: Iterable[Sequence[object]], *, head: Sequence[str] = (), indent: str = "  ") -> list[str]:
    """Lines of aligned columns; a column of numbers is aligned at its right."""
    body = [[str(cell) for cell in row] for row in rows]
    every = ([list(head)] if head else []) + body
    if not every:
        return []
    widths = [max(len(row[i]) for row in every) for i in range(len(every[0]))]
    right = [bool(body) and all(row[i].replace(".", "", 1).replace("-", "", 1).isdigit() for row in body) for i in range(len(widths))]
    return [
        indent + "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)).rstrip() for row in every
    ]


@contextlib.contextmanager
def phase(title: str) -> Iterator[Phase]:
    """Show `title` while the block runs, then a line with the seconds it took."""
    current = Phase(title)
    _here.phases = [*getattr(_here, "phases", []), current]
    log("started")
    with _lock:
        _running.append(current)
        _tick()
    mark = _mark("!!", "31")
    try:
        yield current
        mark = _mark("ok", "32")
    except KeyboardInterrupt:
        mark = _mark("--", "33")
        raise
    finally:
        took = f"{time.monotonic() - current.start:.1f} s"
        with _lock:
            _running.remove(current)
            _print(f"  {mark} {title:<{TITLE_WIDTH}} {took:>9}")
        log(f"ended after {took}")
        _here.phases = _here.phases[:-1]


def _tick() -> None:
    """Start the thread that keeps the progress line fresh; it ends when nothing runs any more."""
    global _ticker
    if _ticker is None or not _ticker.is_alive():
        _ticker = threading.Thread(target=_keep_fresh, daemon=True)
        _ticker.start()


def _keep_fresh() -> None:
    global _ticker
    said = time.monotonic()
    while True:
        with _lock:
            if not _running:
                _ticker = None
                return
            line = str(_running[0]) if len(_running) == 1 else ", ".join(phase.short for phase in _running)
            if sys.stdout.isatty():
                _wipe()
                print(f"  .. {line}"[: shutil.get_terminal_size().columns - 1], end="", flush=True)
            elif time.monotonic() - said >= QUIET_INTERVAL:
                said = time.monotonic()
                print(f"  .. {line}", flush=True)
        time.sleep(1)


def _print(text: str) -> None:
    with _lock:
        _wipe()
        print(text, flush=True)


def _wipe() -> None:
    if sys.stdout.isatty():
        print("\r\x1b[K", end="", flush=True)


def _mark(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text
