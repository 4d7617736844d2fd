"""The sensor's memory: which request files it has dealt with already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from taxi.store import Object

KEPT = 1000
SETTLED = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run_key(found: Object) -> str:
    """Names a file's content at its address: the same for the same file, another after each change, even within one second."""
    return f"{found.uri} {found.modified.astimezone(UTC).isoformat()} {found.etag}"


def digest(found: Object) -> str:
    """The run key in twelve characters, since a copy of the memory is kept with every tick."""
    return hashlib.sha256(run_key(found).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Answered:
    """Files dealt with, by their digests. It compares no clocks, so files of one second and of clocks that differ are safe.

    Only of more than a thousand files are the oldest remembered by their age instead: what is older than `before` counts as
    dealt with, which is always more than a day before the newest file. Dagster itself remembers run keys too, as long as it keeps
    the runs: whatever happens between the start of a run and the storage of this memory, no run is started twice.
    """

    digests: frozenset[str] = frozenset()
    before: datetime = EPOCH

    @classmethod
    def read(cls, cursor: str | None) -> Answered:
        """A cursor that cannot be read counts as none: Dagster's own memory of run keys then prevents a second run."""
        try:
            values = json.loads(cursor or "{}")
            return cls(frozenset(values.get("digests", ())), datetime.fromisoformat(values.get("before", EPOCH.isoformat())))
        except (ValueError, TypeError, AttributeError):
            return cls()

    def __contains__(self, found: Object) -> bool:
        return found.modified < self.before or digest(found) in self.digests

    def after(self, present: Iterable[Object], dealt_with: Iterable[Object]) -> str:
        """The cursor that remembers more files, and forgets those that are no longer there."""
        present, dealt_with = set(present), set(dealt_with)
        kept = sorted((found for found in present if found in self or found in dealt_with), key=lambda found: found.modified)
        before = self.before
        if len(kept) > KEPT:
            oldest_open = min((found.modified for found in present.difference(kept)), default=kept[-1].modified)
            before = max(before, min(kept[-KEPT].modified, kept[-1].modified - SETTLED, oldest_open))
        digests = sorted(digest(found) for found in kept if found.modified >= before)
        return json.dumps({"before": before.isoformat(), "digests": digests}, separators=(",", ":"))
