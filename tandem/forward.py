"""A port of this machine that leads to a Service of the cluster, for as long as it is wanted."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from types import TracebackType

from tandem import console, kube, ports, shell
from tandem.errors import TandemError

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds before a new attempt: the first after a connection that worked, and the longest after many that did not."""


class Forward:
    """`kubectl port-forward` that is started again whenever it ends, on the same local port: pods may come and go.

    :param service: name of the Service, or `pod/NAME` to reach one pod
    :param target: port of the Service
    :param port: the local port that is wanted; the next free one is taken when it is in use, any when None
    :param within: seconds that the first connection may take

    As a context manager it is connected when the block starts, or raises TandemError with kubectl's words.
    """

    def __init__(self, service: str, target: int, port: int | None = None, *, namespace: str = kube.NAMESPACE, within: float = 60) -> None:
        self.service = service
        self.target = target
        self.port = ports.choose(port)
        self.namespace = namespace
        self.within = within
        self.connections = 0
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._last = ""
        self._thread = threading.Thread(target=self._keep, name=f"forward {service}", daemon=True)

    def __enter__(self) -> Forward:
        self._thread.start()
        try:
            self.wait_for_connection(1)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where a browser finds the Service."""
        return f"http://localhost:{self.port}"

    def wait_for_connection(self, number: int) -> None:
        """Return when kubectl has connected for the `number`th time; raises TandemError when that takes too long."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.connections >= number, self.within):
                raise TandemError(f"no connection to service {self.service}: {self._last or 'kubectl says nothing'}", "see `make status`")

    def stop(self) -> None:
        """End the port-forward and everything that belongs to it; may be called more than once."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
        if self._thread.is_alive():
            self._thread.join(10)

    def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            before = self.connections
            started = time.monotonic()
            try:
                self._connect_once()
            except (TandemError, OSError) as problem:
                self._last = str(problem)
            worked = self.connections > before and time.monotonic() - started > LONGEST_PAUSE
            pause = FIRST_PAUSE if worked else min(pause * 2, LONGEST_PAUSE)
            self._stopping.wait(pause)

    def _connect_once(self) -> None:
        place = self.service if "/" in self.service else f"service/{self.service}"
        words = kube.command("port-forward", "--namespace", self.namespace, place, f"{self.port}:{self.target}")
        process = self._process = subprocess.Popen(
            [str(word) for word in words],
            env=shell.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdout is not None
        try:
            # The order matters: stop() may have looked for a process just before this one was known.
            if self._stopping.is_set():
                return
            for line in process.stdout:
                self._read(line.strip(), process)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()

    def _read(self, line: str, process: subprocess.Popen[str]) -> None:
        if line.startswith("Forwarding from"):
            with self._changed:
                self.connections += 1
                self._changed.notify_all()
        elif line and not line.startswith("Handling connection"):
            console.log(f"{self.service}: {line}")
            self._last = line
            # kubectl stays although its connection to the pod is of no use any more.
            if "error creating" in line or "lost connection" in line:
                process.terminate()
