"""The zones are loaded whole, one row for each."""

import pytest
import shapely
import taxi_rows

from taxi import lake, sample_zones, zones, zones_file
from taxi.errors import TaxiError
from taxi.settings import Settings
from taxi.store import Store


def in_lake(settings: Settings) -> dict[int, tuple[str, str, str]]:
    with lake.connect(settings, read_only=True) as opened:
        rows = opened.rows("SELECT zone_id, zone, borough, geometry FROM lake.taxi_zones")
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: row[1:] for row in rows}


def test_each_zone_is_one_row_with_all_its_land(settings: Settings) -> None:
    loaded = taxi_rows.load_zones(settings)
    assert (loaded.rows, loaded.file_rows, loaded.repeated) == (6, 9, (56, 103))
    assert (loaded.columns[0].name, loaded.columns[0].type) == ("zone_id", "INTEGER")
    rows = in_lake(settings)
    assert rows[12][:2] == ('Battery, "the" Park', "Manhattan")
    assert rows[4][2] == taxi_rows.square(-73.98, 40.72, 2000)
    assert len(rows[4][2]) > 300_000
    assert shapely.from_wkt(rows[56][2]).area == pytest.approx(2e-4)
    assert len(shapely.get_parts(shapely.from_wkt(rows[103][2]))) == 3


def test_a_second_load_replaces_the_first(settings: Settings, store: Store) -> None:
    taxi_rows.load_zones(settings)
    store.put(
        zones_file.uri(settings), b"borough,zone,LocationID,the_geom\r\nBronx,Allerton,3," + f'"{taxi_rows.square(-73.8, 40.8)}"'.encode()
    )
    assert zones.load(settings).repeated == ()
    assert list(in_lake(settings)) == [3]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "has no column LocationID, zone, borough, the_geom"),
        (b"LocationID,zone,borough,the_geom\n", "holds no zones"),
        (b"LocationID,zone,borough,the_geom\none,a,b,POINT(1 1)\n", "zone number 'one' in row 1"),
        (b"LocationID,zone,borough,the_geom\n1,a,,POINT(1 1)\n", "no borough for zone 1 in row 1"),
        (b"LocationID,zone,borough,the_geom\n1,a,b,POINT(1 1)\n", "surrounds no land"),
        (b"LocationID,zone,borough,the_geom\n1,a,b,POLYGON((0 0\n", "not well-known text"),
        (b"LocationID,zone,borough,the_geom\n1,a\n", "no borough"),
        (b'LocationID,zone,borough,the_geom\n1,a,b,"POLY', "not a whole CSV file"),
        (b"LocationID,zone,borough,the_geom\n1,\xff,b,\n", "not a CSV file in UTF-8"),
        (b"LocationID,zone,borough,the_geom\n1,a,b,POLYGON EMPTY\n", "surrounds no land"),
    ],
)
def test_an_unsound_file_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(TaxiError, match=sentence) as caught:
        zones.united(zones.read(content))
    assert "\n" not in str(caught.value)


def test_an_unsound_file_changes_nothing(settings: Settings, store: Store) -> None:
    taxi_rows.load_zones(settings)
    store.put(zones_file.uri(settings), b"LocationID,zone,borough,the_geom\n1,a,b,POINT(1 1)\n")
    with pytest.raises(TaxiError, match=r"taxi_zones\.csv has a border of zone 1 that surrounds no land") as caught:
        zones.load(settings)
    assert str(caught.value).startswith(zones_file.uri(settings))
    assert len(in_lake(settings)) == 6


def test_a_missing_file_is_told(settings: Settings) -> None:
    with pytest.raises(TaxiError, match="there is no file"):
        zones.load(settings)


def test_the_real_zones(settings: Settings, store: Store) -> None:
    store.put(zones_file.uri(settings), sample_zones.packaged())
    loaded = zones.load(settings)
    assert (loaded.rows, loaded.file_rows, loaded.repeated) == (260, 263, (56, 103))
    assert sum(borough == "Manhattan" for _, borough, _ in in_lake(settings).values()) == 67
