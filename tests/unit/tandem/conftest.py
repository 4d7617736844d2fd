"""Folders and programs that stand in for a machine."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tandem import bases, cluster, images, source, tools


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """What is remembered for the life of a process must not pass from a made-up machine to the next test, or to the real one."""
    remembering = (bases.registry_answers, cluster.name, images.tags, source.reachable, tools._find)
    for function in remembering:
        function.cache_clear()
    yield
    for function in remembering:
        function.cache_clear()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Put a shell script first on the PATH: program("kubectl", "echo hello")."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr("tandem.shell.TOOLS", folder)

    def make(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make
