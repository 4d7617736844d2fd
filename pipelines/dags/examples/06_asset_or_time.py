"""
# 06 By event or by the clock

**Teaches:** `AssetOrTimeSchedule` runs a DAG at fixed times **and** whenever its assets were updated.

**Do:** unpause `ex06_asset_or_time`. It runs every minute. Now create events for `ex06_stock` and `ex06_deliveries` (menu *Assets*,
*Create Event*, *Manual*), a minute apart if you have the patience. Pause the DAG again when you have seen enough: each run costs a pod.

**See:** runs named `scheduled__…` and `asset_triggered__…` side by side. The task prints what started it.

Good to know:

- A run by the clock neither has nor uses up events: the update of one asset goes on waiting for that of the other, and the run by event
  gets both.
- A run by event has no data interval and no logical date, so templates such as `{{ ds }}` fail in it. Use `dag_run.run_after`,
  which both kinds have.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronTriggerTimetable, task

STOCK = Asset("ex06_stock", "x-example://06/stock")
DELIVERIES = Asset("ex06_deliveries", "x-example://06/deliveries")

with DAG(
    "ex06_asset_or_time",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("* * * * *", timezone="UTC"), assets=STOCK & DELIVERIES),
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=4,
    is_paused_upon_creation=True,
    tags=["example", "ex06"],
):

    @task
    def count_stock(dag_run, triggering_asset_events):
        """Says what the run is for."""
        events = [event for found in triggering_asset_events.values() for event in found]
        if events:
            print(f"Started by {len(events)} event(s), the last one at {max(event.timestamp for event in events).isoformat()}")
        else:
            print(f"Started by the clock, for {dag_run.run_after.isoformat()}")

    count_stock()
