"""The content of an interval as a pure function: ranges, determinism, ids."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.generate import SYMBOLS, Content, RowRange
from fraud.interval import Interval, last_complete
from fraud.labels import is_fraudulent

START = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
HALF_HOUR = Interval(START, START + timedelta(minutes=30))

starts = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)
intervals = st.builds(lambda start, minutes: Interval(start, start + timedelta(minutes=minutes)), starts, st.integers(1, 3000))
row_ranges = st.tuples(st.integers(1, 30), st.integers(1, 30)).map(lambda ends: RowRange(min(ends), max(ends)))
contents = st.builds(Content, intervals, st.integers(1, 30), row_ranges, st.integers(0, 5))


def text_of(content: Content) -> str:
    return "".join(lines for _, lines in content.copy_chunks())


@given(contents)
def test_every_row_keeps_the_rules(content):
    seen = dict.fromkeys(range(1, content.users + 1), 0)
    for seq, line in enumerate(text_of(content).splitlines()):
        transaction_id, user_id, date, amount, symbol, interval_start, interval_seq = line.split("\t")
        assert int(transaction_id) == content.interval.minute * 10_000_000 + seq
        assert int(interval_seq) == seq
        assert datetime.fromisoformat(interval_start) == content.interval.start
        assert content.interval.start <= datetime.fromisoformat(date + "+00:00") < content.interval.end
        assert Decimal("5.00") <= Decimal(amount) <= Decimal("500.00")
        assert symbol in SYMBOLS
        seen[int(user_id)] += 1
    assert all(content.rows_per_user.least <= rows <= content.rows_per_user.most for rows in seen.values())


@given(contents)
def test_the_same_parameters_give_the_same_rows_and_their_checksum(content):
    text = text_of(content)
    assert text == text_of(Content(content.interval, content.users, content.rows_per_user, content.seed))
    fields = [line.split("\t") for line in text.splitlines()]
    checksum = content.checksum()
    assert checksum.rows == len(fields)
    assert checksum.user_ids == sum(int(row[1]) for row in fields)
    assert checksum.cents == sum(Decimal(row[3]) * 100 for row in fields)


@given(intervals, intervals)
def test_ids_of_different_starts_never_meet(one, other):
    if one.start != other.start:
        assert abs(one.first_id - other.first_id) >= 10_000_000


def test_a_default_run_has_ten_users_and_50_to_200_rows():
    half_hours = [START + i * timedelta(minutes=30) for i in range(200)]
    counts = [Content(Interval(start, start + timedelta(minutes=30))).checksum().rows for start in half_hours]
    assert min(counts) >= 50
    assert max(counts) <= 200
    assert {row[0] for row in Content(HALF_HOUR).rows()} == set(range(1, 11))
    assert len(set(counts)) > 20


def test_values_reach_both_ends_of_their_ranges():
    rows = list(Content(HALF_HOUR, 20_000, RowRange(20, 20)).rows())
    assert {row[2] for row in rows} >= {500, 50_000}
    assert {row[1] for row in rows} == set(range(1800))
    assert {row[3] for row in rows} == set(SYMBOLS)


def test_the_content_is_the_same_in_every_version_and_on_every_machine():
    # A retry after an upgrade must recognise the rows that the version before wrote. If this fails, so would that retry.
    digest = hashlib.sha256(text_of(Content(HALF_HOUR)).encode()).hexdigest()
    assert digest == "f4bddefbf98a253f4b551439cf5cfc11a6302affcdddb1817ebe19eba71b69a6"
    labels = "".join(f"{is_fraudulent(HALF_HOUR.first_id + seq, 0.5):d}" for seq in range(32))
    assert labels == "11101100011001011101101001110010"


@pytest.mark.parametrize("other", [Content(HALF_HOUR, 11), Content(HALF_HOUR, 10, RowRange(5, 21)), Content(HALF_HOUR, seed=1)])
def test_other_parameters_give_other_rows(other):
    assert other.checksum() != Content(HALF_HOUR).checksum()


@given(st.integers(-(2**63), 2**63 - 1), st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**63 - 1))
def test_a_label_depends_on_id_rate_and_seed_and_a_higher_rate_only_adds_fraud(transaction_id, one, other, seed):
    low, high = min(one, other), max(one, other)
    assert is_fraudulent(transaction_id, low, seed) <= is_fraudulent(transaction_id, high, seed)
    assert not is_fraudulent(transaction_id, 0.0, seed)
    assert is_fraudulent(transaction_id, 1.0, seed)


@pytest.mark.parametrize("rate", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("seed", [0, 7])
def test_the_share_of_fraud_is_the_rate(rate, seed):
    share = sum(is_fraudulent(HALF_HOUR.first_id + seq, rate, seed) for seq in range(20_000)) / 20_000
    assert share == pytest.approx(rate, abs=0.02)


def test_the_seed_changes_labels():
    labels = [[is_fraudulent(HALF_HOUR.first_id + seq, 0.5, seed) for seq in range(100)] for seed in (0, 1)]
    assert labels[0] != labels[1]


@given(st.datetimes(min_value=datetime(2001, 1, 1), max_value=datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC)))
def test_the_last_complete_interval_is_a_half_hour_that_has_ended(now):
    interval = last_complete(now)
    assert interval.end <= now < interval.end + timedelta(minutes=30)
    assert interval.end - interval.start == timedelta(minutes=30)
    assert interval.end.minute in (0, 30)
