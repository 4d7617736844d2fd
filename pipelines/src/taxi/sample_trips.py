"""Synthetic trips with the schema of the month they stand for, and with the oddities of real months.

Every value is a pure function of the month, the number of rows and the row's own number, computed by DuckDB as it streams:
any size takes seconds and little memory, and is the same again each time.
"""

from __future__ import annotations

from pathlib import Path

from taxi import sample_zones
from taxi.engine import literal
from taxi.months import Month

FIRST_MONTH = Month(2011, 1)
"""Earlier files have no zones."""
LABEL = "Synthetic trips made by Tandem; no taxi ever drove them."
# Trips per hour of the day, from midnight on.
WORKDAYS = (16, 9, 6, 4, 4, 7, 18, 36, 48, 50, 49, 53, 57, 59, 63, 65, 66, 73, 80, 72, 60, 56, 48, 32)
WEEKENDS = (58, 46, 36, 24, 14, 8, 10, 15, 25, 38, 49, 56, 62, 64, 65, 64, 62, 64, 66, 61, 54, 53, 55, 52)
MILES_PER_HOUR = (17, 18, 19, 20, 21, 20, 17, 13, 11, 11, 11, 10, 10, 10, 10, 9, 10, 10, 11, 12, 13, 14, 15, 16)
TYPES_OF_2023_01 = {"whole": "BIGINT", "zone": "BIGINT", "counted": "DOUBLE"}
TYPES_SINCE = {"whole": "INTEGER", "zone": "INTEGER", "counted": "BIGINT"}


def write(path: Path, month: Month, rows: int) -> None:
    """Write the month's file."""
    import duckdb

    with duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}) as connection:
        connection.execute("SET memory_limit = '1GB'; SET threads = 2; SET enable_progress_bar = false")
        for name, values in variables().items():
            connection.execute(f"SET VARIABLE {name} = {list(values)}")
        seed = f"{month}/{rows}"
        # `u` is a number from 0 to 1 for each row and purpose.
        connection.execute(f"CREATE MACRO u(i, purpose) AS (hash(hash(i), purpose, {literal(seed)}) >> 11) / 9007199254740992.0")
        connection.execute("CREATE MACRO pick(list, u) AS list[1 + floor(u * len(list))::INTEGER]")
        connection.execute(
            f"COPY ({query(month, rows)}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, "
            f"KV_METADATA {{'tandem.synthetic': {literal(LABEL)}}})"
        )


