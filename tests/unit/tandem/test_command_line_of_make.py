"""What a user sees who makes a mistake."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tandem.__main__ import VERBS
from tandem.paths import ROOT


def tandem(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tandem", *arguments], cwd=ROOT, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", **environment}
    )


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_help_is_the_default_goal_and_names_every_verb() -> None:
    done = make()
    assert done.stderr == ""
    assert {line.split()[1] for line in done.stdout.splitlines()} == {*VERBS, "help"}


def test_an_unknown_verb_gets_the_list() -> None:
    done = tandem("upp")
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no verb 'upp'\n  -> one of: up down")


@pytest.mark.parametrize("verb", [verb for verb in VERBS if not verb.startswith("test")])
def test_every_verb_explains_itself_and_refuses_unknown_words(verb: str, tmp_path: Path) -> None:
    assert tandem(verb, "--help", TANDEM_CACHE=str(tmp_path)).stdout.startswith(f"usage: make {verb}")
    wrong = tandem(verb, "--no-such-option", TANDEM_CACHE=str(tmp_path))
    assert wrong.returncode == 2
    assert "unrecognized arguments: --no-such-option" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_an_older_python_is_told_in_one_line() -> None:
    script = "import sys; sys.version_info = (3, 9, 2); import tandem"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: Tandem needs Python 3.11 or newer")
    assert "Traceback" not in done.stderr
