"""
# 09 Extra on an asset does not change its identity

**Teaches:** name and URI say which asset is meant, and nothing else does. Two DAGs name `ex09_orders` here, each with another
`extra`: it is **one** asset.

**Do:** unpause both DAGs and trigger `ex09_static_extra_producer`.

**See:**
- `ex09_static_extra_consumer` runs, although its asset has another extra than the one that was updated.
- *Assets* lists one `ex09_orders`. Its extra is the one that was read last; do not rely on which that is.
- The log of `consume` shows an event **without** extra: what stands on the asset is not copied into its events. Examples 10 and 11
  give an event an extra of its own.
- Python is stricter than Airflow: the log of `produce` says that `==` finds the two objects unequal. Compare names and URIs instead.
"""

from typing import Any

from airflow.sdk import DAG, Asset, task

AS_PRODUCED = Asset("ex09_orders", extra={"team": "sales"})
AS_CONSUMED = Asset("ex09_orders", extra={"team": "reporting", "keep": "30 days"})
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex09"]}

with DAG("ex09_static_extra_producer", schedule=None, **COMMON):

    @task(outlets=[AS_PRODUCED])
    def produce() -> None:
        print(f"Python calls the two objects equal: {AS_PRODUCED == AS_CONSUMED}")

    produce()

with DAG("ex09_static_extra_consumer", schedule=[AS_CONSUMED], **COMMON):

    @task
    def consume(triggering_asset_events: Any = None) -> None:
        for asset, events in triggering_asset_events.items():
            for event in events:
                print(f"{asset.name} was updated by {event.source_dag_id}, extra of the event: {event.extra}")

    consume()
