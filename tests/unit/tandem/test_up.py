"""The order of `make up`, and what happens to the rest when a part fails."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from tandem import cluster, engine, images, install, load, ready, shell, source, status, up
from tandem.errors import TandemError


def test_an_error_in_one_lane_ends_the_programs_of_the_other_and_is_the_one_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(shell, "end_children", ended.set)

    def fail() -> None:
        raise TandemError("no space left")

    def wait() -> None:
        assert ended.wait(10)
        raise KeyboardInterrupt

    with pytest.raises(TandemError, match="no space left"):
        up.side_by_side(wait, fail)


def test_waiting_for_an_image_ends_when_its_build_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()
    monkeypatch.setattr(shell, "_stopping", stopping)
    threading.Timer(0.1, stopping.set).start()
    with pytest.raises(KeyboardInterrupt):
        up.all_in(SimpleQueue())


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order, with every step replaced by a note of itself."""
    done: list[str] = []

    def note(text: str) -> None:
        done.append(text)

    for step in ("engine.ensure", "bases.ensure", "tools.ensure", "cluster.ensure_node_image", "cluster.up"):
        monkeypatch.setattr(f"tandem.{step}", functools.partial(note, step))
    monkeypatch.setattr(images, "names", lambda: ["airflow", "postgres"])
    monkeypatch.setattr(images, "build_missing", lambda ready: [ready(name) for name in ("postgres", "airflow")])
    monkeypatch.setattr(load, "load", lambda names: note(f"load {' '.join(names)}"))
    return done


def test_images_are_loaded_once_there_is_a_cluster_and_those_that_are_ready_together(
    steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    built = threading.Event()

    def make_cluster() -> None:
        steps.append("cluster.up")
        assert built.wait(10)

    def build(ready: Callable[[str], None]) -> None:
        ready("postgres")
        ready("airflow")
        built.set()

    monkeypatch.setattr(cluster, "up", make_cluster)
    monkeypatch.setattr(images, "build_missing", build)
    up.prepare()
    assert steps == ["engine.ensure", "bases.ensure", "tools.ensure", "cluster.ensure_node_image", "cluster.up", "load postgres airflow"]


def test_an_image_that_is_built_later_is_waited_for(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = threading.Event()

    def build(ready: Callable[[str], None]) -> None:
        ready("postgres")
        assert loaded.wait(10)
        ready("airflow")

    def note_load(names: list[str]) -> None:
        steps.append(f"load {' '.join(names)}")
        loaded.set()

    monkeypatch.setattr(images, "build_missing", build)
    monkeypatch.setattr(load, "load", note_load)
    up.prepare()
    assert steps[-2:] == ["load postgres", "load airflow"]


def test_a_misspelt_values_file_is_told_before_any_work(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_VALUES", "/no/such/file.yaml")
    with pytest.raises(TandemError, match=r"/no/such/file\.yaml"):
        up.bring_up()
    assert steps == []


def test_a_current_release_is_waited_for_and_not_installed_again(
    steps: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tandem.doctor.require", lambda: None)
    monkeypatch.setattr(install, "is_current", lambda: True)
    monkeypatch.setattr(install, "apply", lambda _phase: steps.append("install"))
    monkeypatch.setattr(ready, "wait_for_pods", lambda _phase: steps.append("wait"))
    monkeypatch.setattr(source, "decide", lambda _values: source.SAMPLES)
    up.bring_up()
    # What is there may be starting again, after its nodes were.
    assert steps[-1] == "wait"
    assert "install" not in steps
    monkeypatch.setattr(install, "is_current", lambda: False)
    monkeypatch.setattr(install, "revision", lambda: 0)
    capsys.readouterr()
    up.bring_up()
    assert steps[-1] == "install"
    assert "SYNTHETIC" in capsys.readouterr().out


def test_status_has_the_same_keys_when_nothing_is_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(engine, "reachable", lambda: False)
    assert status.main(["--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["ready", "engine", "cluster", "nodes", "release", "images", "pods", "pages", "last_run", "taxi", "lineage"]
    assert status.main([]) == 1
    assert capsys.readouterr().out == "Tandem is down: the container engine does not answer. `make up` brings it up.\n"