def variables() -> dict[str, list[float] | list[int]]:
    """Lists to choose from at random, in which a value comes as often as its weight, and lists to look up by zone or hour."""
    zones = sample_zones.zones()
    manhattan = [int(zone.borough == "Manhattan") for zone in zones]
    return {
        "pickups": [zone.number for zone in zones for _ in range(zone.weight)],
        # More trips end in the other boroughs than begin there.
        "dropoffs": [zone.number for zone in zones for _ in range(zone.weight // 2 + 3 * (zone.weight > 0 and zone.borough != "EWR"))],
        "x": [round(zone.x, 3) for zone in zones],
        "y": [round(zone.y, 3) for zone in zones],
        "manhattan": manhattan,
        "workdays": [hour for hour, weight in enumerate(WORKDAYS) for _ in range(weight)],
        "weekends": [hour for hour, weight in enumerate(WEEKENDS) for _ in range(weight)],
        "speed": list(MILES_PER_HOUR),
    }


def query(month: Month, rows: int) -> str:
    """The rows in the order of the file, with the names and types of the month."""
    first, last_day = month.first_day, (month.next.first_day - month.first_day).days
    types = TYPES_OF_2023_01 if month < Month(2023, 2) else TYPES_SINCE
    fee = "airport_fee" if month < Month(2023, 2) else "Airport_fee"
    toll = ", IF(unknown, NULL, sign * IF(inner_city, 0.75, 0.0)::DOUBLE) AS cbd_congestion_fee" if month >= Month(2025, 1) else ""
    # Each step adds columns that the next one needs; oddities come at fixed row numbers, so that even small months have them.
    return f"""
    WITH numbered AS NOT MATERIALIZED (SELECT i, i - (i % 4000 = 3999)::INTEGER AS n FROM range({rows}) r(i)),  -- some rows come twice
    begun AS NOT MATERIALIZED (
        SELECT *, DATE '{first}' + floor(u(n, 'day') * {last_day})::INTEGER AS day,
            pick(getvariable('pickups'), u(n, 'from')) AS zone_from,
            IF(u(n, 'near') < 0.06, zone_from, pick(getvariable('dropoffs'), u(n, 'to'))) AS zone_to,
            n % 33 = 5 AS unknown, n % 120 = 7 AS refunded
        FROM numbered),
    timed AS NOT MATERIALIZED (
        SELECT *, IF(isodow(day) > 5, pick(getvariable('weekends'), u(n, 'hour')), pick(getvariable('workdays'), u(n, 'hour'))) AS hour,
            day + to_seconds(hour * 3600 + floor(u(n, 'second') * 3600)::INTEGER) AS usual_start,
            CASE n % 12500
                WHEN 11 THEN TIMESTAMP '{first}' - to_seconds(1 + floor(u(n, 'out') * 7200)::INTEGER)
                WHEN 2511 THEN TIMESTAMP '{month.next.first_day}' + to_seconds(floor(u(n, 'out') * 7200)::INTEGER)
                WHEN 5011 THEN TIMESTAMP '2008-12-31 23:00:00' + to_seconds(floor(u(n, 'out') * 7200)::INTEGER)
                WHEN 7511 THEN usual_start - INTERVAL 2 YEAR
                WHEN 10011 THEN usual_start + INTERVAL 5 DAY + INTERVAL 1 MONTH
                ELSE usual_start END AS start,
            1.25 * sqrt(pow(getvariable('x')[zone_from] - getvariable('x')[zone_to], 2)
                + pow(getvariable('y')[zone_from] - getvariable('y')[zone_to], 2)) AS straight
        FROM begun),
    driven AS NOT MATERIALIZED (
        SELECT *, CASE WHEN n % 75 = 9 THEN 0.0 WHEN n % 25000 = 13 THEN 100000 + round(u(n, 'far') * 200000, 2)
                WHEN zone_from > 263 OR zone_to > 263 THEN round(0.5 - 3 * ln(1 - u(n, 'miles')), 2)
                ELSE round(straight * (0.85 + 0.4 * u(n, 'way')) + 0.25 - 0.5 * ln(1 - u(n, 'miles')), 2) END AS miles,
            least(miles, 60) AS paid_miles,
            IF(n % 900 = 21, -60, 90 + paid_miles / getvariable('speed')[hour + 1] * 3600 * (0.75 + 0.5 * u(n, 'jam'))) AS seconds,
            n % 45 = 17 OR (zone_from = 132 AND getvariable('manhattan')[zone_to] = 1 AND u(n, 'flat') < 0.9) AS flat,
            getvariable('manhattan')[zone_from] + getvariable('manhattan')[zone_to] > 0 AS inner_city,
            zone_from IN (132, 138) AS airport
        FROM timed),
    paid AS NOT MATERIALIZED (
        SELECT *, IF(refunded, -1, 1) AS sign, IF(unknown, 0, IF(refunded, 3 + n % 2, IF(u(n, 'card') < 0.8, 1, 2))) AS payment,
            IF(flat, 70::DOUBLE, round(3 + 3.5 * paid_miles + 0.7 * floor(greatest(seconds, 0) / 240) * u(n, 'slow'), 2)) AS fare,
            CASE WHEN hour BETWEEN 16 AND 19 AND isodow(day) < 6 THEN 2.5
                WHEN hour >= 20 OR hour < 6 THEN 1.0 ELSE 0.0 END::DOUBLE AS extra_,
            IF(payment = 1, round(fare * (0.12 + 0.2 * u(n, 'tip')), 2), 0.0) AS tip,
            IF((airport OR zone_to IN (1, 132)) AND u(n, 'bridge') < 0.6, 6.55, 0.0)::DOUBLE AS tolls,
            CASE WHEN n % 61 = 3 THEN 0 ELSE pick([1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5, 6], u(n, 'people')) END AS people,
            CASE WHEN flat THEN 2 WHEN n % 240 = 31 THEN 99 WHEN n % 500 = 33 THEN 5 ELSE 1 END AS rate,
            IF(inner_city, 2.5, 0.0)::DOUBLE AS congestion, IF(airport, 1.25, 0.0)::DOUBLE AS fee
        FROM driven)
    SELECT (1 + (u(n, 'vendor') < 0.73)::INTEGER)::{types["whole"]} AS VendorID,
        start AS tpep_pickup_datetime, start + to_seconds(seconds::BIGINT) AS tpep_dropoff_datetime,
        IF(unknown, NULL, people)::{types["counted"]} AS passenger_count,
        miles AS trip_distance,
        IF(unknown, NULL, rate)::{types["counted"]} AS RatecodeID,
        IF(unknown, NULL, IF(n % 140 = 41, 'Y', 'N')) AS store_and_fwd_flag,
        zone_from::{types["zone"]} AS PULocationID, zone_to::{types["zone"]} AS DOLocationID, payment::BIGINT AS payment_type,
        sign * fare AS fare_amount, sign * extra_ AS extra, sign * 0.5::DOUBLE AS mta_tax, sign * tip AS tip_amount,
        sign * tolls AS tolls_amount, sign * 1::DOUBLE AS improvement_surcharge,
        round(sign * (fare + extra_ + 0.5 + tip + tolls + 1.0 + congestion + fee), 2) AS total_amount,
        IF(unknown, NULL, sign * congestion) AS congestion_surcharge, IF(unknown, NULL, sign * fee) AS {fee}{toll}
    FROM paid"""
