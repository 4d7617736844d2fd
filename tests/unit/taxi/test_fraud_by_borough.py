"""The summary of Airflow's pipelines spread over the boroughs: every figure adds up, and the parts are those of the trips."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd
import psycopg
import pytest
import servers
import taxi_rows
from hypothesis import given
from hypothesis import strategies as st

from taxi import fraud_by_borough
from taxi.settings import Settings
from taxi.store import Store

FIGURES = "sum(transactions), sum(amount), sum(fraudulent_transactions), sum(fraudulent_amount)"
BOROUGHS = dict.fromkeys(taxi_rows.MANHATTAN, "Manhattan") | dict.fromkeys(taxi_rows.QUEENS, "Queens")


@pytest.fixture
def summary(postgres_env: servers.Settings) -> Iterator[psycopg.Connection]:
    """A connection to the database in which fraud_summary has three rows, two of them of the same hour of the day."""
    with psycopg.connect(servers.postgres_url(postgres_env), autocommit=True) as conn:
        conn.execute("DROP TABLE IF EXISTS fraud_summary, fraud_by_borough_hour")
        conn.execute(
            "CREATE TABLE fraud_summary (hour timestamp, stock_symbol text, transactions bigint, amount numeric(38,2), "
            "fraudulent_transactions bigint, fraudulent_amount numeric(38,2), PRIMARY KEY (hour, stock_symbol))"
        )
        conn.execute(
            "INSERT INTO fraud_summary VALUES ('2026-01-30 09:00', 'BTC', 101, 20202.01, 50, 9999.99), "
            "('2026-01-31 09:00', 'ETH', 7, 0.05, 0, 0), ('2026-01-31 17:00', 'BTC', 1, 5.01, 1, 5.01)"
        )
        yield conn
        conn.execute("DROP TABLE IF EXISTS fraud_summary, fraud_by_borough_hour")


def rows(conn: psycopg.Connection) -> list[tuple[Any, ...]]:
    return conn.execute("SELECT * FROM fraud_by_borough_hour ORDER BY hour_of_day, borough").fetchall()


def lines(store: Store, settings: Settings) -> list[list[str]]:
    return list(csv.reader(io.StringIO(store.get(fraud_by_borough.uri(settings)).decode())))


def test_figures_are_spread_as_the_trips_of_their_hour(settings: Settings, store: Store, summary: psycopg.Connection) -> None:
    taxi_rows.load_zones(settings)
    frame = taxi_rows.trips("2023-01", 4000)
    taxi_rows.insert(settings, frame)
    borough = frame.pickup_zone_id.map(lambda zone: BOROUGHS.get(zone, "Unknown") if pd.notna(zone) else "Unknown")
    expected = frame.groupby([frame.pickup_datetime.dt.hour, borough]).size()
    done = fraud_by_borough.make(settings)
    found = rows(summary)
    assert {(hour, name): trips for hour, name, trips, *_ in found if trips} == dict(expected)
    assert len(found) == done.rows == 24 * 3
    assert summary.execute(f"SELECT {FIGURES} FROM fraud_by_borough_hour").fetchone() == (109, Decimal("20207.07"), 51, Decimal("10005.00"))
    assert summary.execute(f"SELECT {FIGURES} FROM fraud_summary").fetchone() == (109, Decimal("20207.07"), 51, Decimal("10005.00"))
    # New York is five hours behind UTC in winter.
    nine = [row for row in found if row[0] == 4]
    trips = sum(row[2] for row in nine)
    assert [row[3] for row in nine] == [round(Decimal(row[2]) / trips, 6) for row in nine]
    for row in nine:
        assert abs(row[4] - Decimal(108 * row[2]) / trips) < 1
        assert abs(row[5] - Decimal("20202.06") * row[2] / trips) < Decimal("0.01")
    assert sum(row[6] for row in found if row[0] == 12) == 1
    assert all(row[4:] == (0, 0, 0, 0) for row in found if row[0] not in (4, 12))
    header, *written = lines(store, settings)
    assert header == ["hour_of_day", "borough", "trips", "share", "transactions", "amount", "fraudulent_transactions", "fraudulent_amount"]
    assert [[Decimal(cell) if number != 1 else cell for number, cell in enumerate(line)] for line in written] == [
        list(row) for row in found
    ]


def test_a_run_replaces_what_was_there(settings: Settings, store: Store, summary: psycopg.Connection) -> None:
    taxi_rows.load_zones(settings)
    taxi_rows.insert(settings, taxi_rows.trips("2023-01", 300))
    fraud_by_borough.make(settings)
    before, file = rows(summary), lines(store, settings)
    fraud_by_borough.make(settings)
    assert (rows(summary), lines(store, settings)) == (before, file)
    summary.execute("UPDATE fraud_summary SET transactions = transactions + 10 WHERE stock_symbol = 'ETH'")
    fraud_by_borough.make(settings)
    assert sum(row[4] for row in rows(summary)) == 119
    assert len(lines(store, settings)) == 1 + len(before)
    found = fraud_by_borough.check(settings)
    assert (found.made, found.rows) == (found.source, len(before))
    summary.execute("DELETE FROM fraud_summary WHERE stock_symbol = 'ETH'")
    found = fraud_by_borough.check(settings)
    assert found.made != found.source


def test_an_hour_without_trips_is_spread_as_the_whole_day_is(settings: Settings, summary: psycopg.Connection) -> None:
    taxi_rows.load_zones(settings)
    frame = taxi_rows.trips("2023-01", 400)
    taxi_rows.insert(settings, frame[frame.pickup_datetime.dt.hour != 4])
    fraud_by_borough.make(settings)
    nine = [row for row in rows(summary) if row[0] == 4]
    assert {row[2] for row in nine} == {0}
    assert sum(row[4] for row in nine) == 108
    assert all(row[4] > 0 for row in nine)


def test_without_trips_the_result_is_empty(settings: Settings, store: Store, summary: psycopg.Connection) -> None:
    assert fraud_by_borough.make(settings).rows == 0
    assert rows(summary) == []
    assert len(lines(store, settings)) == 1


def test_an_hour_of_summer_is_four_hours_behind(settings: Settings, summary: psycopg.Connection) -> None:
    taxi_rows.load_zones(settings)
    taxi_rows.insert(settings, taxi_rows.trips("2023-01", 300))
    summary.execute("UPDATE fraud_summary SET hour = '2026-07-30 03:00' WHERE stock_symbol = 'ETH'")
    fraud_by_borough.make(settings)
    assert sum(row[4] for row in rows(summary) if row[0] == 23) == 7


def test_without_a_summary_the_result_is_empty_and_says_why(settings: Settings, store: Store, summary: psycopg.Connection) -> None:
    taxi_rows.load_zones(settings)
    taxi_rows.insert(settings, taxi_rows.trips("2023-01", 300))
    fraud_by_borough.make(settings)
    summary.execute("DROP TABLE fraud_summary")
    done = fraud_by_borough.make(settings)
    assert "airbyte" in done.missing
    assert done.missing.endswith("has no table fraud_summary; Airflow's DAG fraud_summary makes it where its transactions are")
    assert (done.rows, rows(summary), len(lines(store, settings))) == (0, [], 1)
    assert fraud_by_borough.check(settings).missing == done.missing
    nowhere = replace(settings, publish=None)
    assert fraud_by_borough.make(nowhere).missing == fraud_by_borough.check(nowhere).missing
    assert "PGHOST is not set" in fraud_by_borough.check(nowhere).missing


@given(
    total=st.decimals(min_value=-(10**9), max_value=10**12, places=2) | st.integers(0, 10**9).map(Decimal),
    weights=st.lists(st.integers(0, 10**7), min_size=1, max_size=8).filter(any),
)
def test_parts_add_up_and_none_is_off_by_a_whole_unit(total: Decimal, weights: list[int]) -> None:
    parts = fraud_by_borough.apportioned(total, weights)
    unit = Decimal(1).scaleb(min(0, int(total.as_tuple().exponent)))
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < unit * sum(weights)
        assert part == 0 or weight
