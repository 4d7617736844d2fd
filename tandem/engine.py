"""The container engine: found, started or, on a bare Debian machine, installed; and the one way in which images are built."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tandem import console, machine, settings, shell
from tandem.errors import TandemError
from tandem.paths import CACHE, ROOT

INSTALL = ROOT / "offline" / "engine" / "install"
INSTALL_PACKAGES = ROOT / "offline" / "debian" / "install-packages"
PID = Path("/var/run/docker.pid")
CONTAINERD_PID = Path("/var/run/docker/containerd/containerd.pid")
RECORDS = CACHE / "engine"
INSTALLED, STARTED, LOG = RECORDS / "installed", RECORDS / "started", RECORDS / "dockerd.log"
"""What Tandem did to this machine's engine, so that `make down` undoes that and nothing else."""

BEGUN = "begun"
START_SECONDS = 60


def reachable() -> bool:
    """Whether a Docker engine answers this user."""
    return shell.succeeds(["docker", "version", "--format", "{{.Server.Version}}"])


def ensure() -> None:
    """Make sure that an engine answers: the one that runs, else the one that is installed, else a new one.

    Raises TandemError where none answers and this user can't change that.
    """
    if reachable():
        return
    elsewhere = os.environ.get("DOCKER_HOST", "")
    if elsewhere:
        raise TandemError(f"no Docker engine answers at {elsewhere}", "start it, or unset DOCKER_HOST to use this machine's own")
    here = shutil.which("dockerd") is not None
    if not machine.is_root() or not (here or machine.can_install_packages()):
        problem = machine.engine().problem
        raise TandemError(
            f"no Docker engine answers: {problem}", "start Docker, or run as root on Debian, where Tandem installs and starts one"
        )
    if not here or _is_half_installed():
        _install()
    _start()


def installed_by_us() -> bool:
    """Whether the machine's engine was installed or started by Tandem."""
    return INSTALLED.exists() or STARTED.exists()


def install_packages(names: Sequence[str]) -> None:
    """Install packages of this Debian machine's own release, as root."""
    if not machine.can_install_packages():
        raise TandemError(f"missing on this machine: {', '.join(names)}", "install them, or run as root on Debian")
    shell.stream([INSTALL_PACKAGES, *names])


def build(
    dockerfile: Path,
    *,
    tags: Sequence[str] = (),
    context: Path = ROOT,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    output: Path | None = None,
    labels: Mapping[str, str] | None = None,
) -> None:
    """Build an image with BuildKit; with `output` its files go to that folder instead, and there is no image.

    Builds get the host's certificates as secret `ca`, and its addresses of package indexes as build arguments, if it has any.
    """
    command: list[str | Path] = ["docker", "build", "--progress=plain", "--file", dockerfile]
    for tag in tags:
        command += ["--tag", tag]
    for name, value in {**settings.package_indexes(), **(build_args or {})}.items():
        command += ["--build-arg", f"{name}={value}"]
    for name, value in (labels or {}).items():
        command += ["--label", f"{name}={value}"]
    certificates = settings.certificates()
    if certificates is not None:
        command += ["--secret", f"id=ca,src={certificates}"]
    if target is not None:
        command += ["--target", target]
    if output is not None:
        command += ["--output", f"type=local,dest={output}"]
    shell.stream([*command, context], env={"DOCKER_BUILDKIT": "1"})


def label(image: str, name: str) -> str | None:
    """The value of an image's label, empty if it has none of that name; None if the engine has no such image."""
    found = shell.attempt(
        ["docker", "image", "inspect", "--format", f'{{{{index .Config.Labels "{name}"}}}}', image], timeout=60, quiet=True
    )
    return found.stdout.strip() if found.returncode == 0 else None


def remove_images(references: Sequence[str]) -> None:
    """Remove images by name; no matter if some are not there or in use."""
    if references:
        shell.attempt(["docker", "image", "rm", "--force", *references], timeout=300)


def stop() -> bool:
    """Stop the engine if Tandem started it and no container runs in it; whether it did."""
    if not STARTED.exists() or not machine.is_root():
        return False
    if reachable() and shell.run(["docker", "container", "ls", "--quiet"], timeout=60, quiet=True).strip():
        return False
    pid = running_pid()
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        _wait_until_gone(pid)
    STARTED.unlink(missing_ok=True)
    return pid is not None


def clean() -> None:
    """Give back the disk that builds took, on an engine that Tandem installed; another's build cache is not Tandem's."""
    if INSTALLED.exists():
        shell.attempt(["docker", "builder", "prune", "--all", "--force"], timeout=600)
        shell.attempt(["docker", "image", "prune", "--force"], timeout=600)


def running_pid() -> int | None:
    """Process id of the dockerd of this machine; None if none runs. A process that took over its number does not count."""
    return _is_running(PID, "dockerd")


def _is_running(pid_file: Path, program: str) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        if program in Path(os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0])).name:
            return pid
    return None


def _install() -> None:
    """Docker's packages, with their signatures checked by apt."""
    RECORDS.mkdir(parents=True, exist_ok=True)
    INSTALLED.write_text(BEGUN)
    shell.stream([INSTALL])
    INSTALLED.write_text("done")


def _is_half_installed() -> bool:
    """Whether an installation was interrupted: dockerd may be there then, but not what it needs."""
    return INSTALLED.exists() and INSTALLED.read_text() == BEGUN


def _start() -> None:
    """Start the engine with the machine's init if that is systemd, else as a process of its own that outlives this one."""
    if Path("/run/systemd/system").is_dir():
        shell.run(["systemctl", "start", "docker"], timeout=START_SECONDS * 2, hint="journalctl --unit docker says why")
        _wait_until_reachable(None)
        return
    process = None
    if running_pid() is None:
        # Numbers left by an engine that was killed may be other processes' now. The next engine would refuse to start because
        # of the one, and take the other for its containerd, wait for it in vain, and kill it.
        PID.unlink(missing_ok=True)
        if not _is_running(CONTAINERD_PID, "containerd"):
            CONTAINERD_PID.unlink(missing_ok=True)
        RECORDS.mkdir(parents=True, exist_ok=True)
        STARTED.touch()
        console.log(f"starting dockerd; its log is {LOG}")
        with LOG.open("ab") as log:
            process = subprocess.Popen(
                ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, cwd="/"
            )
    _wait_until_reachable(process)


def _wait_until_reachable(process: subprocess.Popen[bytes] | None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not reachable():
        if process is not None and process.poll() is not None:
            words = LOG.read_text(errors="replace").strip().splitlines()
            raise TandemError(f"the Docker engine ended as it started: {words[-1] if words else 'no word why'}", f"its log: {LOG}")
        if time.monotonic() > deadline:
            raise TandemError(f"the Docker engine does not answer after {START_SECONDS} s", f"its log: {LOG}")
        time.sleep(0.3)


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while running_pid() == pid:
        if time.monotonic() > deadline:
            raise TandemError(f"the Docker engine (process {pid}) does not end", f"its log: {LOG}")
        time.sleep(0.3)
