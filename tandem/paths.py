"""Where things lie: the checkout, its state folder, and the cache that all checkouts of this machine share."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".tandem"
"""Logs, generated values and process ids of this checkout; not in git, removed by `make down`."""

CACHE = Path(os.environ.get("TANDEM_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tandem")
"""Built tools, base images and virtual environments, by content hash; removed by `make clean`."""

TOOLS = CACHE / "bin"
"""Where kind, helm and kubectl go that Tandem built itself."""


@cache
def versions() -> dict[str, Any]:
    """The pins of versions.toml."""
    return tomllib.loads((ROOT / "versions.toml").read_text())
