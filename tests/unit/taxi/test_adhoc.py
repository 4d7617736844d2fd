"""Answers to requests: a chart and its figures, counted in the borough and on the days that were asked for."""

import io
from datetime import date

import numpy as np
import pandas as pd
import pytest
import taxi_rows
from matplotlib.colors import to_rgb
from picture import pixels

from taxi import adhoc, bars
from taxi.errors import TaxiError
from taxi.requests import AdhocRequest
from taxi.settings import Settings
from taxi.store import Store

REQUEST = AdhocRequest("question", "Manhattan", date(2023, 1, 3), date(2023, 1, 29))


def test_figures_equal_pandas_with_both_days_included(settings: Settings, store: Store) -> None:
    taxi_rows.load_zones(settings)
    frame = taxi_rows.trips("2023-01", 4000)
    taxi_rows.insert(settings, frame)
    answer = adhoc.answer(settings, REQUEST)
    days = frame.pickup_datetime.dt.date
    asked = frame[frame.pickup_zone_id.isin(taxi_rows.MANHATTAN).fillna(False) & (days >= REQUEST.start_date) & (days <= REQUEST.end_date)]
    expected = asked.groupby([asked.pickup_datetime.dt.day_name(), asked.pickup_datetime.dt.hour]).size()
    table = pd.read_csv(io.BytesIO(store.get(answer.csv_uri)))
    assert list(table.columns) == ["weekday", "hour", "num_trips"]
    assert len(table) == answer.rows == 168
    assert {(row.weekday, row.hour): row.num_trips for row in table.itertuples() if row.num_trips} == expected.to_dict()
    assert answer.trips == len(asked) > 500
    assert (answer.png_uri, store.get(answer.png_uri)) == (f"{settings.outputs}/adhoc/question.png", answer.png)


def test_one_day_ends_with_its_last_moment(settings: Settings) -> None:
    taxi_rows.load_zones(settings)
    moments = pd.to_datetime(["2023-01-07", "2023-01-07 23:59:59.999999", "2023-01-08"], format="ISO8601")
    taxi_rows.insert(settings, pd.DataFrame({"pickup_datetime": moments, "pickup_zone_id": 56, "partition_date": date(2023, 1, 1)}))
    assert adhoc.answer(settings, AdhocRequest("day", "Queens", date(2023, 1, 7), date(2023, 1, 7))).trips == 2
    assert adhoc.answer(settings, AdhocRequest("ever", "Queens", date(1, 1, 1), date(9999, 12, 31))).trips == 3


def test_nothing_found_is_an_answer_too(settings: Settings, store: Store) -> None:
    taxi_rows.load_zones(settings)
    answer = adhoc.answer(settings, REQUEST)
    assert (answer.trips, answer.rows) == (0, 168)
    assert pixels(answer.png).std() > 1


def test_a_lake_without_zones_of_the_borough_says_so(settings: Settings) -> None:
    with pytest.raises(TaxiError, match="no zones of Manhattan; load the zones first"):
        adhoc.answer(settings, REQUEST)


def test_a_borough_is_a_value_and_no_sql(settings: Settings) -> None:
    taxi_rows.load_zones(settings)
    with pytest.raises(TaxiError, match="no zones of Queens' OR 'a' = 'a; load"):
        adhoc.answer(settings, AdhocRequest("sql", "Queens' OR 'a' = 'a", date(2023, 1, 1), date(2023, 1, 2)))


def test_the_chart_stacks_every_weekday_in_its_colour_beside_the_legend() -> None:
    counts = [[weekday + 1] * 24 for weekday in range(7)]
    image = pixels(bars.draw(counts, "Title", "subtitle"))
    assert image.shape[:2] == (900, 1650)
    areas = []
    for colour in bars.COLOURS:
        rgb = np.rint(np.array(to_rgb(colour)) * 255)
        rows, columns = np.nonzero((np.abs(image - rgb) <= 1).all(axis=2))
        areas.append((len(rows), rows[columns < 1300].mean()))
        assert (columns > 1420).any()  # its entry of the legend
    assert [area for area, _ in areas] == sorted(area for area, _ in areas)
    assert [height for _, height in areas] == sorted((height for _, height in areas), reverse=True)
    assert bars.draw(counts, "Title", "subtitle") == bars.draw(counts, "Title", "subtitle")
