"""A server of a test's own, at work in a thread for as long as the test needs it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

S = TypeVar("S", bound=socketserver.BaseServer)


@contextmanager
def serving(server: S, ending: threading.Event) -> Iterator[S]:
    """The server at work. In the end `ending` is set, for the answers that it holds back until then."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        ending.set()
        server.shutdown()
        thread.join()
