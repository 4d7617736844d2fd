"""The object store as the pipelines use it: whole objects, or sentences."""

from __future__ import annotations

import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from taxi.errors import TaxiError
from taxi.settings import Settings
from taxi.store import Store


@pytest.fixture
def folder(empty: Settings) -> str:
    return empty.requests


def test_what_is_put_is_there(store: Store, folder: str, tmp_path: Path) -> None:
    store.put(f"{folder}/a b.json", b"{}", "application/json")
    large = tmp_path / "large"
    large.write_bytes(b"x" * 9_000_000)
    store.upload(large, f"{folder}/large")
    assert store.get(f"{folder}/a b.json") == b"{}"
    assert [(found.uri, found.size) for found in store.list(folder)] == [(f"{folder}/a b.json", 2), (f"{folder}/large", 9_000_000)]
    assert (store.exists(f"{folder}/large"), store.exists(f"{folder}/small"), store.size(f"{folder}/large")) == (True, False, 9_000_000)
    store.delete(f"{folder}/large")
    store.delete(f"{folder}/large")
    assert len(store.list(folder)) == 1


def test_what_is_not_there_is_named(store: Store, folder: str) -> None:
    with pytest.raises(TaxiError, match=rf"^cannot read {folder}/none in the object store at http://127.0.0.1:\d+: .*NoSuchKey"):
        store.get(f"{folder}/none")
    with pytest.raises(TaxiError, match=rf"^there is no object {folder}/none in "):
        store.size(f"{folder}/none")
    with pytest.raises(TaxiError, match=r"^not the address of an object: 'requests/a'"):
        store.get("requests/a")


def test_an_object_moves_as_long_as_it_is_the_one_that_was_meant(store: Store, folder: str) -> None:
    source, target = f"{folder}/a.json", f"{folder}/rejected/a.json"
    store.put(source, b"broken")
    seen = store.list(source)[0].etag
    store.put(source, b"mended")
    assert store.move(source, target, seen) is False
    assert store.get(source) == b"mended"
    assert store.move(source, target, store.list(source)[0].etag) is True
    assert (store.exists(source), store.get(target)) == (False, b"mended")
    assert store.move(source, target, seen) is False
    assert store.move(target, source) is True
    assert store.get(source) == b"mended"


def test_a_link_opens_without_a_login(empty: Settings, folder: str) -> None:
    assert Store(empty).link(f"{folder}/a.json") is None
    store = Store(replace(empty, links=empty.s3.endpoint))
    store.put(f"{folder}/a.json", b"{}")
    link = store.link(f"{folder}/a.json")
    assert link is not None
    assert link.startswith(f"{empty.s3.endpoint}/")
    assert urllib.request.urlopen(link).read() == b"{}"
