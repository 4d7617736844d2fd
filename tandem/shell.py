"""Running other programs: output goes to the log, a failure becomes one sentence that names the log."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tandem import console
from tandem.errors import TandemError
from tandem.paths import TOOLS


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of every program that Tandem starts: its own tools are found before the machine's."""
    return {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ.get('PATH', os.defpath)}", **(extra or {})}


def run(
    command: Sequence[str | Path],
    *,
    input: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
    hint: str = "",
) -> str:
    """Run `command`, copy what it prints to the log, and return its standard output.

    Raises TandemError with the last line of standard error if the program is missing, fails, or takes longer than
    `timeout` seconds.
    """
    words = [str(word) for word in command]
    console.log(f"$ {shlex.join(words)}")
    try:
        done = subprocess.run(
            words, input=input, env=environment(env), cwd=cwd, timeout=timeout, capture_output=True, text=True, errors="replace"
        )
    except FileNotFoundError:
        raise TandemError(f"{words[0]} is not installed", hint or "run `make doctor`") from None
    except subprocess.TimeoutExpired:
        raise TandemError(f"{shlex.join(words[:4])} took longer than {timeout:.0f} s", hint) from None
    console.log(done.stdout + done.stderr)
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise TandemError(f"{shlex.join(words[:4])} failed: {lines[-1] if lines else f'exit status {done.returncode}'}", hint)
    return done.stdout


def stream(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None, hint: str = "") -> None:
    """Run a long `command` with its output going to the log line by line, so that `tail -f` of the log shows progress."""
    words = [str(word) for word in command]
    console.log(f"$ {shlex.join(words)}")
    try:
        process = subprocess.Popen(
            words, env=environment(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
    except FileNotFoundError:
        raise TandemError(f"{words[0]} is not installed", hint or "run `make doctor`") from None
    assert process.stdout is not None
    last = ""
    try:
        for line in process.stdout:
            console.log(line.rstrip("\n"))
            last = line.strip() or last
        status = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if status != 0:
        raise TandemError(f"{shlex.join(words[:4])} failed: {last or f'exit status {status}'}", hint)


def succeeds(command: Sequence[str | Path], *, timeout: float = 20) -> bool:
    """Whether `command` exists and ends with status 0 within `timeout` seconds; prints and logs nothing."""
    try:
        return (
            subprocess.run(
                [str(word) for word in command],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=timeout,
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
