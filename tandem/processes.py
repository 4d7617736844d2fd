"""Processes of this machine, found without a library."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """A running program."""

    pid: int
    command: str


def of_group(group: int) -> Iterator[Process]:
    """The processes of a process group. On Linux no program is needed; elsewhere `ps` is part of the system."""
    for pid, its_group, command in _from_proc() if Path("/proc/self/stat").exists() else _from_ps():
        if its_group == group and pid != os.getpid():
            yield Process(pid, command)


def end(pid: int) -> None:
    """Ask a process to end; no matter if it has."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGTERM)


def _from_proc() -> Iterator[tuple[int, int, str]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The program's name, in parentheses, may hold spaces and parentheses itself.
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                yield int(folder.name), int(fields[2]), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def _from_ps() -> Iterator[tuple[int, int, str]]:
    done = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,command="], capture_output=True, text=True)
    for line in done.stdout.splitlines():
        pid, group, command = line.split(None, 2)
        yield int(pid), int(group), command
