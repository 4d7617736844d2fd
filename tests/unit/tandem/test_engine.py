"""Which engine is used, what may be done about a missing one, and what a build is given."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tandem import engine, machine, settings, shell
from tandem.errors import TandemError

Program = Callable[[str, str], Path]


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the engine's module notes what it did to this machine."""
    folder = tmp_path / "engine"
    for name in ("installed", "started"):
        monkeypatch.setattr(engine, name.upper(), folder / name)
    monkeypatch.setattr(engine, "RECORDS", folder)
    monkeypatch.setattr(engine, "LOG", folder / "dockerd.log")
    monkeypatch.setattr(engine, "PID", tmp_path / "docker.pid")
    monkeypatch.setattr(engine, "CONTAINERD_PID", tmp_path / "containerd.pid")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    folder.mkdir()
    return folder


def test_an_engine_that_answers_is_used_as_it_is(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("docker", "echo 28.0.0")
    monkeypatch.setattr(machine, "is_root", lambda: pytest.fail("nothing else is looked at"))
    engine.ensure()


def test_a_user_who_is_not_root_is_told_what_to_do(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("docker", "echo Cannot connect to the Docker daemon >&2; exit 1")
    monkeypatch.setattr(machine, "is_root", lambda: False)
    with pytest.raises(TandemError, match="Cannot connect") as problem:
        engine.ensure()
    assert "start Docker" in problem.value.hint


def test_an_engine_elsewhere_is_not_replaced_by_one_here(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("docker", "exit 1")
    monkeypatch.setenv("DOCKER_HOST", "tcp://build.invalid:2376")
    monkeypatch.setattr(machine, "is_root", lambda: pytest.fail("nothing is done on this machine"))
    with pytest.raises(TandemError, match=r"tcp://build\.invalid:2376"):
        engine.ensure()


def test_a_stopped_engine_is_started_and_is_stopped_again(program: Program, records: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    up = records / "up"
    program("docker", f'[ "$1" = container ] || test -f {up}')
    dockerd = program("dockerd", f"echo $$ > {engine.PID}; touch {up}; while sleep 0.1; do :; done")
    monkeypatch.setenv("PATH", f"{dockerd.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(machine, "is_root", lambda: True)
    if Path("/run/systemd/system").is_dir():
        pytest.skip("this machine's systemd would start its own engine")
    engine.PID.write_text("999999999")
    engine.CONTAINERD_PID.write_text(str(os.getpid()))
    # The stand-in is a script, so that its name is that of the shell.
    monkeypatch.setattr(engine, "running_pid", lambda: _alive(engine.PID))
    engine.ensure()
    assert engine.installed_by_us()
    assert not engine.CONTAINERD_PID.exists(), "a process that took over the number must not be taken for containerd"
    pid = _alive(engine.PID)
    assert pid is not None
    assert os.getsid(pid) == pid, "Ctrl-C in this terminal must not reach the engine"
    assert engine.stop()
    assert not engine.installed_by_us()


def test_an_engine_that_ends_at_once_is_reported_with_its_last_words(
    program: Program, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if Path("/run/systemd/system").is_dir():
        pytest.skip("this machine's systemd would start its own engine")
    program("docker", "exit 1")
    dockerd = program("dockerd", "echo no cgroups here; exit 1")
    monkeypatch.setenv("PATH", f"{dockerd.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(machine, "is_root", lambda: True)
    with pytest.raises(TandemError, match="no cgroups here") as problem:
        engine.ensure()
    assert str(records / "dockerd.log") in problem.value.hint


def test_an_engine_with_containers_goes_on(program: Program, records: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program("docker", "echo 0123456789ab")
    (records / "started").touch()
    monkeypatch.setattr(machine, "is_root", lambda: True)
    assert not engine.stop()
    assert engine.installed_by_us()


def test_an_interrupted_installation_is_done_again(program: Program, records: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program("docker", f"test -f {records}/up")
    dockerd = program("dockerd", "exit 1")
    monkeypatch.setenv("PATH", f"{dockerd.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(machine, "is_root", lambda: True)
    (records / "installed").write_text("begun")
    commands: list[Path] = []
    monkeypatch.setattr(shell, "stream", lambda command, **_: commands.extend(command))
    monkeypatch.setattr(engine, "_start", (records / "up").touch)
    engine.ensure()
    assert commands == [engine.INSTALL]
    (records / "up").unlink()
    engine.ensure()
    assert commands == [engine.INSTALL], "it is complete now"


def test_somebody_elses_engine_is_never_stopped(records: Path) -> None:
    assert not engine.installed_by_us()
    assert not engine.stop()
    assert list(records.iterdir()) == []


def test_a_build_gets_certificates_indexes_and_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(shell, "stream", lambda command, **_: commands.append([str(word) for word in command]))
    certificates = tmp_path / "ca.crt"
    certificates.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates))
    monkeypatch.setattr(settings, "package_indexes", lambda: {"GOPROXY": "https://go.invalid"})
    engine.build(
        tmp_path / "Dockerfile",
        tags=["a:1", "a:2"],
        context=tmp_path,
        build_args={"X": "1 2"},
        target="t",
        output=tmp_path,
        labels={"l": "v"},
    )
    words = commands[0]
    assert words[:2] == ["docker", "build"]
    assert words[-1] == str(tmp_path)
    pairs = list(itertools.pairwise(words))
    for pair in (
        ("--tag", "a:1"),
        ("--tag", "a:2"),
        ("--build-arg", "GOPROXY=https://go.invalid"),
        ("--build-arg", "X=1 2"),
        ("--label", "l=v"),
        ("--secret", f"id=ca,src={certificates}"),
        ("--target", "t"),
        ("--output", f"type=local,dest={tmp_path}"),
    ):
        assert pair in pairs


def test_the_hosts_own_sources_of_packages_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOPROXY", "GOSUMDB", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "go.env").write_text("GOPROXY=https://go.invalid,direct\nGOFLAGS=-mod=mod\n")
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://user:p%40ss@pypi.invalid/simple\n")
    monkeypatch.setenv("GOENV", str(tmp_path / "go.env"))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert settings.package_indexes() == {
        "GOPROXY": "https://go.invalid,direct",
        "PIP_INDEX_URL": "https://user:p%40ss@pypi.invalid/simple",
    }
    monkeypatch.setenv("GOPROXY", "off")
    assert settings.package_indexes()["GOPROXY"] == "off"


def test_a_host_without_settings_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOPROXY", "GOSUMDB", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOENV", str(tmp_path / "none"))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "none"))
    assert settings.package_indexes() == {}


def _alive(pid_file: Path) -> int | None:
    """The process that the file names, if it runs."""
    try:
        pid = int(pid_file.read_text())
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return None
    # A child that has ended stays as a zombie until this process asks for it.
    return pid if state != "Z" else None
