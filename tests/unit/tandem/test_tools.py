"""Which kind, helm and kubectl are called."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tandem import bases, console, engine, machine, tools
from tandem.errors import TandemError

Program = Callable[[str, str], Path]
GOOD, OLD = "echo v99.0.0", "echo v0.1.0"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Tandem's own folder of tools, empty, and no tool of the machine's in sight."""
    folder = tmp_path / "own"
    folder.mkdir()
    (tmp_path / "links").mkdir()
    monkeypatch.setattr(tools, "TOOLS", folder)
    monkeypatch.setattr(tools, "LINKS", tmp_path / "links")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin-that-is-not-there")
    tools._find.cache_clear()
    yield folder
    tools._find.cache_clear()


@pytest.fixture
def build(place: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands in for builds in the engine; the targets that were built."""
    built: list[str] = []

    def make(_dockerfile: Path, *, target: str, output: Path, **_: object) -> None:
        output.mkdir(exist_ok=True)
        _script(output / target, GOOD)
        built.append(target)

    monkeypatch.setattr(engine, "ensure", lambda: None)
    monkeypatch.setattr(bases, "ensure", lambda: None)
    monkeypatch.setattr(engine, "build", make)
    return built


def test_a_tool_of_the_machine_is_used_when_it_is_new_enough(program: Program, build: list[str]) -> None:
    paths = {name: program(name, GOOD) for name in tools.NAMES}
    tools.ensure()
    assert build == []
    assert {name: tools.find(name) for name in tools.NAMES} == paths


def test_missing_tools_are_built_and_found(place: Path, build: list[str]) -> None:
    with pytest.raises(TandemError, match="helm"):
        tools.find("helm")
    tools.ensure()
    assert build == ["kind", "helm", "kubectl"]
    assert tools.find("helm") == place / "helm"


def test_one_that_is_too_old_is_replaced_with_a_notice(
    program: Program, place: Path, build: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(console, "warn", said.append)
    theirs = program("kubectl", OLD)
    for name in ("kind", "helm"):
        program(name, GOOD)
    tools.ensure()
    assert build == ["kubectl"]
    assert tools.find("kubectl") == place / "kubectl"
    assert said == [f"{theirs} is 0.1.0, too old for Tandem, which builds and uses its own"]


def test_root_gets_links_where_a_command_is_missing_and_only_there(
    program: Program, place: Path, build: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "is_root", lambda: True)
    monkeypatch.setattr(console, "warn", lambda _text: None)
    program("kubectl", OLD)
    (tools.LINKS / "mine").symlink_to("/bin/true")
    tools.ensure()
    assert (tools.LINKS / "helm").readlink() == place / "helm"
    assert not (tools.LINKS / "kubectl").exists(), "kubectl is a command already, if an old one"
    tools.clean()
    assert [path.name for path in tools.LINKS.iterdir()] == ["mine"]


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
