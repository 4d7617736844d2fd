"""The lines that a user sees while work goes on."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tandem import console


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(console, "STATE", tmp_path)
    monkeypatch.setattr(console, "_log", None)
    return console.open_log("up")


def test_a_phase_is_one_line_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    with console.phase("cluster") as phase:
        phase.note("control plane")
    assert re.fullmatch(r"  ok cluster +\d+\.\d s\n", capsys.readouterr().out)


def test_a_failed_phase_and_an_interrupted_one_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="broken"), console.phase("one"):
        raise ValueError("broken")
    with pytest.raises(KeyboardInterrupt), console.phase("two"):
        raise KeyboardInterrupt
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [["!!", "one"], ["--", "two"]]


def test_phases_side_by_side_keep_their_lines_apart_and_sign_the_log(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def work(name: str) -> None:
        with console.phase(name):
            console.log(f"detail of {name}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, "abcd"))
    assert sorted(line.split()[1] for line in capsys.readouterr().out.splitlines()) == list("abcd")
    for name in "abcd":
        assert f"[{name}] detail of {name}\n" in log.read_text()


def test_what_is_said_and_what_goes_wrong_are_in_the_log_too(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    console.say("hello")
    console.error("no engine", "start it\nor install it")
    assert "hello" in log.read_text()
    assert "no engine" in log.read_text()
    assert capsys.readouterr().err == "error: no engine\n  -> start it\n  -> or install it\n"


def test_the_log_of_the_last_run_is_replaced(log: Path) -> None:
    console.say("first")
    assert console.open_log("up") == log
    assert "first" not in log.read_text()


def test_a_phase_shows_the_step_of_the_build_that_runs_in_it() -> None:
    with console.phase("image") as phase:
        console.progress("#12 [build 3/5] RUN make")
        console.progress("#12 4.2 compiling")
        assert re.fullmatch(r"image \d+ s \(build 3/5\)", str(phase))
