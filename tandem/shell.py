"""Running other programs: output goes to the log, a failure becomes one sentence that names what failed.

Every program runs in a process group of its own and is remembered while it runs, so that Ctrl-C or an error in one
thread ends the whole tree of each, whichever thread started it.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tandem import console
from tandem.errors import TandemError
from tandem.paths import TOOLS

PATIENCE = 8.0
"""Seconds that a program may take to end when it is asked to, before it is killed."""

_children: set[subprocess.Popen[str]] = set()
_lock = threading.RLock()
_stopping = threading.Event()


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of every program that Tandem starts: its own tools are found before the machine's."""
    return {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ.get('PATH', os.defpath)}", **(extra or {})}


def attempt(
    command: Sequence[str | Path],
    *,
    input: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
    hint: str = "",
    quiet: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run `command` and return its status and output, whatever the status; copied to the log unless `quiet`.

    Raises TandemError if the program is missing or takes longer than `timeout` seconds.
    """
    words = [str(word) for word in command]
    if not quiet:
        console.log(f"$ {shlex.join(words)}")
    process = _start(
        words, hint, stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL, stderr=subprocess.PIPE, env=env, cwd=cwd
    )
    try:
        out, err = process.communicate(input, timeout)
    except subprocess.TimeoutExpired:
        raise TandemError(f"{_name(words)} took longer than {timeout:.0f} s", hint) from None
    finally:
        _end(process)
    check_interrupted()
    if not quiet:
        console.log(out + err)
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def run(
    command: Sequence[str | Path],
    *,
    input: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
    hint: str = "",
    quiet: bool = False,
) -> str:
    """Run `command` and return its standard output.

    Raises TandemError with the last line of standard error if the program is missing, fails, or takes longer than
    `timeout` seconds.
    """
    done = attempt(command, input=input, env=env, cwd=cwd, timeout=timeout, hint=hint, quiet=quiet)
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise TandemError(f"{_name(done.args)} failed: {lines[-1] if lines else f'exit status {done.returncode}'}", hint)
    return done.stdout


def stream(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    hint: str = "",
) -> None:
    """Run a long `command` with its output going to the log line by line, so that `tail -f` of the log shows progress."""
    words = [str(word) for word in command]
    console.log(f"$ {shlex.join(words)}")
    process = _start(words, hint, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, env=env, cwd=cwd)
    assert process.stdout is not None
    last = ""
    try:
        for line in process.stdout:
            console.log(line)
            console.progress(line)
            last = line.strip() or last
        process.wait()
    finally:
        _end(process)
    check_interrupted()
    if process.returncode != 0:
        raise TandemError(f"{_name(words)} failed: {last or f'exit status {process.returncode}'}", hint)


def succeeds(command: Sequence[str | Path], *, timeout: float = 20) -> bool:
    """Whether `command` exists and ends with status 0 within `timeout` seconds; prints and logs nothing."""
    try:
        return attempt(command, timeout=timeout, quiet=True).returncode == 0
    except TandemError:
        return False


def interrupt_children() -> None:
    """Ask every program that runs now to end, and let no thread start another. Returns at once: for signal handlers."""
    _stopping.set()
    with _lock:
        for child in _children:
            _signal(child, signal.SIGTERM)


def end_children() -> None:
    """End every program that runs now, and let no thread start another: for Ctrl-C and for errors in a sister thread."""
    interrupt_children()
    with _lock:
        children = list(_children)
    deadline = time.monotonic() + PATIENCE
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.1, deadline - time.monotonic()))
        _signal(child, signal.SIGKILL)


def _start(
    words: list[str], hint: str, *, stdin: int, stderr: int, env: Mapping[str, str] | None, cwd: Path | None
) -> subprocess.Popen[str]:
    check_interrupted()
    try:
        process = subprocess.Popen(
            words,
            env=environment(env),
            cwd=cwd,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            errors="replace",
            process_group=0,
        )
    except FileNotFoundError:
        raise TandemError(f"{words[0]} is not installed", hint or "run `make doctor`") from None
    except PermissionError:
        raise TandemError(f"{words[0]} can't be run: permission denied", hint) from None
    with _lock:
        _children.add(process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    """Forget a program that has ended; end it first if an exception left it running."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        _signal(process, signal.SIGKILL)
        process.wait()
    with _lock:
        _children.discard(process)


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


def check_interrupted() -> None:
    """Raise KeyboardInterrupt in a thread that should end, because the user or an error elsewhere ends all work."""
    if _stopping.is_set():
        raise KeyboardInterrupt


def _name(words: Sequence[str]) -> str:
    """The first words of a command, without the folders of the program."""
    return shlex.join([Path(words[0]).name, *words[1:4]])
