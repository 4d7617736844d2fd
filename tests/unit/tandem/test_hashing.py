"""Names for content."""

from __future__ import annotations

from pathlib import Path

import pytest

from tandem.hashing import digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "Dockerfile").write_text("FROM scratch\n")
    (source / "deep" / "start").write_text("#!/bin/sh\n")
    return source


def test_the_same_content_has_the_same_name(folder: Path) -> None:
    assert digest([folder]) == digest([folder])
    assert len(digest([folder])) == 12
    assert set(digest([folder])) <= set("0123456789abcdef")


def test_one_changed_byte_gives_another_name(folder: Path) -> None:
    before = digest([folder])
    (folder / "Dockerfile").write_text("FROM scratcH\n")
    assert digest([folder]) != before


def test_a_new_file_gives_another_name(folder: Path) -> None:
    before = digest([folder])
    (folder / "empty").touch()
    assert digest([folder]) != before


def test_a_renamed_file_gives_another_name(folder: Path) -> None:
    before = digest([folder])
    (folder / "Dockerfile").rename(folder / "dockerfile2")
    assert digest([folder]) != before


def test_a_file_that_becomes_a_program_gives_another_name(folder: Path) -> None:
    before = digest([folder])
    (folder / "deep" / "start").chmod(0o755)
    assert digest([folder]) != before


def test_content_that_moves_from_one_file_to_the_next_gives_another_name(tmp_path: Path) -> None:
    names = set()
    for first, second in (("ab", "c"), ("a", "bc")):
        (tmp_path / "1").write_text(first)
        (tmp_path / "2").write_text(second)
        names.add(digest([tmp_path]))
    assert len(names) == 2


@pytest.mark.parametrize(
    "name", ["__pycache__/x.cpython-311.pyc", "deep/.ruff_cache/0", "deep/old.pyc", ".DS_Store", "a.egg-info/PKG-INFO"]
)
def test_what_tools_leave_behind_changes_nothing(folder: Path, name: str) -> None:
    before = digest([folder])
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("anything")
    assert digest([folder]) == before


def test_the_order_of_paths_changes_nothing_but_further_facts_do(folder: Path) -> None:
    one, two = folder / "Dockerfile", folder / "deep"
    assert digest([one, two]) == digest([two, one])
    assert digest([one], also=["A=1", "B=2"]) == digest([one], also=["B=2", "A=1"])
    assert len({digest([one]), digest([one], also=["A=1"]), digest([one], also=["A=2"])}) == 3


def test_a_link_counts_as_its_text(folder: Path) -> None:
    (folder / "link").symlink_to("Dockerfile")
    before = digest([folder])
    (folder / "link").unlink()
    (folder / "link").symlink_to("deep/start")
    assert digest([folder]) != before


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest([tmp_path / "absent"])
