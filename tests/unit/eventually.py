"""Waiting for what will be true soon."""

import time
from collections.abc import Callable


def eventually(check: Callable[[], object], what: str, seconds: float = 30, every: float = 0.02) -> None:
    """Wait until `check` gives something true; fail with `what` was expected when it does not in time."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(every)
