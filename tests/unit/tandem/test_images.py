"""Which images must be built, and which values the charts get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tandem import bases, engine, images
from tandem.errors import TandemError
from tandem.paths import versions


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two images: `one` from its own folder, `pipelines` from a source folder as well."""
    for name, allowed in (("one", ""), ("pipelines", "!src\n")):
        folder = tmp_path / "images" / name
        folder.mkdir(parents=True)
        (folder / "Dockerfile").write_text("FROM scratch\n")
        (folder / "Dockerfile.dockerignore").write_text(f"*\n!images/{name}\n{allowed}**/__pycache__\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.py").write_text("print(1)\n")
    monkeypatch.setattr(images, "ROOT", tmp_path)
    monkeypatch.setattr(images, "FOLDER", tmp_path / "images")
    monkeypatch.setattr(images, "VALUES", tmp_path / "images.yaml")
    monkeypatch.setattr(bases, "definition", lambda: "the bases")
    images.tags.cache_clear()
    return tmp_path


def fresh_tags() -> dict[str, str]:
    images.tags.cache_clear()
    return images.tags()


def test_a_changed_input_changes_the_tag_of_the_images_made_from_it_only(checkout: Path) -> None:
    before = fresh_tags()
    (checkout / "src" / "main.py").write_text("print(2)\n")
    after = fresh_tags()
    assert after["pipelines"] != before["pipelines"]
    assert after["one"] == before["one"]


def test_a_file_that_the_build_does_not_see_changes_no_tag(checkout: Path) -> None:
    before = fresh_tags()
    (checkout / "README.md").write_text("hello")
    (checkout / "src" / "__pycache__").mkdir()
    (checkout / "src" / "__pycache__" / "main.pyc").write_text("hello")
    assert fresh_tags() == before


def test_other_bases_change_every_tag(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fresh_tags()
    monkeypatch.setattr(bases, "definition", lambda: "other bases")
    assert not set(before.values()) & set(fresh_tags().values())


def test_another_version_changes_the_tags_of_images_that_take_it(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "images" / "one" / "Dockerfile").write_text("ARG MYSQL_VERSION\nFROM scratch\n")
    before = fresh_tags()
    pins = versions()
    monkeypatch.setattr(images, "versions", lambda: {**pins, "components": {"mysql": "999"}})
    assert images.build_args("one") == {"MYSQL_VERSION": "999"}
    after = fresh_tags()
    assert after["one"] != before["one"]
    assert after["pipelines"] == before["pipelines"]


@pytest.mark.parametrize("text", ["!images/one\n", "*\n!images/*/x\n", "*\n!images/one\nsecret.txt\n"])
def test_a_dockerignore_that_the_hash_could_not_follow_is_refused(checkout: Path, text: str) -> None:
    (checkout / "images" / "one" / "Dockerfile.dockerignore").write_text(text)
    with pytest.raises(TandemError, match=r"images/one/Dockerfile\.dockerignore"):
        images.inputs("one")


def test_every_image_of_this_repository_says_what_it_is_made_from() -> None:
    for name in images.names():
        assert images.FOLDER / name in images.inputs(name)
        assert all(path.exists() for path in images.inputs(name)), name


def test_only_missing_images_are_built_and_all_are_reported(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    ready: list[str] = []
    monkeypatch.setattr(images, "built", lambda: dict.fromkeys(images.references("one"), "sha256:1"))
    monkeypatch.setattr(engine, "build", lambda dockerfile, **_: built.append(dockerfile.parent.name))
    assert images.build_missing(ready.append) == ["pipelines"]
    assert built == ["pipelines"]
    assert sorted(ready) == ["one", "pipelines"]


def test_the_values_name_the_image_of_the_pipelines_wherever_its_pods_are_made(checkout: Path) -> None:
    tags = fresh_tags()
    values = json.loads(images.write_values().read_text())
    pipelines = {"image": {"tag": tags["pipelines"]}}
    assert values == {
        "one": {"image": {"tag": tags["one"]}},
        "airflow": {"jobs": pipelines},
        "dagster": {"dagster-user-deployments": pipelines},
        "taxi": pipelines,
    }
