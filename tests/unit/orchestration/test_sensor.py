"""The sensor of requests with a real object store: each file becomes one run, or is rejected once, whatever happens in between."""

from __future__ import annotations

import json
import time
from typing import Any

import dagster as dg
import pytest
import servers

from taxi.errors import TaxiError
from taxi.orchestration.definitions import defs
from taxi.orchestration.resources import ObjectStore
from taxi.orchestration.sensors import FILES_A_TICK, adhoc_request_sensor
from taxi.requests import MAX_BYTES
from taxi.settings import Settings
from taxi.store import Store

QUESTION = {"borough": "Queens", "start_date": "2023-01-10", "end_date": "2023-01-20"}


def ask(store: Store, name: str, **changed: Any) -> str:
    """Put a request into the object store; its URI."""
    uri = f"{store.settings.requests}/{name}"
    store.put(uri, json.dumps(QUESTION | changed).encode())
    return uri


def tick(cursor: str | None = None) -> Any:
    """What the sensor makes of the requests: run requests, skip message, cursor."""
    with dg.build_sensor_context(cursor=cursor, resources={"store": ObjectStore()}) as context:
        return adhoc_request_sensor.evaluate_tick(context)


def names(store: Store, folder: str = "") -> list[str]:
    """What lies in the folder of requests, or in one below it."""
    root = f"{store.settings.requests}/"
    return [found.uri.removeprefix(root) for found in store.list(root + folder)]


def test_a_file_becomes_one_run(store: Store) -> None:
    uri = ask(store, "evening.json")
    first = tick()
    (request,) = first.run_requests
    assert request.run_config["ops"] == {"adhoc_request": {"config": {"filename": "evening", **QUESTION}}}
    assert request.tags["taxi/request"] == uri
    assert dg.validate_run_config(defs.resolve_job_def("adhoc_request_job"), request.run_config)
    second = tick(first.cursor)
    assert second.run_requests == []
    assert "no new request" in second.skip_message
    # Dagster knows a run key again, should the cursor be lost between the start of the run and its storage.
    assert [again.run_key for again in tick().run_requests] == [request.run_key]
    assert names(store) == ["evening.json"]


def test_a_file_that_changes_becomes_another_run(store: Store) -> None:
    """Also within the same second, which is all that the store's clock tells."""
    ask(store, "evening.json")
    first = tick()
    ask(store, "evening.json", borough="Bronx")
    second = tick(first.cursor)
    assert second.run_requests[0].run_config["ops"]["adhoc_request"]["config"]["borough"] == "Bronx"
    assert second.run_requests[0].run_key != first.run_requests[0].run_key
    assert tick(second.cursor).run_requests == []


def test_files_of_one_second_are_all_seen(store: Store) -> None:
    ask(store, "b.json")
    first = tick()
    ask(store, "a.json")
    ask(store, "c.json")
    assert [request.tags["taxi/request"].rpartition("/")[2] for request in tick(first.cursor).run_requests] == ["a.json", "c.json"]


def test_a_malformed_file_is_rejected_once_with_its_reason(store: Store) -> None:
    ask(store, "bad.json", borough="Atlantis")
    first = tick()
    assert first.run_requests == []
    assert "bad.json" in first.skip_message
    assert "Atlantis" in first.skip_message
    assert names(store) == ["rejected/bad.json", "rejected/bad.json.reason.txt"]
    assert "Atlantis" in store.get(f"{store.settings.requests}/rejected/bad.json.reason.txt").decode()
    assert json.loads(store.get(f"{store.settings.requests}/rejected/bad.json"))["borough"] == "Atlantis"
    assert "bad.json" not in tick(first.cursor).skip_message


def test_a_malformed_file_does_not_hold_up_a_good_one(store: Store) -> None:
    store.put(f"{store.settings.requests}/a.json", b"\xff{")
    ask(store, "b.json")
    found = tick()
    assert [request.tags["taxi/request"].rpartition("/")[2] for request in found.run_requests] == ["b.json"]
    assert names(store) == ["b.json", "rejected/a.json", "rejected/a.json.reason.txt"]


