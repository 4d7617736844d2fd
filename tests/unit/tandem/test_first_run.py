"""Which half hour a run worked on, and how rows are shown."""

from __future__ import annotations

from datetime import UTC, datetime

from tandem import airflow, console


def test_a_scheduled_run_has_its_data_interval() -> None:
    run = {"data_interval_start": "2026-01-01T00:00:00Z", "data_interval_end": "2026-01-01T00:30:00Z", "run_after": "2026-01-01T00:30:00Z"}
    assert airflow.interval(run) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 30, tzinfo=UTC))


def test_a_triggered_run_has_the_last_complete_half_hour() -> None:
    run = {"data_interval_start": None, "data_interval_end": None, "run_after": "2026-01-01T10:59:59.9Z"}
    assert airflow.interval(run) == (datetime(2026, 1, 1, 10, 0, tzinfo=UTC), datetime(2026, 1, 1, 10, 30, tzinfo=UTC))


def test_tables_align_numbers_at_the_right() -> None:
    lines = console.table([("1", "BTC", "5.00"), ("100", "DOGE", "412.50")], head=("id", "symbol", "amount"), indent="")
    assert lines == [" id  symbol  amount", "  1  BTC       5.00", "100  DOGE    412.50"]
    assert console.table([]) == []
