"""The JSON file that tells whoever started a command what came of it."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from taxi.errors import TaxiError
from taxi.months import Month


class ResultFile:
    """A file that appears whole or not at all. Made before the work, so that an unwritable place is known in time."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        if path is not None and (path.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK)):
            raise TaxiError(f"cannot write the result file {path}: {'it is a folder' if path.is_dir() else 'its folder is not writable'}")

    def write(self, result: Any) -> None:
        """Write the result of a command, a dataclass or a dict or list of them."""
        if self.path is None:
            return
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            with os.fdopen(handle, "w") as file:
                json.dump(plain(result), file)
            Path(name).chmod(0o644)
            Path(name).replace(self.path)
        except OSError as error:
            raise TaxiError(f"the work is done, but the result file {self.path} is not written: {error.strerror}") from error


def plain(value: Any) -> Any:
    """The value in JSON's types. Pictures are left out: they lie in the object store."""
    if isinstance(value, Month):
        return str(value)
    if dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: plain(item) for name, item in fields.items() if not isinstance(item, bytes)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
