"""
# 18 Partitioned assets: a run for each part

**Teaches:** some updates concern a part of an asset only: a day, a region. Since Airflow 3.2 an event may carry a **partition key**. A DAG
that is scheduled by `PartitionedAssetTimetable` gets a run *for each key*, where a plain asset schedule would put all events into one.

**Do:** unpause both DAGs and trigger `ex18_partitions_producer`, with other `regions` if you like.

**See:**
- One run of the producer makes one event for each region.
- One run of `ex18_partitions_consumer` for each region; the log of `consume` says which.
- A region that is named twice is updated once.
"""

from typing import Any

from airflow.sdk import DAG, Asset, Param, PartitionedAssetTimetable, PartitionedAtRuntime, task

SALES = Asset("ex18_sales")
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex18"]}

with DAG(
    "ex18_partitions_producer",
    # The keys are known when the task runs; CronPartitionTimetable would take them from the clock.
    schedule=PartitionedAtRuntime(),
    params={"regions": Param(["europe", "asia"], type="array", items={"type": "string"}, description="Regions that are updated.")},
    **COMMON,
):

    @task(outlets=[SALES])
    def produce(params: Any = None, outlet_events: Any = None) -> None:
        outlet_events[SALES].add_partitions(params["regions"])

    produce()

with DAG("ex18_partitions_consumer", schedule=PartitionedAssetTimetable(assets=SALES), **COMMON):

    @task
    def consume(dag_run: Any = None) -> None:
        print(f"sales of region {dag_run.partition_key}")

    consume()
