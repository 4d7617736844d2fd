"""Running programs and ending them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tandem import processes, shell
from tandem.errors import TandemError
from tandem.paths import ROOT


def test_a_failure_is_a_sentence_with_the_last_words_of_the_program() -> None:
    with pytest.raises(TandemError, match=r"^sh -c '.*' failed: it broke$"):
        shell.run(["/bin/sh", "-c", "echo one >&2; echo it broke >&2; exit 3"])


def test_a_missing_program_is_named() -> None:
    with pytest.raises(TandemError, match="no-such-program is not installed"):
        shell.run(["no-such-program"])


def test_a_program_that_takes_too_long_is_ended_with_its_children() -> None:
    started = time.monotonic()
    with pytest.raises(TandemError, match="took longer than 1 s"):
        shell.run(["sh", "-c", "sleep 60 & wait"], timeout=1)
    assert time.monotonic() - started < 10


def test_input_and_output_pass_through() -> None:
    assert shell.run(["cat"], input="grün\n") == "grün\n"
    assert not shell.succeeds(["false"])
    assert shell.succeeds(["true"])


VERB = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests that run under nohup would hand on that it is ignored
from tandem import __main__ as entry, shell
import tandem.images
def wait(arguments):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(1) as pool:
        print("started", flush=True)
        return pool.submit(shell.stream, ["sh", "-c", "echo $$ > %s; sleep 60 & wait"]).result()
tandem.images.main = wait
import os
os._exit(entry.main(["images"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_verb_says_so_in_two_lines_and_leaves_no_program_behind(number: signal.Signals, tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    verb = subprocess.Popen([sys.executable, "-c", VERB % marker], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 10
    while not (marker.exists() and marker.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.02)
    verb.send_signal(number)
    _, err = verb.communicate(timeout=20)
    assert verb.returncode == 130
    assert err.splitlines() == ["error: interrupted", "  -> `make images` goes on where this ended, `make down` removes what was made"]
    # One that has ended may still be listed until its parent looks, but without a command.
    left = [process.command for process in processes.of_group(int(marker.read_text()))]
    assert not any(left)
