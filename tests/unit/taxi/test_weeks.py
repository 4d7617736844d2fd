"""Weekly figures equal a plain computation, and one week's update leaves all others alone."""

import io
import logging
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd
import psycopg
import pytest
import servers
import taxi_rows
from hypothesis import given
from hypothesis import strategies as st

from taxi import trips, trips_file, weeks
from taxi.errors import TaxiError, UsageError
from taxi.months import Month
from taxi.settings import Settings
from taxi.store import Store

JANUARY = weeks.of_month(Month(2023, 1))
HEADER = weeks.HEADER.encode() + b"\n"


def lines(store: Store, settings: Settings) -> list[str]:
    return store.get(weeks.uri(settings)).decode().splitlines()


def test_weeks_of_a_month_are_those_that_touch_it() -> None:
    assert [str(day) for day in weeks.of_month(Month(2023, 2))] == ["2023-01-29", "2023-02-05", "2023-02-12", "2023-02-19", "2023-02-26"]
    assert [str(day) for day in JANUARY] == ["2023-01-01", "2023-01-08", "2023-01-15", "2023-01-22", "2023-01-29"]


@pytest.mark.parametrize("month", [Month(1, 1), Month(9999, 12)])
def test_the_ends_of_the_calendar_have_no_weeks(month: Month) -> None:
    with pytest.raises(UsageError, match="no whole weeks around"):
        weeks.of_month(month)


def test_only_sundays_begin_weeks(settings: Settings) -> None:
    with pytest.raises(UsageError, match="2023-01-04 is none; that week's Sunday is 2023-01-01"):
        weeks.update(settings, date(2023, 1, 4))


def test_sums_equal_pandas_over_all_months_that_hold_the_week(settings: Settings, store: Store, postgres_env: servers.Settings) -> None:
    frames = [taxi_rows.trips("2023-01", 4000, seed=1), taxi_rows.trips("2023-02", 3000, seed=2)]
    for frame in frames:
        taxi_rows.insert(settings, frame)
    both = pd.concat(frames)
    days = sorted({*JANUARY, *weeks.of_month(Month(2023, 2)), date(2022, 12, 25)})
    found = {week.period: week for week in weeks.update_all(settings, days)}
    for day in days:
        expected = taxi_rows.week_of(both, datetime.combine(day, datetime.min.time()))
        week = found[day]
        assert (week.num_trips, week.total_amount, week.trip_distance, week.passenger_count) == expected
    assert lines(store, settings) == [weeks.HEADER, *(found[day].line for day in days)]
    with psycopg.connect(servers.postgres_url(postgres_env)) as conn:
        published = conn.execute("SELECT * FROM trips_by_week WHERE period = ANY(%s) ORDER BY period", [days]).fetchall()
    assert [",".join(map(str, row)) for row in published] == [
        f"{week.period},{week.num_trips},{week.total_amount},{week.trip_distance},{week.passenger_count}".replace(".0,", ",")
        for week in found.values()
    ]


def test_the_last_moment_of_saturday_belongs_to_the_week_before(settings: Settings) -> None:
    moments = pd.to_datetime(["2022-12-31 23:59:59.999999", "2023-01-01", "2023-01-07 23:59:59.999999", "2023-01-08"], format="ISO8601")
    taxi_rows.insert(settings, pd.DataFrame({"pickup_datetime": moments, "partition_date": date(2023, 1, 1)}))
    assert [week.num_trips for week in weeks.update_all(settings, [date(2022, 12, 25), *JANUARY[:2]])] == [1, 2, 1]


def test_a_week_without_trips_is_a_line_of_zeros(settings: Settings, store: Store) -> None:
    weeks.update(settings, JANUARY[0])
    assert lines(store, settings) == [weeks.HEADER, "2023-01-01,0,0.00,0.00,0"]


