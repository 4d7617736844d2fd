"""What carries the events: two sensors, one for each direction. Dagster looks at its sensors every five seconds."""

from functools import cache

import dagster as dg

from lineage import cursor
from lineage.airflow import Airflow
from lineage.carry import carry
from lineage.push import Pusher
from lineage.settings import Settings

# A little less than those five seconds, which are never exact: the tick after one that came late is not to be left out.
SECONDS = 3


@cache
def airflow() -> Airflow:
    """The client, which keeps its token. Raises LineageError while a variable is missing."""
    return Airflow(Settings.from_environment())


@cache
def pusher() -> Pusher:
    """Whoever holds the turn of this process."""
    return Pusher()


@dg.sensor(minimum_interval_seconds=SECONDS, default_status=dg.DefaultSensorStatus.RUNNING)
def airflow_events_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Airflow to Dagster: each event of a linked asset becomes a materialization, in order, once."""
    outcome = carry(context.instance, airflow(), cursor.Carried.read(context.cursor))
    words = f"carried {len(outcome.found)} materializations from Airflow" if outcome.found else "nothing new"
    return dg.SensorResult(asset_events=outcome.found, skip_reason=words, cursor=outcome.cursor.write())


@dg.sensor(minimum_interval_seconds=SECONDS, default_status=dg.DefaultSensorStatus.RUNNING)
def airflow_push_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Dagster to Airflow: each materialization of a linked asset becomes an asset event, in order, once."""
    after, words = pusher().push(context.instance, airflow(), cursor.Pushed.read(context.cursor))
    return dg.SensorResult(skip_reason=words, cursor=after.write())


ALL = [airflow_events_sensor, airflow_push_sensor]
