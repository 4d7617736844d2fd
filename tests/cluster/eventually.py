"""Waiting for something to become true, with a deadline and a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(what: str, look: Callable[[], T | None], *, within: float, every: float = 0.5) -> T:
    """Call `look` until it returns something true, and return that.

    `within` and `every` are seconds. An AssertionError of `look` counts as "not yet"; the last one is told when time is up.
    """
    deadline = time.monotonic() + within
    last: object = None
    while True:
        try:
            if found := look():
                return found
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:.0f} s: {what}" + (f" ({last})" if last else ""))
        time.sleep(every)
