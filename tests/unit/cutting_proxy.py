"""A TCP proxy that breaks the connection after a number of bytes: every moment of a conversation at which a network can fail."""

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self


class CuttingProxy:
    """Forwards connections to a server of this machine until `budget` bytes of one direction have passed in total.

    :param target: the server's port
    :param budget: bytes, None for no limit
    :param direction: "requests" or "answers", the direction that is counted
    """

    def __init__(self, target: int, budget: int | None = None, direction: str = "requests") -> None:
        self.target, self.budget, self.direction = target, budget, direction
        self.passed = {"requests": 0, "answers": 0}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = str(self.listener.getsockname()[1])
        self.open: list[socket.socket] = []
        self.threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self.threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # A shutdown wakes the thread that waits in accept(), which a close alone does not.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._cut()
        for thread in self.threads:
            thread.join(10)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                self.open += [client, server]
                for pair in ((client, server, "requests"), (server, client, "answers")):
                    self.threads.append(threading.Thread(target=self._forward, args=pair, daemon=True))
                    self.threads[-1].start()

    def _forward(self, source: socket.socket, sink: socket.socket, direction: str) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                left = len(data)
                if self.budget is not None and direction == self.direction:
                    left = min(left, self.budget - self.passed[direction])
                self.passed[direction] += left
                sink.sendall(data[:left])
                if left < len(data):
                    self._cut()
                    return
            sink.shutdown(socket.SHUT_WR)

    def _cut(self) -> None:
        for connection in self.open:
            with contextlib.suppress(OSError):
                # With no time to linger, close sends a reset at once.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.shutdown(socket.SHUT_RDWR)