def test_amounts_that_are_no_numbers_are_left_out_and_reported(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    amounts = [0.1, float("inf"), 1e300, 0.2, -0.05]
    frame = pd.DataFrame({"pickup_datetime": pd.Timestamp("2023-01-03"), "total_amount": amounts, "partition_date": date(2023, 1, 1)})
    taxi_rows.insert(settings, frame)
    with caplog.at_level(logging.WARNING, "taxi"):
        week = weeks.update(settings, JANUARY[0])
    assert (week.num_trips, week.total_amount, week.trip_distance) == (5, 0.25, 0)
    assert "2 trips have an amount or a distance that is no number" in caplog.text


def test_one_update_leaves_the_other_lines_as_they_are(settings: Settings, store: Store) -> None:
    odd = b"2022-12-18,7,1.5,2.25,\r\n2023-01-08,1,1,1,1\n  2023-02-05 , by hand\n"
    store.put(weeks.uri(settings), HEADER + odd)
    weeks.update(settings, date(2023, 1, 8))
    weeks.update(settings, date(2023, 1, 1))
    assert store.get(weeks.uri(settings)) == HEADER + (
        b"2022-12-18,7,1.5,2.25,\r\n2023-01-01,0,0.00,0.00,0\n2023-01-08,0,0.00,0.00,0\n  2023-02-05 , by hand\n"
    )


def test_another_file_is_not_overwritten(settings: Settings, store: Store) -> None:
    store.put(weeks.uri(settings), b"week,trips\n2023-01-01,5\n")
    with pytest.raises(TaxiError, match="does not begin with period,num_trips"):
        weeks.update(settings, JANUARY[0])
    assert store.get(weeks.uri(settings)) == b"week,trips\n2023-01-01,5\n"


sundays = st.integers(0, 300).map(lambda number: date(2019, 1, 6) + timedelta(7 * number))


@given(st.dictionaries(sundays, st.integers(0, 10**6)), st.dictionaries(sundays, st.integers(0, 10**6)), st.booleans())
def test_upserted_lines_are_sorted_and_others_untouched(old: dict[date, int], new: dict[date, int], newline: bool) -> None:
    content = HEADER + b"".join(f"{day},{old[day]},x\r\n".encode() for day in sorted(old))
    result = weeks.with_lines(
        content if newline else content.removesuffix(b"\r\n").removesuffix(b"\n"), {d: f"{d},{n}" for d, n in new.items()}
    )
    body = result.removeprefix(HEADER).splitlines()
    assert body == [f"{day},{new[day]}".encode() if day in new else f"{day},{old[day]},x".encode() for day in sorted(old | new)]


def test_updates_at_once_all_arrive(settings: Settings, store: Store) -> None:
    frame = taxi_rows.trips("2023-01", 2000)
    taxi_rows.insert(settings, frame)
    chosen = [*JANUARY[:3], JANUARY[0]]
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as processes:
        done = list(processes.map(weeks.update, [settings] * 4, chosen))
    assert done[0].line == done[3].line
    assert lines(store, settings) == [weeks.HEADER, *(week.line for week in done[:3])]


def insert_and_update(settings: Settings, frame: pd.DataFrame) -> None:
    taxi_rows.insert(settings, frame)
    weeks.update(settings, JANUARY[-1])


def test_the_last_of_two_runs_sees_the_months_of_both(settings: Settings, store: Store) -> None:
    frames = [taxi_rows.trips("2023-01", 3000, seed=3), taxi_rows.trips("2023-02", 3000, seed=4)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        list(processes.map(insert_and_update, [settings] * 2, frames))
    number, amount, distance, passengers = taxi_rows.week_of(pd.concat(frames), datetime(2023, 1, 29))
    assert lines(store, settings) == [weeks.HEADER, f"2023-01-29,{number},{amount:.2f},{distance:.2f},{passengers}"]


def load_and_update(settings: Settings, month: Month) -> None:
    trips.load(settings, month)
    weeks.update_all(settings, weeks.of_month(month))


def test_real_months_loaded_at_once_are_both_in_the_file(settings: Settings, store: Store) -> None:
    files = {
        Month(2019, 3): "real_rows_2019-03__schema_like_2023-01.parquet",
        Month(2020, 3): "real_rows_2020-03__schema_like_2023-03.parquet",
    }
    for month, name in files.items():
        store.put(trips_file.uri(settings, month), (taxi_rows.REAL / name).read_bytes())
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        list(processes.map(load_and_update, [settings] * 2, files))
    both = pd.concat([pd.read_parquet(taxi_rows.REAL / name) for name in files.values()])
    both = both.rename(columns={"tpep_pickup_datetime": "pickup_datetime"})
    table = pd.read_csv(io.BytesIO(store.get(weeks.uri(settings))), parse_dates=["period"])
    assert len(table) == 11
    for row in table.itertuples():
        figures = (row.num_trips, row.total_amount, row.trip_distance, row.passenger_count)
        assert figures == taxi_rows.week_of(both, row.period)


def test_a_database_that_cannot_be_reached_is_told_in_one_line(settings: Settings) -> None:
    assert settings.publish is not None
    with pytest.raises(TaxiError, match=r"cannot connect to database airbyte of Postgres at 127\.0\.0\.1:1 as user airbyte") as caught:
        weeks.update(replace(settings, publish=replace(settings.publish, port=1)), JANUARY[0])
    assert "\n" not in str(caught.value)
