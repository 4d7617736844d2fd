"""
# 15 AssetAlias: which asset, is decided at run time

**Teaches:** a task's outlets are written in its DAG file. When only the task itself finds out what it writes (a file per city, say), its
outlet is an **alias**, and the task adds the assets to it. A DAG that is scheduled on the alias runs for all of them.

**Do:** unpause both DAGs, and trigger `ex15_alias_producer` with `city` amsterdam, then with `city` oslo, then with an empty `city`.

**See:**
- Two runs of `ex15_alias_consumer`. The log of `consume` names the asset of the city.
- *Asset Events* of the run show the event of `x-example://15/oslo`, which no DAG file names, with its `city`. The page *Assets* does
  not list that asset: it shows those that a DAG names.
- The run with an empty `city` succeeded, added no asset, and made no event: so a task can also decide that there is nothing new.
"""

from typing import Any

from airflow.sdk import DAG, Asset, AssetAlias, Param, task

CITIES = AssetAlias("ex15_cities")
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex15"]}

with DAG(
    "ex15_alias_producer",
    schedule=None,
    params={"city": Param("amsterdam", type="string", pattern="^[a-z]*$", description="The city whose file is written; empty for none.")},
    **COMMON,
):

    @task(outlets=[CITIES])
    def produce(params: Any = None, outlet_events: Any = None) -> None:
        city = params["city"]
        if city:
            outlet_events[CITIES].add(Asset(f"x-example://15/{city}"), extra={"city": city})

    produce()

with DAG("ex15_alias_consumer", schedule=[CITIES], **COMMON):

    @task
    def consume(triggering_asset_events: Any = None) -> None:
        for event in triggering_asset_events.get(CITIES, []):
            print(f"{event.asset.uri} was updated, extra: {event.extra}")

    consume()
