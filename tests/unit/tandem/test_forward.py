"""Port-forwards, with a program in the place of kubectl."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tandem import processes, tools
from tandem.errors import TandemError
from tandem.forward import Forward

Program = Callable[[str, str], Path]


@pytest.fixture
def kubectl(program: Program, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def make(script: str) -> None:
        path = program("kubectl", script)
        monkeypatch.setattr(tools, "find", lambda _name: path)

    return make


def running(marker: Path) -> bool:
    """Whether the process whose id the fake kubectl wrote down still runs."""
    return (Path("/proc") / marker.read_text().strip()).exists()


def test_it_connects_again_after_kubectl_ends(kubectl: Callable[[str], None]) -> None:
    kubectl("echo 'Forwarding from 127.0.0.1:1 -> 8080'; sleep 0.1; echo 'error: lost connection to pod'")
    with Forward("web", 8080, within=10) as forward:
        first = forward.port
        forward.wait_for_connection(3)
        assert forward.port == first


def test_a_kubectl_that_hangs_on_a_dead_connection_is_replaced(kubectl: Callable[[str], None]) -> None:
    kubectl(
        "echo 'Forwarding from 127.0.0.1:1 -> 8080'; echo 'error creating error stream for port 1 -> 2: Timeout occurred'; exec sleep 60"
    )
    with Forward("web", 8080, within=10) as forward:
        forward.wait_for_connection(2)


def test_it_ends_kubectl_when_the_block_ends(kubectl: Callable[[str], None], tmp_path: Path) -> None:
    kubectl(f"echo $$ > {tmp_path}/pid; echo 'Forwarding from 127.0.0.1:1 -> 8080'; exec sleep 60")
    started = time.monotonic()
    with Forward("web", 8080, within=10):
        assert running(tmp_path / "pid")
    assert not running(tmp_path / "pid")
    assert time.monotonic() - started < 5


def test_no_connection_is_an_error_with_the_words_of_kubectl(kubectl: Callable[[str], None]) -> None:
    kubectl("echo 'Error from server (NotFound): services \"web\" not found' >&2; exit 1")
    with pytest.raises(TandemError, match='services "web" not found'), Forward("web", 8080, within=1):
        pass


def test_processes_of_a_group_are_found_by_their_command() -> None:
    child = subprocess.Popen(["sleep", "60"], process_group=0)
    try:
        assert [p.command.strip() for p in processes.of_group(child.pid)] == ["sleep 60"]
        processes.end(child.pid)
        assert child.wait(5) != 0
    finally:
        child.kill()
