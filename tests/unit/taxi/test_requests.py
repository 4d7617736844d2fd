"""Requests that can be answered are understood; all others are refused in one sentence."""

import json
import posixpath
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxi import requests, sample_zones, zones
from taxi.errors import MalformedRequest
from taxi.requests import AdhocRequest

GOOD = {"borough": "Staten Island", "start_date": "2023-01-10", "end_date": "2023-01-25"}


def parsed(name: str = "question.json", **changes: Any) -> AdhocRequest:
    return requests.parse(json.dumps(GOOD | changes).encode(), name)


def test_a_request_is_understood() -> None:
    expected = AdhocRequest("question", "Staten Island", date(2023, 1, 10), date(2023, 1, 25))
    assert parsed() == expected
    assert parsed("s3://requests/some/where/question.json") == expected
    assert parsed("other.json", filename="question") == expected
    assert parsed(filename="question.png", name="x") == expected
    assert parsed(borough=" staten ISLAND") == expected
    assert parsed(end_date="2023-01-10").end_date == date(2023, 1, 10)
    assert parsed("Wie viele (März) 1.2.json").filename == "Wie viele (März) 1.2"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "not JSON"),
        (b"borough: Manhattan", "not JSON"),
        (b"\xff\xfe\xfa", "not JSON: not text in UTF-8"),
        (b"[1, 2]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"borough": "' + b"x" * 1_000_000 + b'"}', "1,000,015 bytes long; at most 1,000,000"),
        (b'{"borough": "Bronx", "borough": "EWR"}', "'borough' twice"),
        (b"{}", "has no borough, start_date, end_date"),
        (b'{"borough": "Bronx", "start_date": ' + b"1" * 5000 + b"}", "not JSON"),
    ],
)
def test_what_is_no_request_is_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(MalformedRequest, match=sentence):
        requests.parse(body, "question.json")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"borough": "Manhatten"}, "no borough 'Manhatten'; there are Bronx, Brooklyn, EWR, Manhattan, Queens, Staten Island"),
        ({"borough": "Bronx' OR 1=1 --"}, "there is no borough"),
        ({"borough": None}, "no borough None"),
        ({"borough": "\ud800\n" * 500}, "there is no borough"),
        ({"colour": "red"}, "unknown key 'colour'; it may have filename, borough, start_date, end_date"),
        ({"start_date": "2023-02-30"}, "start_date 2023-02-30 is not a day of the calendar"),
        ({"start_date": "2023-2-3"}, "must be a day written like 2023-01-31, not '2023-2-3'"),
        ({"start_date": "20230110"}, "must be a day"),
        ({"start_date": "2023-W01-1"}, "must be a day"),
        ({"end_date": 20230125}, "must be a day written like 2023-01-31, not 20230125"),
        ({"end_date": "2023-01-09"}, "end_date 2023-01-09 lies before the start_date 2023-01-10"),
        ({"filename": "../../raw/taxi"}, "filename '../../raw/taxi' cannot name a file"),
        ({"filename": "/etc/passwd"}, "cannot name a file"),
        ({"filename": "..png"}, "cannot name a file"),
        ({"filename": "a\\b"}, "cannot name a file"),
        ({"filename": "a\nb"}, "cannot name a file"),
        ({"filename": "a?b"}, "cannot name a file"),
        ({"filename": "x" * 101}, "cannot name a file"),
        ({"filename": 5}, "filename 5 cannot name a file"),
        ({"filename": [".json"]}, "cannot name a file"),
    ],
)
def test_what_cannot_be_answered_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(MalformedRequest, match=sentence) as caught:
        parsed(**changes)
    assert len(str(caught.value)) < 300
    assert str(caught.value).encode().count(b"\n") == 0


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(MalformedRequest, match=r"the name of the request '\.json' cannot name a file"):
        parsed(".json")


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from(["Bronx", "2023-01-01", "../x"]),
    lambda values: st.lists(values) | st.dictionaries(st.sampled_from(requests.KEYS) | st.text(), values),
)


def refusal(work: Callable[[], AdhocRequest]) -> str | AdhocRequest:
    """The sentence, or else the request."""
    try:
        return work()
    except MalformedRequest as error:
        return str(error)


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()), st.text())
def test_anything_is_either_a_sound_request_or_refused_in_one_line(body: bytes, name: str) -> None:
    outcome = refusal(lambda: requests.parse(body, name))
    if isinstance(outcome, str):
        assert "\n" not in outcome
        assert len(outcome) < 400
        assert outcome.encode().decode() == outcome
    else:
        assert outcome.borough in requests.BOROUGHS
        assert outcome.start_date <= outcome.end_date


@given(st.text() | st.sampled_from(["..", ".", "a/..", "a\0", "a ", "ä.json"]))
def test_a_filename_stays_in_its_folder(name: str) -> None:
    outcome = refusal(lambda: requests.from_values(GOOD | {"filename": name}, "question"))
    if not isinstance(outcome, str):
        assert posixpath.normpath(f"adhoc/{outcome.filename}.png") == f"adhoc/{outcome.filename}.png"
        assert outcome.filename.isprintable()


def test_the_boroughs_are_those_of_the_real_zones() -> None:
    rows = zones.read(sample_zones.packaged())
    assert sorted({zone.borough for zone in rows}) == list(requests.BOROUGHS)
