"""Ending soon when a signal asks for it, whatever the process is just doing."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from common import duck

GRACE = 8.0  # seconds; Kubernetes kills after 30, unless a pod says otherwise
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(SystemExit):
    """A signal asked the process to end; its code is 128 plus the signal's number.

    A SystemExit, because psycopg cancels a running statement for that.
    """


@contextmanager
def on_signals(sentence: str) -> Iterator[None]:
    """Let SIGTERM and SIGINT raise Stopped within, so that open transactions are rolled back.

    They must be handled anyway: the process is number 1 of its container, which the kernel protects from other signals. But
    Python handles one only when no statement of DuckDB holds the main thread. So a second thread is told of it at once: it
    interrupts the statements, and ends the process if it is still there after a grace period.

    :param sentence: what is printed then, with `{name}` for the signal's name
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    receiver, sender = os.pipe()
    os.set_blocking(sender, False)
    handlers = {number: signal.signal(number, stop) for number in SIGNALS}
    before = signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
    over = threading.Event()
    watcher = threading.Thread(target=watch, args=[receiver, sentence, over], daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        os.close(sender)  # which wakes the watcher
        watcher.join()
        os.close(receiver)


def stop(number: int, _frame: object) -> NoReturn:
    for further in SIGNALS:
        signal.signal(further, signal.SIG_IGN)
    raise Stopped(128 + number)


def watch(receiver: int, sentence: str, over: threading.Event) -> None:
    """Wait for a signal's number, then see to it that the process ends."""
    number = next((byte for byte in os.read(receiver, 1) if byte in SIGNALS), None)
    if number is None:
        return
    deadline = time.monotonic() + GRACE
    while not over.wait(0.2) and time.monotonic() < deadline:
        duck.interrupt()
    if not over.is_set():
        print(sentence.format(name=signal.Signals(number).name), file=sys.stderr, flush=True)
        os._exit(128 + number)


def behind(error: BaseException) -> Stopped | None:
    """The Stopped that an error came of: DuckDB makes errors of its own of it. None if there is none."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, Stopped):
        cause = cause.__cause__ or cause.__context__
    return cause
