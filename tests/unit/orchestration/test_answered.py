"""The sensor's memory by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from taxi.orchestration.answered import KEPT, Answered, run_key
from taxi.store import Object

NOON = datetime(2023, 1, 1, 12, tzinfo=UTC)


def file(number: int, modified: datetime = NOON, etag: str = "e") -> Object:
    return Object(f"s3://requests/{number:05}.json", 10, modified, etag)


def test_it_remembers_what_was_dealt_with_and_nothing_else() -> None:
    first, second = file(1), file(2)
    found = Answered.read(Answered().after([first, second], [first]))
    assert first in found
    assert second not in found


def test_a_change_of_time_or_content_makes_another_file() -> None:
    keys = {run_key(found) for found in (file(1), file(1, etag="f"), file(1, NOON + timedelta(seconds=1)), file(2))}
    assert len(keys) == 4


def test_it_forgets_files_that_are_gone() -> None:
    found = Answered.read(Answered().after([file(1), file(2)], [file(1), file(2)]))
    assert json.loads(found.after([file(2)], []))["digests"] == json.loads(Answered().after([file(2)], [file(2)]))["digests"]


@pytest.mark.parametrize("cursor", [None, "", "nonsense", "[]", '{"before": 3}', '{"digests": 3}', '{"before": "yesterday"}'])
def test_a_cursor_that_cannot_be_read_counts_as_none(cursor: str | None) -> None:
    assert file(1) not in Answered.read(cursor)


def test_it_stays_small_and_forgets_nothing_when_there_are_many_files() -> None:
    files = [file(number, NOON + timedelta(hours=number)) for number in range(3 * KEPT)]
    cursor = Answered().after(files, files)
    assert len(json.loads(cursor)["digests"]) <= KEPT
    assert all(found in Answered.read(cursor) for found in files)
    assert file(9 * KEPT, NOON + timedelta(hours=3 * KEPT)) not in Answered.read(cursor)


def test_an_old_file_that_still_waits_is_not_taken_for_one_that_was_dealt_with() -> None:
    files = [file(number, NOON + timedelta(hours=number)) for number in range(2 * KEPT)]
    waiting = files[5]
    cursor = Answered().after(files, [found for found in files if found != waiting])
    assert waiting not in Answered.read(cursor)


def test_a_thousand_files_of_one_moment_are_remembered_one_by_one() -> None:
    files = [file(number) for number in range(KEPT + 500)]
    found = Answered.read(Answered().after(files, files))
    assert all(each in found for each in files)
    assert file(99999) not in found
