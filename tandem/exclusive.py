"""One verb that changes the machine at a time, whichever checkout or terminal it was started from."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator

from tandem.errors import TandemError
from tandem.paths import CACHE, ROOT

LOCK = CACHE / "lock"


@contextlib.contextmanager
def exclusive(verb: str) -> Iterator[None]:
    """Hold the machine's lock during the block; raises TandemError that says who holds it.

    The lock belongs to the open file, so the operating system gives it back however this process ends.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with LOCK.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise TandemError(
                f"{_holder(file.read())} is at work on this machine", "wait for it to end, or end it with Ctrl-C, then try again"
            ) from None
        file.truncate(0)
        file.write(json.dumps({"verb": verb, "pid": os.getpid(), "checkout": str(ROOT), "since": time.strftime("%H:%M:%S")}))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _holder(record: str) -> str:
    """The holder in words; a holder that has not yet written who it is stays unnamed."""
    try:
        holder = json.loads(record)
        return f"`make {holder['verb']}` in {holder['checkout']} (process {holder['pid']}, since {holder['since']})"
    except (ValueError, KeyError, TypeError):
        return "another `make`"
