"""Folders and programs that stand in for a machine."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest


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
