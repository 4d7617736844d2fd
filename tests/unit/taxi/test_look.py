"""What `make up` sees of a lake, by the script that it runs in the code server."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pyarrow.parquet

from tandem.taxi import LOOK
from taxi import sample, trips, trips_file
from taxi.months import Month
from taxi.settings import Settings
from taxi.store import Store

JANUARY, FEBRUARY = Month(2023, 1), Month(2023, 2)


def test_synthetic_are_the_months_whose_files_say_so_wherever_months_come_from_now(
    settings: Settings, store: Store, environment: dict[str, str], clean_environment: dict[str, str]
) -> None:
    sample.make(settings, [JANUARY, FEBRUARY], rows=500, into=settings.raw)
    published = io.BytesIO()
    table = pyarrow.parquet.read_table(io.BytesIO(store.get(trips_file.uri(settings, FEBRUARY))))
    pyarrow.parquet.write_table(table.replace_schema_metadata(None), published)
    store.put(trips_file.uri(settings, FEBRUARY), published.getvalue(), "application/vnd.apache.parquet")
    for month in (JANUARY, FEBRUARY):
        trips.load(settings, month)
    done = subprocess.run(
        [sys.executable, "-"],
        input=LOOK,
        env={**clean_environment, **environment, "TAXI_SOURCE": "https://example.com"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found["months"]) == {"2023-01", "2023-02"}
    assert found["synthetic"] == ["2023-01"]
