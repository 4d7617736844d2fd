"""The taxi months that `make up` ends with: loaded through Dagster, and read from the lake itself."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tandem import console, kube
from tandem.dagster import FINISHED, LOCATION, PARTITION, RANGE_END, RANGE_START, Dagster, partition_of
from tandem.paths import ROOT, STATE

MONTHS = ("2023-01", "2023-02", "2023-03")
MONTHLY_JOB, WEEKLY_JOB = "trip_update_job", "weekly_update_job"
CODE_SERVER, CONTAINER = "deploy/tandem-dagster-code-taxi", "code"
MAP = STATE / "outputs" / "manhattan_map.png"
MONTHS_SECONDS = 900.0
FIRST_LINES = 6

LOOK = f"""
import base64, json, sys
from taxi import lake, trips_file
from taxi.errors import one_line
from taxi.months import Month
from taxi.settings import Settings
from taxi.store import Store

def read(name):
    uri = settings.outputs + "/" + name
    return store.get(uri) if store.exists(uri) else b""

try:
    settings = Settings.from_environment()
    store = Store(settings)
    with lake.connect(settings, read_only=True) as opened:
        rows = opened.rows("SELECT strftime(partition_date, '%Y-%m'), count(*) FROM lake.taxi_trips GROUP BY 1 ORDER BY 1")
        files = {{trips_file.uri(settings, Month.parse(month)): month for month, _ in rows}}
        files = {{uri: month for uri, month in files.items() if store.exists(uri)}}
        labels = "SELECT DISTINCT file_name FROM parquet_kv_metadata(?) WHERE key = 'tandem.synthetic'::BLOB"
        synthetic = sorted(files[uri] for (uri,) in opened.rows(labels, [list(files)])) if files else []
    weeks = read("trips_by_week.csv").decode().splitlines()
    print(json.dumps({{
        "months": dict(rows),
        "weeks": weeks[:{FIRST_LINES}],
        "weeks_loaded": [line.partition(",")[0] for line in weeks[1:]],
        "map": base64.b64encode(read("manhattan_map.png")).decode(),
        "synthetic": synthetic,
    }}))
except Exception as error:
    sys.exit(one_line(error))
"""
"""Run in the code server, which has the lake's and the store's logins and the pipelines' own way to read them."""


@dataclass(frozen=True)
class Lake:
    """What lies in the lake and its outputs: month -> rows, the first lines of the weekly CSV, its Sundays, the map as PNG.

    Synthetic are those months whose file says so, wherever months come from today.
    """

    months: dict[str, int]
    weeks: list[str]
    weeks_loaded: list[str]
    map: bytes
    synthetic: list[str]


def look() -> Lake:
    """Read the lake. Raises TandemError with the reason when it can't be read."""
    found = json.loads(kube.execute(CODE_SERVER, CONTAINER, ["python", "-"], input=LOOK, timeout=120, quiet=True).splitlines()[-1])
    return Lake(**{**found, "map": base64.b64decode(found["map"])})


def ensure(client: Dagster, phase: console.Phase) -> Lake:
    """The lake with MONTHS, their weeks and the map in it, after loading through Dagster what is missing.

    Raises TandemError when a run fails, or when they take too long.
    """
    phase.note("look into the lake")
    found = look()
    months = [f"{month}-01" for month in MONTHS if month not in found.months] or ([] if found.map else [f"{MONTHS[-1]}-01"])
    sundays = weeks_of(MONTHS)
    weeks_are_missing = bool(months) or not set(sundays) <= set(found.weeks_loaded)
    if not weeks_are_missing:
        return found
    client.until_loaded(LOCATION, phase.note)
    under_way = {partition_of(run): run["runId"] for run in client.runs(pipelineName=MONTHLY_JOB) if run["status"] not in FINISHED}
    # Runs of their own and not a backfill, which Dagster's daemon looks at only every half minute.
    runs = [under_way.get(day) or client.launch(MONTHLY_JOB, {PARTITION: day}) for day in months]
    if runs:
        client.finish(runs, phase.note, within=MONTHS_SECONDS)
    weekly = client.launch(WEEKLY_JOB, {RANGE_START: sundays[0], RANGE_END: sundays[-1]})
    client.finish([weekly], phase.note, within=MONTHS_SECONDS)
    return look()


def weeks_of(months: tuple[str, ...]) -> list[str]:
    """The Sundays from the first of these months on, to the last month's end: keys of weekly partitions."""
    first, last = (date.fromisoformat(f"{month}-01") for month in (months[0], months[-1]))
    # The partitions begin with the first month, so a week that began before it is none of them.
    days = [first + timedelta(days=n) for n in range(((last + timedelta(days=31)).replace(day=1) - first).days)]
    return [str(day) for day in days if day.isoweekday() == 7]


def save_map(found: Lake) -> Path | None:
    """Copy the map to a local folder; None when there is none."""
    if not found.map:
        return None
    MAP.parent.mkdir(parents=True, exist_ok=True)
    MAP.write_bytes(found.map)
    return MAP


def show(found: Lake) -> None:
    """Print what is in the lake."""
    console.say(f"Lake      taxi_trips: {sum(found.months.values()):,} rows in {len(found.months)} months")
    if found.synthetic:
        which = "all of them" if set(found.synthetic) == set(found.months) else ", ".join(found.synthetic)
        console.warn(f"{which} SYNTHETIC: made on this platform, because the taxi commission's files were out of reach; no one's trips")
    for line in console.table(found.months.items(), head=("month", "rows"), indent="    "):
        console.say(line)
    console.say()
    console.say("  Weeks, the first lines of s3://outputs/taxi/trips_by_week.csv:")
    head, *weeks = [line.split(",") for line in found.weeks] or [[]]
    for line in console.table(weeks, head=head, indent="    "):
        console.say(line)
    if place := save_map(found):
        console.say()
        console.say(f"  Map of Manhattan: {place.relative_to(ROOT) if place.is_relative_to(ROOT) else place}")
