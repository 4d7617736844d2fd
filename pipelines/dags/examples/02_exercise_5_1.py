"""
# 02 Exercise 5.1: what a consumer is told

**Teaches:** a consumer can ask *which events started it*: when, from which task of which DAG, and what they carry.

- `exercise_5_1_producer` "processes" data every hour and updates the asset `s3://data-lake/processed_data`.
- `exercise_5_1_consumer` runs whenever the asset was updated, and prints each event of `triggering_asset_events`.

**Do:** unpause both DAGs, the consumer first. The producer's last hour runs at once; trigger it again if you like.

**See:** in the log of `process_data`, the time of processing; under *XCom*, the three values that it returned. In the log of
`consume_data`, the asset's URI and the event's source. The event's extra is `{}`: what a task returns is an XCom of *its* DAG run and
does **not** travel with the event. What does is the subject of example 10.

Good to know:

- A **backfill** of the producer (*Trigger*, *Backfill*) emits an event for each of its runs, just as if the data were of today.
  The consumer's runs know the past hours only through the events' source runs.
- Several events may share one run of the consumer; print all of them, as here, not just the first.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, Asset, task

PROCESSED_DATA = Asset("s3://data-lake/processed_data")
COMMON = {"doc_md": __doc__, "start_date": datetime(2024, 1, 1, tzinfo=UTC), "catchup": False, "is_paused_upon_creation": True}
TAGS = ["exercise", "module-05", "assets"]

with DAG("exercise_5_1_producer", schedule="@hourly", tags=[*TAGS, "producer"], **COMMON):

    @task(outlets=[PROCESSED_DATA])
    def process_data():
        """Processes, and says when."""
        processed_at = datetime.now(UTC).isoformat()
        print(f"Data processed at {processed_at}")
        return {"processed_at": processed_at, "records_processed": 100, "status": "success"}

    process_data()

with DAG("exercise_5_1_consumer", schedule=[PROCESSED_DATA], tags=[*TAGS, "consumer"], **COMMON):

    @task
    def consume_data(triggering_asset_events):
        """Prints every event that this run is for."""
        print("Data is available for processing!")
        for asset, events in triggering_asset_events.items():
            print(f"Asset: {asset.uri}")
            for event in events:
                print(f"Timestamp: {event.timestamp.isoformat()}")
                print(f"Source DAG: {event.source_dag_id}")
                print(f"Source task: {event.source_task_id}")
                print(f"Extra: {event.extra}")

    consume_data()
