"""Every header that the commission has used: its columns find their places, or the month is refused in a sentence."""

from __future__ import annotations

import re

import pytest

from taxi import header
from taxi.errors import UnmappableMonth
from taxi.months import Month

YEAR_2009 = (
    "vendor_name Trip_Pickup_DateTime Trip_Dropoff_DateTime Passenger_Count Trip_Distance Start_Lon Start_Lat Rate_Code store_and_forward "
    "End_Lon End_Lat Payment_Type Fare_Amt surcharge mta_tax Tip_Amt Tolls_Amt Total_Amt"
)
YEAR_2010 = (
    "vendor_id pickup_datetime dropoff_datetime passenger_count trip_distance pickup_longitude pickup_latitude rate_code "
    "store_and_fwd_flag dropoff_longitude dropoff_latitude payment_type fare_amount surcharge mta_tax tip_amount tolls_amount total_amount"
)
YEAR_2015 = (
    "VendorID tpep_pickup_datetime tpep_dropoff_datetime passenger_count trip_distance pickup_longitude pickup_latitude RateCodeID "
    "store_and_fwd_flag dropoff_longitude dropoff_latitude payment_type fare_amount extra mta_tax tip_amount tolls_amount "
    "improvement_surcharge total_amount"
)
YEAR_2016_JULY = (
    "VendorID tpep_pickup_datetime tpep_dropoff_datetime passenger_count trip_distance RatecodeID store_and_fwd_flag PULocationID "
    "DOLocationID payment_type fare_amount extra mta_tax tip_amount tolls_amount improvement_surcharge total_amount"
)
YEAR_2011_REPUBLISHED = YEAR_2016_JULY.replace(" improvement_surcharge", "")
YEAR_2019 = f"{YEAR_2016_JULY} congestion_surcharge"
YEAR_2021 = f"{YEAR_2019} airport_fee"
YEAR_2023_FEBRUARY = f"{YEAR_2019} Airport_fee"
YEAR_2025 = f"{YEAR_2023_FEBRUARY} cbd_congestion_fee"


@pytest.mark.parametrize(
    ("month", "names", "absent"),
    [
        ("2011-05", YEAR_2011_REPUBLISHED, {"improvement_surcharge", "congestion_surcharge", "airport_fee", "cbd_congestion_fee"}),
        ("2016-07", YEAR_2016_JULY, {"congestion_surcharge", "airport_fee", "cbd_congestion_fee"}),
        ("2017-01", YEAR_2016_JULY.lower(), {"congestion_surcharge", "airport_fee", "cbd_congestion_fee"}),
        ("2019-03", YEAR_2019, {"airport_fee", "cbd_congestion_fee"}),
        ("2021-08", YEAR_2021, {"cbd_congestion_fee"}),
        ("2023-01", YEAR_2021, {"cbd_congestion_fee"}),
        ("2023-02", YEAR_2023_FEBRUARY, {"cbd_congestion_fee"}),
        ("2025-01", YEAR_2025, set()),
    ],
)
def test_a_header_with_zones_is_mapped(month: str, names: str, absent: set[str]) -> None:
    mapping = header.mapped(names.split(), Month.parse(month))
    assert {target for target, column in mapping.items() if column is None} == absent
    assert sorted(column for column in mapping.values() if column) == sorted(names.split())


@pytest.mark.parametrize(
    ("month", "names"), [("2009-06", YEAR_2009), ("2010-02", YEAR_2010), ("2014-12", YEAR_2010), ("2016-06", YEAR_2015)]
)
def test_a_header_with_coordinates_is_refused_in_a_sentence(month: str, names: str) -> None:
    with pytest.raises(UnmappableMonth) as refused:
        header.mapped(names.split(), Month.parse(month))
    assert re.fullmatch(
        rf"month {month} cannot be loaded: its file tells places by longitude and latitude \(.+\) and has no taxi zones", str(refused.value)
    )


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (f"{YEAR_2025} drone_fee", "taxi_trips has no place for the file's column drone_fee"),
        (YEAR_2019.replace("total_amount ", ""), "its file has no column for total_amount"),
        (f"{YEAR_2025} airport_fee", "its file has Airport_fee and airport_fee, which mean the same"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_in_a_sentence(names: str, reason: str) -> None:
    with pytest.raises(UnmappableMonth) as refused:
        header.mapped(names.split(), Month(2026, 1))
    assert str(refused.value) == f"month 2026-01 cannot be loaded: {reason}"


def test_columns_without_a_place_are_named() -> None:
    assert header.unknown([*YEAR_2025.split(), "drone_fee", "Hats"]) == ("drone_fee", "Hats")