def test_a_file_that_is_mended_after_its_rejection_becomes_a_run(store: Store) -> None:
    ask(store, "bad.json", start_date="2023-02-30")
    first = tick()
    ask(store, "bad.json")
    assert len(tick(first.cursor).run_requests) == 1


@pytest.mark.parametrize("step", ["put", "move", "delete_object"])
def test_a_tick_that_dies_while_it_rejects_is_made_good_by_the_next(store: Store, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the reason is written, before the move, and between the move's copy and its deletion."""
    ask(store, "bad.json", borough="Atlantis")
    with monkeypatch.context() as patch:

        def die(*_: object, **__: object) -> None:
            raise TaxiError("the store went away")

        if step == "delete_object":
            whole = Store.move

            def move(self: Store, *arguments: str) -> bool:
                self.client.delete_object = die
                return whole(self, *arguments)

            patch.setattr(Store, "move", move)
        else:
            patch.setattr(Store, step, die)
        with pytest.raises(TaxiError, match="went away"):
            tick()
    assert "bad.json" in names(store)
    found = tick()
    assert found.run_requests == []
    assert names(store) == ["rejected/bad.json", "rejected/bad.json.reason.txt"]


def test_an_enormous_file_is_rejected_without_being_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(f"{store.settings.requests}/big.json", b" " * (MAX_BYTES + 1))
    monkeypatch.setattr(Store, "get", lambda *_: pytest.fail("it was read"))
    assert "1,000,001 bytes" in tick().skip_message


def test_many_files_are_taken_in_turns(store: Store) -> None:
    uris = {ask(store, f"{number:02}.json") for number in range(FILES_A_TICK + 5)}
    first = tick()
    second = tick(first.cursor)
    assert [len(found.run_requests) for found in (first, second, tick(second.cursor))] == [FILES_A_TICK, 5, 0]
    assert {request.tags["taxi/request"] for request in [*first.run_requests, *second.run_requests]} == uris


def test_a_file_that_is_replaced_while_it_is_read_waits_for_the_next_tick(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(store, "evening.json", borough="Atlantis")
    whole = Store.get

    def get(self: Store, uri: str) -> bytes:
        body = whole(self, uri)
        ask(store, "evening.json")
        return body

    with monkeypatch.context() as patch:
        patch.setattr(Store, "get", get)
        first = tick()
    assert first.run_requests == []
    assert names(store) == ["evening.json"]
    assert len(tick(first.cursor).run_requests) == 1


def test_a_file_that_disappears_while_it_is_read_is_no_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = ask(store, "evening.json")
    whole = Store.is_version

    def look(*arguments: Any) -> bool:
        store.delete(uri)
        return whole(*arguments)

    monkeypatch.setattr(Store, "is_version", look)
    assert tick().run_requests == []


def test_a_file_that_is_mended_while_it_is_rejected_is_not_lost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(store, "evening.json", borough="Atlantis")
    whole = Store.put

    def put(self: Store, uri: str, content: bytes, content_type: str = "") -> None:
        whole(self, uri, content, content_type)
        if uri.endswith(".reason.txt"):
            whole(self, f"{store.settings.requests}/evening.json", MENDED)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put", put)
        first = tick()
    assert first.run_requests == []
    assert names(store) == ["evening.json"]
    assert len(tick(first.cursor).run_requests) == 1


MENDED = b'{"borough": "Manhattan", "start_date": "2023-01-01", "end_date": "2023-01-31"}'


def test_other_files_and_folders_are_left_alone(store: Store) -> None:
    for name in ("notes.txt", "rejected/old.json", "rejected/old.json.reason.txt", "folder/x.json"):
        store.put(f"{store.settings.requests}/{name}", b"?")
    before = names(store)
    assert tick().run_requests == []
    assert names(store) == before


def test_a_store_that_is_away_is_one_clear_error_within_the_tick(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{servers.free_port()}")
    begun = time.monotonic()
    with pytest.raises(TaxiError, match=r"cannot list s3://.* in the object store at http://127\.0\.0\.1") as raised:
        tick()
    assert time.monotonic() - begun < 30
    assert "\n" not in str(raised.value)
    assert raised.value.__suppress_context__
