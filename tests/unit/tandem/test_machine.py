"""Facts that are gathered by asking programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tandem import checks, doctor, machine
from tandem.errors import TandemError

Program = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("kind v0.33.0 go1.26.1 linux/amd64", "0.33.0"),
        ("clientVersion:\\n  gitVersion: v1.36.3\\n  goVersion: go1.26.1", "1.36.3"),
        ("v4.3.1", "4.3.1"),
        ("no version here", ""),
    ],
)
def test_the_version_of_a_tool_is_found_in_what_it_says(program: Program, said: str, version: str) -> None:
    program("kind", f"printf '{said}\\n'")
    assert machine.tool_version("kind") == version


def test_a_tool_that_fails_has_no_version(program: Program) -> None:
    program("kind", "echo v1.2.3; exit 1")
    assert machine.tool_version("kind") == ""


def test_an_engine_that_does_not_answer_says_why(program: Program) -> None:
    program("docker", """echo '{"ServerErrors": ["Cannot connect to the Docker daemon"]}'; exit 1""")
    assert machine.engine() == checks.Engine(problem="Cannot connect to the Docker daemon")


def test_the_figures_of_the_engine_are_taken(program: Program) -> None:
    plugins = '{"Plugins": [{"Name": "buildx"}]}'
    info = f'{{"ServerVersion": "29.0.1", "NCPU": 4, "MemTotal": 8000000000, "CgroupVersion": "2", "ClientInfo": {plugins}}}'
    program("docker", f"""case $1 in info) echo '{info}';; *) exit 1;; esac""")
    found = machine.engine()
    assert (found.version, found.cores, found.memory_bytes, found.cgroup, found.buildx) == ("29.0.1", 4, 8000000000, "2", True)
    assert not found.has_node_image


def test_free_disk_is_told_for_folders_that_do_not_exist_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "CACHE", tmp_path / "not" / "yet")
    places = list(machine.free_disk(checks.Engine(root=str(tmp_path / "neither"))))
    assert [path for path, _ in places] == [tmp_path]
    assert places[0][1] > 0


def test_everything_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [checks.cores(1), checks.memory(1), checks.tool("helm", "", "3")]
    monkeypatch.setattr(doctor, "findings", lambda: iter(wrong))
    monkeypatch.setattr(doctor, "raise_inotify_limits", lambda: None)
    with pytest.raises(TandemError) as problem:
        doctor.require()
    assert str(problem.value) == "this machine is not ready: cores, memory"
    assert len(problem.value.hint.splitlines()) == 2


def test_root_raises_inotify_limits_and_leaves_higher_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "max_user_instances").write_text("128\n")
    (tmp_path / "max_user_watches").write_text("999999\n")
    monkeypatch.setattr(doctor, "INOTIFY", tmp_path)
    monkeypatch.setattr(machine, "is_root", lambda: True)
    doctor.raise_inotify_limits()
    assert machine.inotify(tmp_path) == (1024, 999999)
