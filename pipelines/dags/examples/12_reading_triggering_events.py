"""
# 12 Reading the events that triggered a run

**Teaches:** a task that names the parameter `triggering_asset_events` gets a mapping: each asset → the list of **all** its events that
came into this run, in no order that you can count on: sort them if it matters. Each event knows its `timestamp`, its `extra`, and which
DAG, run and task made it.

The consumer here waits for orders **and** prices. Orders may come several times before prices do: that gives one run with several
events, and a consumer that looks at the last one only would lose the others.

**Do:** unpause the three DAGs. Trigger `ex12_orders_producer` twice, with `day` 1 and 2, then `ex12_prices_producer` once.

**See:**
- One run of `ex12_triggering_events_consumer`. The log of `consume` lists two events of `ex12_orders`, day 1 before day 2, and one of
  `ex12_prices`, each with its source run. The XCom of `consume` holds the days.
- *Asset events* on the page of that run lists the same three.
- Trigger the consumer by hand: its log says that there were no events. A run that no event triggered has an empty mapping.
"""

from typing import Any

from airflow.sdk import DAG, Asset, Param, task

ORDERS, PRICES = Asset("ex12_orders"), Asset("ex12_prices")
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex12"]}

for asset in (ORDERS, PRICES):
    with DAG(
        f"{asset.name}_producer",
        schedule=None,
        params={"day": Param(1, type="integer", minimum=1, description="The day that the data is of.")},
        **COMMON,
    ):

        @task(outlets=[asset])
        def produce(asset_name: str, params: Any = None, outlet_events: Any = None) -> None:
            outlet_events.for_asset(name=asset_name).extra["day"] = params["day"]

        produce(asset.name)

with DAG("ex12_triggering_events_consumer", schedule=[ORDERS, PRICES], **COMMON):

    @task
    def consume(triggering_asset_events: Any = None) -> dict[str, list[int | None]]:
        if not triggering_asset_events:
            print("No event triggered this run.")
        oldest_first = {asset.name: sorted(events, key=lambda event: event.timestamp) for asset, events in triggering_asset_events.items()}
        for name, events in oldest_first.items():
            for event in events:
                print(f"{name} at {event.timestamp:%H:%M:%S.%f}: {event.source_dag_id} {event.source_run_id}, extra {event.extra}")
        return {name: [event.extra.get("day") for event in events] for name, events in oldest_first.items()}

    consume()
