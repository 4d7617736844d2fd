"""How far each direction has come. Dagster keeps these after a tick; a tick that does not end well leaves the ones before."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from lineage.events import AirflowEvent

WINDOW = timedelta(minutes=5)
"""How much later than its own time an Airflow event may become visible. Times are given before the commit."""


@dataclass(frozen=True)
class Carried:
    """Which Airflow events Dagster has.

    :param floor: all events before this time are dealt with
    :param recent: identities of those since then that are dealt with
    :param newest: the number of an event in Dagster; what a tick that was cut off may have written comes after it
    """

    floor: datetime | None = None
    recent: frozenset[str] = frozenset()
    newest: int = 0

    @classmethod
    def read(cls, text: str | None) -> Self:
        """From what Dagster has kept; the beginning of everything if that is nothing."""
        if not text:
            return cls()
        found = json.loads(text)
        return cls(datetime.fromisoformat(found["floor"]) if found["floor"] else None, frozenset(found["recent"]), found["newest"])

    def write(self) -> str:
        """For Dagster to keep."""
        floor = self.floor.isoformat() if self.floor else None
        return json.dumps({"floor": floor, "recent": sorted(self.recent), "newest": self.newest}, separators=(",", ":"))

    def after(self, done: Iterable[AirflowEvent], until: datetime, newest: int) -> Self:
        """The cursor once more events are dealt with.

        :param until: all events before this time that could be seen are dealt with
        """
        times = {identity: datetime.fromisoformat(identity.partition("@")[2]) for identity in self.recent}
        times |= {event.identity: event.at for event in done}
        floor = max(until - WINDOW, self.floor) if self.floor else until - WINDOW
        # While there is nothing below it to forget, an old floor costs nothing, and sees what comes later still.
        if self.floor and all(at >= floor for at in times.values()):
            floor = self.floor
        return replace(self, floor=floor, recent=frozenset(name for name, at in times.items() if at >= floor), newest=newest)


@dataclass(frozen=True)
class Pushed:
    """Which materializations Airflow has.

    :param upto: asset -> the number of the last event that is dealt with
    :param since: a time of Airflow's clock; what a tick that was cut off may have written comes after it
    """

    upto: Mapping[str, int] = field(default_factory=dict)
    since: datetime | None = None

    @classmethod
    def read(cls, text: str | None) -> Self:
        """From what Dagster has kept; the beginning of everything if that is nothing."""
        if not text:
            return cls()
        found = json.loads(text)
        return cls(found["upto"], datetime.fromisoformat(found["since"]) if found["since"] else None)

    def write(self) -> str:
        """For Dagster to keep."""
        return json.dumps({"upto": dict(self.upto), "since": self.since.isoformat() if self.since else None}, separators=(",", ":"))

    def after(self, upto: Mapping[str, int], since: datetime | None) -> Self:
        """The cursor once more events are dealt with."""
        return replace(self, upto={**self.upto, **upto}, since=since or self.since)
