"""The page about the lake says what is in it."""

import numpy as np
import pandas as pd
import taxi_rows

from taxi import report, weeks
from taxi.months import Month
from taxi.settings import Settings
from taxi.store import Store


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table below a heading (or sentence), without its head."""
    after = page.split(heading, 1)[1].split("\n#", 1)[0]
    lines = [line for line in after.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_figures_equal_pandas(settings: Settings, store: Store) -> None:
    taxi_rows.load_zones(settings)
    frames = {month: taxi_rows.trips(month, count, seed) for seed, (month, count) in enumerate({"2023-01": 1500, "2023-02": 700}.items())}
    for frame in frames.values():
        taxi_rows.insert(settings, frame)
    updated = weeks.update_all(settings, weeks.of_month(Month.parse("2023-02")))
    done = report.write(settings)
    page = store.get(done.uri).decode()
    assert (done.uri, done.months, done.trips) == (f"{settings.outputs}/report.md", 2, 2200)
    assert rows(page, "2,200 trips in 2 months.") == [["2023-01", "1,500"], ["2023-02", "700"]]
    newest = rows(page, "## The newest weeks")
    assert [(week, int(trips.replace(",", ""))) for week, trips, *_ in newest] == [(str(w.period), w.num_trips) for w in updated[::-1]]
    both = pd.concat(frames.values())
    counts = both.pickup_zone_id.fillna(-1).value_counts()
    found = rows(page, "## Where most trips begin")
    names = {12: 'Battery, "the" Park', 4: "Alphabet City", 56: "Corona", 132: "JFK Airport", 264: "zone 264", -1: "none given"}
    trips = {zone: int(count.replace(",", "")) for zone, _, count, _ in found}
    assert {trips[name] for name in names.values()} == {int(counts[zone]) for zone in names}
    assert all(trips[name] == counts[zone] for zone, name in names.items())
    assert sum(trips.values()) == 2200
    assert list(trips.values()) == sorted(trips.values(), reverse=True)
    np.testing.assert_allclose(sum(float(share.rstrip("%")) for *_, share in found), 100, atol=0.5)


def test_the_same_rows_give_the_same_bytes(settings: Settings, store: Store) -> None:
    taxi_rows.insert(settings, taxi_rows.trips("2023-01", 300))
    pages = [store.get(report.write(settings).uri) for _ in range(2)]
    assert pages[0] == pages[1]


def test_an_empty_lake_is_told_and_no_failure(settings: Settings, store: Store) -> None:
    done = report.write(settings)
    assert (done.months, done.trips) == (0, 0)
    assert store.get(done.uri).decode().count("There are none yet.") == 3


def test_a_name_cannot_break_its_cell() -> None:
    page = report.page([("2023-01", 4)], [], [("A | B\n# C", "Queens", 3), ("D", "", 1)])
    assert rows(page, "## Where most trips begin") == [["A \\| B # C", "Queens", "3", "75.0%"], ["D", "", "1", "25.0%"]]
