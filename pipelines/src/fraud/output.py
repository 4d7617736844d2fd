"""What a run tells: lines for people, and a JSON file for whoever started it."""

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from fraud.errors import FraudError
from fraud.interval import Interval

PROGRESS_SECONDS = 5.0


class Progress:
    """Says how far a long write has come, every few seconds."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.begun = self.told = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def __call__(self, rows: int) -> None:
        if time.monotonic() - self.told >= PROGRESS_SECONDS:
            self.told = time.monotonic()
            print(f"… {rows:,} {self.what} so far, {self.seconds:.0f} s", flush=True)


class ResultFile:
    """A JSON file that appears whole or not at all. Made before the work, so that an unwritable place is known in time."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        if path is not None and (path.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK)):
            raise FraudError(f"cannot write the result file {path}: {'it is a folder' if path.is_dir() else 'its folder is not writable'}")

    def write(self, interval: Interval | None, **values: Any) -> None:
        """Write the values and the interval's ends (ISO 8601, UTC; null without an interval)."""
        if self.path is None:
            return
        values["interval_start"] = interval.start.isoformat() if interval else None
        values["interval_end"] = interval.end.isoformat() if interval else None
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            with os.fdopen(handle, "w") as file:
                json.dump(values, file)
            Path(name).chmod(0o644)
            Path(name).replace(self.path)
        except OSError as error:
            raise FraudError(f"the rows are written, but the result file {self.path} is not: {error.strerror}") from error
