"""
# 10 Extra on an event, by yielding Metadata

**Teaches:** an event says that an asset was updated, and its `extra` may say what is new: how many rows, which day, which file. A task
that **yields** `Metadata(asset, extra)` attaches it; the event itself still is made only when the task has succeeded.

**Do:** unpause both DAGs and trigger `ex10_metadata_producer`, with other `rows` if you like.

**See:**
- *Assets → ex10_orders*: the event of your run carries `rows` and `source`.
- The log of `consume` in `ex10_metadata_consumer` shows the same extra.
- A generator still has a return value: the XCom of `produce` is the number of rows.
- A task may yield more than once for an asset. The parts are merged into one extra, and there is still one event.
"""

from collections.abc import Iterator
from typing import Any

from airflow.sdk import DAG, Asset, Metadata, Param, task

ORDERS = Asset("ex10_orders")
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex10"]}

with DAG(
    "ex10_metadata_producer",
    schedule=None,
    params={"rows": Param(3, type="integer", minimum=0, description="Orders that are said to be written.")},
    **COMMON,
):

    @task(outlets=[ORDERS])
    def produce(params: Any = None) -> Iterator[Metadata]:
        yield Metadata(ORDERS, {"rows": params["rows"]})
        yield Metadata(ORDERS, {"source": "web shop"})
        return params["rows"]

    produce()

with DAG("ex10_metadata_consumer", schedule=[ORDERS], **COMMON):

    @task
    def consume(triggering_asset_events: Any = None) -> None:
        for event in triggering_asset_events.get(ORDERS, []):
            print(f"{event.extra.get('rows')} new orders from the {event.extra.get('source')}")

    consume()
