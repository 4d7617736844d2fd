"""Ports of this machine."""

from __future__ import annotations

import socket


def is_free(port: int) -> bool:
    """Whether a program could listen on this port of localhost."""
    with socket.socket() as client:
        client.settimeout(1)
        # On some systems a port can be bound although a program listens on the same port of every address.
        if client.connect_ex(("127.0.0.1", port)) == 0:
            return False
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as server:
                # As the programs do that will listen: connections that have just ended do not count.
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.bind((address, port))
        except OSError:
            if family == socket.AF_INET:
                return False
    return True


def choose(preferred: int | None = None) -> int:
    """The preferred port, or the next free one of the hundred above it; without a preference any free port."""
    if preferred is not None:
        for port in range(preferred, min(preferred + 100, 65536)):
            if is_free(port):
                return port
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])
