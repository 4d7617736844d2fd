"""Names for content: two builds from the same bytes get the same tag, and one changed byte gives another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from tandem.paths import ROOT

LENGTH = 12
IGNORED = {"__pycache__", ".ruff_cache", ".mypy_cache", ".pytest_cache", ".hypothesis", ".DS_Store"}
"""Names that tools leave behind and that change nothing in what is built."""


def digest(paths: Iterable[Path], *, also: Iterable[str] = ()) -> str:
    """The first 12 hexadecimal digits of a SHA-256 over names, contents and executable bits of files and folders.

    The order of `paths` does not matter, and neither does where the checkout lies. A symbolic link counts as the text it
    points to. `also` are further facts that the result depends on, such as build arguments. Raises FileNotFoundError for
    a path that is not there.
    """
    total = hashlib.sha256()
    for file in sorted({file for path in paths for file in files(path)}):
        total.update(f"{_name(file)}\0{_kind(file)}\0".encode())
        total.update(hashlib.sha256(str(file.readlink()).encode() if file.is_symlink() else file.read_bytes()).digest())
    for fact in sorted(also):
        total.update(f"\0{fact}".encode())
    return total.hexdigest()[:LENGTH]


def files(path: Path) -> Iterator[Path]:
    """All files below `path`, or `path` itself, without those that tools leave behind."""
    if path.name in IGNORED or path.suffix == ".pyc" or path.name.endswith(".egg-info"):
        return
    if path.is_dir() and not path.is_symlink():
        for entry in path.iterdir():
            yield from files(entry)
    else:
        path.lstat()
        yield path


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else file.name


def _kind(file: Path) -> str:
    if file.is_symlink():
        return "link"
    return "program" if file.stat().st_mode & 0o100 else "file"
