"""What must be true of the assets. Errors keep the assets after them from being made of wrong data; warnings are shown only."""

import csv
import io
from collections.abc import Iterator
from datetime import date

import dagster as dg

from taxi import fraud_by_borough, lake, requests, trips, weeks
from taxi.months import Month
from taxi.orchestration.assets.fraud import fraud_by_borough_hour
from taxi.orchestration.assets.ingest import taxi_trips, taxi_zones
from taxi.orchestration.assets.metrics import trips_by_week
from taxi.orchestration.failures import told
from taxi.orchestration.resources import Database, ObjectStore

OUTSIDE_MONTH_PERCENT = 1.0
"""Real files have some dozen trips of other months in three million: meters whose clock is wrong."""

ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


def verdict(name: str, passed: bool, description: str, severity: dg.AssetCheckSeverity, **figures: float | str) -> dg.AssetCheckResult:
    """The result of a check; the figures are shown beside it."""
    return dg.AssetCheckResult(check_name=name, passed=passed, severity=severity, description=description, metadata=figures)


@dg.multi_asset_check(
    name="taxi_trips_checks",
    specs=[
        dg.AssetCheckSpec(
            "row_count_equals_file",
            asset=taxi_trips,
            blocking=True,
            description="The table has as many trips of the month as the month's file.",
        ),
        dg.AssetCheckSpec(
            "no_unknown_columns",
            asset=taxi_trips,
            blocking=True,
            description="The file has no column that the table has no place for.",
        ),
        dg.AssetCheckSpec(
            "trips_in_month",
            asset=taxi_trips,
            description=f"At most {OUTSIDE_MONTH_PERCENT:g} % of the month's trips began in another month.",
        ),
    ],
)
def taxi_trips_checks(context: dg.AssetCheckExecutionContext, database: Database) -> Iterator[dg.AssetCheckResult]:
    """A month in the lake beside its file."""
    month = Month.parse(context.partition_key)
    with told():
        found = trips.check(database.settings(), month)
    yield verdict(
        "row_count_equals_file",
        found.rows == found.file_rows,
        f"{month}: {found.rows:,} trips in the table, {found.file_rows:,} in the file",
        ERROR,
        rows=found.rows,
        file_rows=found.file_rows,
    )
    unknown = ", ".join(found.unknown_columns) or "none"
    yield verdict("no_unknown_columns", not found.unknown_columns, f"{month}: unknown columns: {unknown}", ERROR, unknown_columns=unknown)
    percent = 100 * found.outside_month / found.rows if found.rows else 0.0
    yield verdict(
        "trips_in_month",
        percent <= OUTSIDE_MONTH_PERCENT,
        f"{month}: {found.outside_month:,} of {found.rows:,} trips ({percent:.3f} %) began in another month",
        WARN,
        outside_month=found.outside_month,
        percent=percent,
    )


@dg.multi_asset_check(
    name="taxi_zones_checks",
    specs=[
        dg.AssetCheckSpec("one_row_per_zone", asset=taxi_zones, blocking=True, description="No zone has two rows."),
        dg.AssetCheckSpec("known_boroughs", asset=taxi_zones, description="The boroughs are those that requests may name."),
    ],
)
def taxi_zones_checks(database: Database) -> Iterator[dg.AssetCheckResult]:
    """The zones by themselves."""
    with told(), lake.connect(database.settings(), read_only=True) as opened:
        rows, zones = opened.rows("SELECT count(*), count(DISTINCT zone_id) FROM lake.taxi_zones")[0]
        boroughs = {str(name) for (name,) in opened.rows("SELECT DISTINCT borough FROM lake.taxi_zones")}
    yield verdict("one_row_per_zone", rows == zones > 0, f"{rows} rows of {zones} zones", ERROR, rows=rows, zones=zones)
    unknown = ", ".join(sorted(boroughs - set(requests.BOROUGHS))) or "none"
    missing = ", ".join(sorted(set(requests.BOROUGHS) - boroughs)) or "none"
    passed = (unknown, missing) == ("none", "none")
    yield verdict("known_boroughs", passed, f"unknown: {unknown}; missing: {missing}", WARN, unknown=unknown, missing=missing)


@dg.multi_asset_check(
    name="trips_by_week_checks",
    specs=[
        dg.AssetCheckSpec("one_line_per_week", asset=trips_by_week, description="The file has one line for a Sunday, in their order."),
        dg.AssetCheckSpec("week_has_trips", asset=trips_by_week, description="Trips of the week are in the lake."),
    ],
)
def trips_by_week_checks(context: dg.AssetCheckExecutionContext, store: ObjectStore) -> Iterator[dg.AssetCheckResult]:
    """The file of the weeks, and the lines of those that the run is about."""
    with told():
        opened = store.open()
        content = opened.get(weeks.uri(opened.settings)).decode()
    lines = {line["period"]: line["num_trips"] for line in csv.DictReader(io.StringIO(content))}
    periods = [line.partition(",")[0] for line in content.splitlines()[1:]]
    in_order = periods == sorted(set(periods)) and all(date.fromisoformat(period).weekday() == weeks.SUNDAY for period in periods)
    yield verdict("one_line_per_week", in_order, f"{len(periods)} lines of {len(lines)} weeks", ERROR, lines=len(periods), weeks=len(lines))
    empty = ", ".join(key for key in context.partition_keys if lines.get(key, "0") == "0") or "none"
    description = f"weeks without trips: {empty}" + ("" if empty == "none" else "; load their months, then these weeks again")
    yield verdict("week_has_trips", empty == "none", description, WARN, weeks_without_trips=empty)


@dg.multi_asset_check(
    name="fraud_by_borough_hour_checks",
    specs=[
        dg.AssetCheckSpec(
            "sums_equal_fraud_summary",
            asset=fraud_by_borough_hour,
            description="There is a fraud_summary, and the figures of all boroughs and hours add up to its own, unless there are no trips.",
        ),
    ],
)
def fraud_by_borough_hour_checks(database: Database) -> Iterator[dg.AssetCheckResult]:
    """What is spread over the boroughs beside what there was to spread. A summary that came meanwhile starts another run."""
    with told():
        found = fraud_by_borough.check(database.settings())
    names = ("transactions", "amount", "fraudulent transactions", "fraudulent amount")
    figures = (f"{name} {mine:,} of {theirs:,}" for name, mine, theirs in zip(names, found.made, found.source, strict=False))
    description = found.missing or (", ".join(figures) if found.rows else "no trips, so no rows")
    passed = not found.missing and (found.made == found.source or not found.rows)
    yield verdict("sums_equal_fraud_summary", passed, description, WARN, rows=found.rows)


ALL = [taxi_trips_checks, taxi_zones_checks, trips_by_week_checks, fraud_by_borough_hour_checks]
