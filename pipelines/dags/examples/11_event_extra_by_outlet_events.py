"""
# 11 Extra on an event, through outlet_events

**Teaches:** the other way to attach an extra: `outlet_events[asset].extra`, a dictionary that the task fills while it runs. It needs no
generator, so it also works in `post_execute` hooks and in operators that are classes. Each outlet of a task has its own.

**Do:** unpause both DAGs and trigger `ex11_outlet_events_producer`.

**See:**
- *Assets*: the event of `ex11_orders` carries `{"rows": 3}`, that of `ex11_refunds` `{"rows": 1}`, although one task made both.
- `ex11_outlet_events_consumer` waits for both assets, so it runs once; its log shows both extras.
- Trigger the producer with `fail` set: the extra was attached before the task failed, but there is no event to carry it.
"""

from typing import Any

from airflow.sdk import DAG, Asset, Param, task

ORDERS, REFUNDS = Asset("ex11_orders"), Asset("ex11_refunds")
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex11"]}

with DAG(
    "ex11_outlet_events_producer",
    schedule=None,
    params={
        "orders": Param(3, type="integer", minimum=0, description="Orders that are said to be written."),
        "refunds": Param(1, type="integer", minimum=0, description="Refunds that are said to be written."),
        "fail": Param(False, type="boolean", description="Fail after the extra was attached."),
    },
    **COMMON,
):

    @task(outlets=[ORDERS, REFUNDS])
    def produce(params: Any = None, outlet_events: Any = None) -> None:
        outlet_events[ORDERS].extra = {"rows": params["orders"]}
        outlet_events[REFUNDS].extra["rows"] = params["refunds"]
        if params["fail"]:
            raise ValueError("failed on request, so no event is made")

    produce()

with DAG("ex11_outlet_events_consumer", schedule=[ORDERS, REFUNDS], **COMMON):

    @task
    def consume(triggering_asset_events: Any = None) -> None:
        for asset, events in triggering_asset_events.items():
            print(f"{asset.name}: {[event.extra for event in events]}")

    consume()
