"""Where a base image comes from: the engine, a registry, or Debian packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tandem import bases, engine, machine, shell
from tandem.errors import TandemError

Program = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def ask_again() -> Iterator[None]:
    bases.registry_answers.cache_clear()
    yield
    bases.registry_answers.cache_clear()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is made instead of being pulled."""
    done: list[str] = []
    monkeypatch.setattr(machine, "can_install_packages", lambda: True)
    monkeypatch.setattr(shell, "stream", lambda command, **_: done.append(str(command[2])))
    monkeypatch.setattr(engine, "build", lambda _file, tags, **_: done.extend(tags))
    return done


def test_images_that_are_there_are_left_alone(program: Program, made: list[str]) -> None:
    program("docker", "echo")  # every image, without a label
    bases.ensure()
    assert made == []


def test_missing_images_are_pulled_where_a_registry_answers(program: Program, made: list[str], tmp_path: Path) -> None:
    program("docker", f'case "$1" in image) exit 1;; pull) echo "$3" >> {tmp_path}/pulled;; esac')
    bases.ensure()
    assert sorted((tmp_path / "pulled").read_text().split()) == ["debian:sid-slim", "debian:trixie-slim", "golang:1.26-trixie"]
    assert made == []


def test_missing_images_are_made_where_none_answers(program: Program, made: list[str]) -> None:
    program("docker", "exit 1")
    program("mmdebstrap", "exit 0")
    bases.ensure()
    assert sorted(made) == ["debian:sid-slim", "debian:trixie-slim", "golang:1.26-trixie"]


def test_an_image_made_from_an_older_definition_is_made_again(program: Program, made: list[str]) -> None:
    program("docker", "echo 0123456789ab")
    program("mmdebstrap", "exit 0")
    bases.ensure()
    assert len(made) == 3


def test_who_can_neither_pull_nor_make_is_told_what_to_do(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("docker", "exit 1")
    monkeypatch.setattr(machine, "can_install_packages", lambda: False)
    with pytest.raises(TandemError, match="is missing and no container registry answers") as problem:
        bases.ensure()
    assert "docker load" in problem.value.hint


def test_only_images_that_were_made_here_are_removed(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("docker", 'case "$*" in *golang*) echo 0123;; *) echo;; esac')
    removed: list[str] = []
    monkeypatch.setattr(engine, "remove_images", removed.extend)
    bases.clean()
    assert removed == ["golang:1.26-trixie"]
