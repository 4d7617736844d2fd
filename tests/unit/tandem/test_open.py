"""`make open` in a checkout of its own, with a program in the place of kubectl."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tandem import ports, processes
from tandem.paths import ROOT

KUBECTL = """#!/bin/sh
case "$*" in
*version*) echo 'gitVersion: v99.0.0' ;;
*readyz*) exit 0 ;;
*"get service"*) cat "$(dirname "$0")/services.json" ;;
*port-forward*) echo "Forwarding from 127.0.0.1:1 -> 8080"; while :; do sleep 0.1; done ;;
esac
"""


class Checkout:
    """A copy of the program in a folder, with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "tandem", folder / "tandem", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("versions.toml", "kind-config.yaml"):
            shutil.copy(ROOT / name, folder)
        kubectl = folder / "cache" / "bin" / "kubectl"
        kubectl.parent.mkdir(parents=True)
        kubectl.write_text(KUBECTL)
        kubectl.chmod(0o755)
        self.have("tandem-airflow-api-server")
        # Whatever else runs on this machine keeps its ports.
        self.port, self.dagster_port = ports.choose(), ports.choose()
        source = folder / "tandem" / "open.py"
        text = source.read_text().replace("8080, 8080)", f"8080, {self.port})").replace("3000, 3000,", f"3000, {self.dagster_port},")
        source.write_text(text)

    def have(self, *services: str) -> None:
        """Say which Services the cluster has."""
        items = [{"metadata": {"name": name}} for name in services]
        (self.folder / "cache" / "bin" / "services.json").write_text(json.dumps({"items": items}))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the checkout."""
        environment = {**os.environ, "TANDEM_CACHE": str(self.folder / "cache"), "PYTHONPATH": ""}
        return subprocess.run([sys.executable, *words], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60)

    def open(self) -> str:
        """`make open ARGS=--detach`, and what it prints."""
        done = self.run("-m", "tandem", "open", "--detach")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def stop(self) -> None:
        """What `make down` does first."""
        done = self.run("-c", "from tandem import open; open.stop()")
        assert done.returncode == 0, done.stderr

    @property
    def server(self) -> int:
        """Process id of the server in the background, which leads its process group."""
        return int(json.loads((self.folder / "cache" / "open.json").read_text())["pid"])


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path / "checkout")
    yield made
    made.stop()


def running(group: int) -> list[str]:
    """The programs in the place of kubectl that still run; the naps that they take end by themselves."""
    return [process.command for process in processes.of_group(group) if "port-forward" in process.command]


def test_pages_are_opened_once_and_end_without_leaving_a_program(checkout: Checkout) -> None:
    assert checkout.open() == f"Airflow  open at http://localhost:{checkout.port}\n(make down ends it)"
    server = checkout.server
    assert checkout.open() == f"Airflow  already open at http://localhost:{checkout.port}\n(make down ends it)"
    assert checkout.server == server
    checkout.stop()
    assert running(server) == []
    assert not (checkout.folder / "cache" / "open.json").exists()


def test_a_taken_port_is_said(checkout: Checkout) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", checkout.port))
        other.listen()
        said = checkout.open()
    assert f"because port {checkout.port} is in use" in said
    assert "Links from one page to another lead to the usual ports" in said
    assert f"localhost:{checkout.port}\n" not in said
    assert f"localhost:{checkout.port}," not in said


def test_a_page_that_an_upgrade_brought_is_opened_with_the_others(checkout: Checkout) -> None:
    assert "Dagster" not in checkout.open()
    server = checkout.server
    checkout.have("tandem-airflow-api-server", "tandem-dagster-webserver")
    said = checkout.open()
    assert f"Airflow  already open at http://localhost:{checkout.port}\n" in said
    assert f"Dagster  already open at http://localhost:{checkout.dagster_port}\n" in said
    assert running(server) == []


def test_after_a_killed_server_its_programs_are_ended_and_new_ones_start(checkout: Checkout) -> None:
    checkout.open()
    killed = checkout.server
    os.kill(killed, signal.SIGKILL)
    assert running(killed)
    assert "already" not in checkout.open()
    assert running(killed) == []


def test_in_the_foreground_it_ends_with_a_signal(checkout: Checkout) -> None:
    environment = {**os.environ, "TANDEM_CACHE": str(checkout.folder / "cache"), "PYTHONPATH": ""}
    server = subprocess.Popen(
        [sys.executable, "-m", "tandem", "open"], cwd=checkout.folder, env=environment, stdout=subprocess.PIPE, text=True, process_group=0
    )
    assert server.stdout is not None
    assert "Airflow" in server.stdout.readline()
    assert server.stdout.readline() == "(Ctrl-C ends it)\n"
    server.send_signal(signal.SIGINT)
    assert server.wait(20) == 0
    assert running(server.pid) == []
