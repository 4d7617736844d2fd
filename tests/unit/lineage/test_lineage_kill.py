"""Both directions at once, whatever is killed when: each event once, in order."""

from collections.abc import Callable
from contextlib import suppress

import dagster as dg
import pytest
from airflow_events_server import AirflowEventsServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lineage_loop import Instances, Loop, in_dagster, own

from lineage import batch as batching
from lineage import carry as carrying
from lineage.errors import LineageError
from lineage.links import TO_DAGSTER
from lineage.push import Pusher

NAMES = [link.name for link in TO_DAGSTER]
FAULTS = ["401", "403", "500", "500 after", "cut", "cut after", "not json"]
REQUESTS = [("GET", "/assets/events"), ("GET", "/assets"), ("POST", "/assets/events"), ("POST", "/auth/token")]

steps = st.one_of(
    st.tuples(st.just("airflow event"), st.sampled_from(NAMES)),
    st.tuples(st.just("materialization"), st.sampled_from(["taxi_trips", "manhattan_map", "adhoc_request"])),
    st.tuples(st.just("begin"), st.sampled_from(NAMES)),
    st.tuples(st.just("commit"), st.none()),
    st.tuples(st.just("carry"), st.none() | st.integers(0, 4)),
    st.tuples(st.just("push"), st.booleans()),
    st.tuples(st.just("fault"), st.tuples(st.sampled_from(REQUESTS), st.sampled_from(FAULTS))),
    st.tuples(st.just("new code server"), st.none()),
    st.tuples(st.just("lost cursors"), st.none()),
)


class World:
    """Both sides, and what can happen to them."""

    def __init__(self, loop: Loop, server: AirflowEventsServer) -> None:
        self.loop, self.server = loop, server
        self.uncommitted: list[dict[str, object]] = []

    def do(self, what: str, detail: object) -> None:
        """One step. A tick may fail; it must not lose or double anything by that."""
        actions: dict[str, Callable[[], object]] = {
            "airflow event": lambda: self.server.event(
                str(detail), month="2023-01", weeks=[{"period": "2023-01-01"}, {"period": "2023-01-08"}]
            ),
            "materialization": lambda: self.loop.daemon.report_runless_asset_event(dg.AssetMaterialization(str(detail))),
            "begin": lambda: self.uncommitted.append(self.server.begin(str(detail), {})),
            "commit": lambda: self.uncommitted and self.server.commit(self.uncommitted.pop(0)),
            "carry": lambda: self.loop.carry(writes=detail if isinstance(detail, int) else None),
            "push": lambda: self.loop.push(kept=bool(detail)),
            "fault": lambda: self.server.faults.append((*detail[0], detail[1])),  # type: ignore[index]
            "new code server": self.new_code_server,
            "lost cursors": self.lose_cursors,
        }
        with suppress(LineageError):
            actions[what]()

    def new_code_server(self) -> None:
        self.loop.end()
        self.loop.pusher, self.loop.airflow = Pusher(quiet_seconds=0), self.server.client()

    def lose_cursors(self) -> None:
        self.loop.carried = self.loop.pushed = None

    def rest(self) -> None:
        """Let everything come to an end."""
        while self.uncommitted:
            self.do("commit", None)
        self.server.faults.clear()
        self.loop.settle(self.loop.carry)
        self.loop.settle(self.loop.push)
        self.loop.settle(self.loop.carry)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(script=st.lists(steps, max_size=25))
def test_should_carry_each_once_in_order_whatever_happens(
    instances: Instances, airflow_server: AirflowEventsServer, monkeypatch: pytest.MonkeyPatch, script: list[tuple[str, object]]
) -> None:
    # Small enough that ticks end in the middle of what there is.
    monkeypatch.setattr(batching, "MOST", 3)
    monkeypatch.setattr(carrying, "MOST", 3)
    instances.empty()
    airflow_server.events.clear()
    airflow_server.faults.clear()
    airflow_server.page = 2
    with Loop(instances.daemon, instances.code, airflow_server.client(), Pusher(quiet_seconds=0)) as loop:
        world = World(loop, airflow_server)
        for what, detail in script:
            world.do(what, detail)
        world.rest()
        emitted = [event["id"] for event in airflow_server.events if "dagster_event" not in event["extra"]]
        late = any(what == "begin" for what, _ in script)
        for name in NAMES:
            found = in_dagster(loop.daemon, name)
            assert len(set(found)) == len(found), "doubled"
            ids = [int(identity.partition("@")[0]) for identity, _ in found]
            # An event that was committed after others with later times comes after them.
            assert late or ids == sorted(ids), "out of order"
            want = [number for number in emitted if event_asset(airflow_server, number) == name]
            assert set(ids) == set(want), "lost"
        assert airflow_server.received() == own(loop.daemon)


def event_asset(server: AirflowEventsServer, number: int) -> str:
    """The asset of an Airflow event."""
    return str(next(event["name"] for event in server.events if event["id"] == number))
