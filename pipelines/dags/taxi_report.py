"""
# A page about the lake, after each change of it

Waits for the taxi assets of **both** orchestrators: when Dagster or `taxi_monthly` has changed the lake, the weeks, or the counts of
Manhattan, it writes `s3://outputs/taxi/report.md` anew: the months with their trips, the newest weeks, the busiest zones.

| Task | What it does |
|---|---|
| `events` | logs what brought the run about: asset, partition, and the run of Dagster or Airflow that made it |
| `report` | a pod that reads the lake and writes the page |

**See it:** materialize `taxi_trips` for a month in Dagster. Within some seconds the event is here, on the page of the asset, and a run of
this DAG begins; the log of `events` names the month and the run of Dagster.

A load of many months makes many events. One run at a time, so that one more run follows those which come while a page is written,
instead of one each. Airflow may name only the first of them as that run's events, and the others as those of a later one (see
`08_how_events_queue`). The page is right all the same: it tells what is in the lake when it is written.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task

from tandem_assets import STATS, TRIPS, WEEKS
from tandem_jobs import RESULT_FILE, job_pod


def told(triggering: Any) -> Iterator[str]:
    """A line for each event: asset, partition if it names one, and the run that made it."""
    for asset, events in triggering.items():
        for event in events:
            words = [asset.name, part_of(event.extra), f"by {origin(event)}"]
            yield ", ".join(word for word in words if word)


def part_of(extra: dict[str, Any]) -> str:
    """What of the asset has changed: Dagster tells the partition; `taxi_monthly` the month that it loaded, or the weeks.

    Whoever makes an event by hand may put anything into its extra: what is not understood is left out.
    """
    weeks = extra.get("weeks")
    weeks = weeks if isinstance(weeks, list) else []
    periods = [str(week["period"]) for week in weeks if isinstance(week, dict) and "period" in week]
    return f"weeks of {', '.join(periods)}" if periods else str(extra.get("partition") or extra.get("month") or "")


def origin(event: Any) -> str:
    """The run that made an event; one made through the REST API by hand has none."""
    if run := event.extra.get("dagster_run_id"):
        return f"Dagster run {run}"
    if event.source_dag_id:
        return f"Airflow run {event.source_run_id} of {event.source_dag_id}"
    return "hand"


with DAG(
    dag_id="taxi_report",
    description="A page about the lake, after each change that Dagster or Airflow made to it",
    doc_md=__doc__,
    schedule=(TRIPS | WEEKS | STATS),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "taxi", "retries": 2, "retry_delay": timedelta(seconds=30)},
    tags=["taxi", "lake", "lineage"],
):

    @task
    def events(triggering_asset_events: Any = None) -> None:
        """What brought this run about; nothing when somebody triggered it by hand."""
        log = logging.getLogger(__name__)
        lines = list(told(triggering_asset_events or {}))
        for line in lines:
            log.info("%s", line)
        if not lines:
            log.info("no event: this run was triggered by hand")

    events() >> job_pod("report", ["python", "-m", "taxi", "report", f"--result-file={RESULT_FILE}"], outlets={}, memory_limit="1Gi")
