"""Two at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tandem import exclusive
from tandem.errors import TandemError
from tandem.paths import ROOT

HOLDER = "from tandem.exclusive import exclusive\nwith exclusive('up'):\n    print('held', flush=True)\n    input()\n"


@pytest.fixture
def holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> subprocess.Popen[str]:
    """Another process that holds the lock."""
    monkeypatch.setenv("TANDEM_CACHE", str(tmp_path))
    monkeypatch.setattr(exclusive, "CACHE", tmp_path)
    monkeypatch.setattr(exclusive, "LOCK", tmp_path / "lock")
    process = subprocess.Popen([sys.executable, "-c", HOLDER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_who_is_at_work(holder: subprocess.Popen[str]) -> None:
    with pytest.raises(TandemError, match=rf"`make up` in {ROOT} \(process {holder.pid}, since") as problem, exclusive.exclusive("down"):
        pass
    assert "wait for it" in problem.value.hint
    holder.communicate("\n")
    with exclusive.exclusive("down"):
        pass


def test_a_killed_holder_leaves_no_lock(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.communicate()
    with exclusive.exclusive("up"):
        pass


def test_a_lock_file_with_anything_in_it_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exclusive, "CACHE", tmp_path)
    monkeypatch.setattr(exclusive, "LOCK", tmp_path / "lock")
    (tmp_path / "lock").write_text('{"verb": "u')
    with exclusive.exclusive("up"):
        assert '"verb": "up"' in (tmp_path / "lock").read_text()
