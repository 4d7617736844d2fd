"""What `make doctor` thinks of machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tandem import checks
from tandem.checks import GIB, Engine, older

GOOD = Engine(version="28.5.2+dfsg4", buildx=True, cores=2, memory_bytes=8 * GIB, cgroup="2", root="/var/lib/docker")


@pytest.mark.parametrize(
    ("version", "minimum", "answer"),
    [
        ("1.36.3", "1.36.3", False),
        ("v1.36.3", "1.36", False),
        ("1.9.0", "1.10.0", True),
        ("1.32.4-dispatcher", "1.35.0", True),
        ("28.5.2+dfsg4", "24.0.0", False),
        ("24", "24.0.0", False),
        ("23.0.9", "24", True),
        ("v4.3.1-rc.2", "4.3.1", False),
    ],
)
def test_versions_are_compared_as_numbers(version: str, minimum: str, answer: bool) -> None:
    assert older(version, minimum) is answer


def test_a_good_engine_is_ok() -> None:
    assert checks.engine(GOOD, "24.0.0", False).state == "ok"


@pytest.mark.parametrize(
    ("engine", "can_install", "state", "words"),
    [
        (Engine(problem="docker is not installed"), True, "fixable", "make up installs"),
        (Engine(problem="docker is not installed"), False, "wrong", "install and start Docker"),
        (Engine(problem="permission denied while trying to connect to the Docker daemon socket"), False, "wrong", "group docker"),
        (Engine(version="20.10.24", buildx=True), True, "wrong", "24.0.0 or newer"),
        (Engine(version="28.0.0"), True, "wrong", "buildx"),
    ],
)
def test_each_trouble_with_the_engine_says_what_to_do(engine: Engine, can_install: bool, state: str, words: str) -> None:
    finding = checks.engine(engine, "24.0.0", can_install)
    assert finding.state == state
    assert words in finding.advice


def test_one_core_is_too_few() -> None:
    assert checks.cores(1).state == "wrong"
    assert checks.cores(2).state == "ok"


def test_memory_allows_for_what_the_kernel_keeps() -> None:
    assert checks.memory(int(7.6 * GIB)).state == "ok"
    assert checks.memory(6 * GIB).state == "wrong"


def test_a_built_machine_needs_less_disk() -> None:
    assert checks.disk(Path("/"), 5 * GIB, built=False).state == "wrong"
    assert checks.disk(Path("/"), 6 * GIB, built=True).state == "ok"


def test_low_inotify_limits_are_for_root_to_raise() -> None:
    assert checks.inotify(1024, 524288, root=False).state == "ok"
    assert checks.inotify(128, 524288, root=True).state == "fixable"
    low = checks.inotify(1024, 8192, root=False)
    assert low.state == "wrong"
    assert "sudo sysctl" in low.advice


def test_a_missing_or_old_tool_is_made_and_the_old_one_is_named() -> None:
    assert checks.tool("helm", "", "3.18.0").state == "fixable"
    assert checks.tool("helm", "3.9.0", "3.18.0").found == "3.9.0 is too old"
    assert checks.tool("helm", "4.3.1", "3.18.0").state == "ok"


def test_python_without_ensurepip_stops_nobody_who_only_wants_the_platform() -> None:
    assert checks.python("3.11.2", True, False).state == "ok"
    assert checks.python("3.11.2", False, True).state == "fixable"
    assert checks.python("3.11.2", False, False).state == "note"


def test_a_taken_port_is_a_note_with_the_port_used_instead() -> None:
    (taken,) = checks.ports([("Airflow", 8080, 8081)])
    assert (taken.state, taken.advice) == ("note", "Airflow will be at 8081 instead")
    (free,) = checks.ports([("Airflow", 8080, 8080)])
    assert free.state == "ok"
