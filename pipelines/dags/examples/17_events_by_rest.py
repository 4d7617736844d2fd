"""
# 17 Events from outside, through the REST API

**Teaches:** a program that is no DAG may say that an asset was updated: `POST /api/v2/assets/events`. This is how other systems start DAGs
here without knowing their names; the platform's own bridge from Dagster works so.

**Do:** unpause the DAG, open the pages with `make open`, and then:

    AIRFLOW=http://localhost:8080
    value() { python3 -c "import json, sys; print(json.load(sys.stdin)$1)"; }
    TOKEN=$(curl -sSf $AIRFLOW/auth/token -H 'Content-Type: application/json' \\
      -d '{"username": "admin", "password": "…"}' | value "['access_token']")
    ASSET=$(curl -sSf "$AIRFLOW/api/v2/assets?name_pattern=ex17_shop_orders" -H "Authorization: Bearer $TOKEN" |
      value "['assets'][0]['id']")
    curl -sSf $AIRFLOW/api/v2/assets/events -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
      -d "{\\"asset_id\\": $ASSET, \\"extra\\": {\\"orders\\": 12}}"

**See:**
- `ex17_rest_consumer` runs. Its log shows `orders`, and `from_rest_api`, which Airflow adds to every such extra.
- The event has no source DAG, run or task.

**Who may:** a login whose role can *create* Assets; to look up the id by name it needs to *read* Assets and Asset Aliases. A viewer may
not, and Airflow answers 403. An event is not checked against anything: whoever may create them can start every DAG that waits for any
asset.

The same by hand: button *Create Event*, *Manual*, on the page of an asset.
"""

from typing import Any

from airflow.sdk import DAG, Asset, task

SHOP_ORDERS = Asset("ex17_shop_orders")
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex17"]}

with DAG("ex17_rest_consumer", schedule=[SHOP_ORDERS], **COMMON):

    @task
    def consume(triggering_asset_events: Any = None) -> None:
        for event in triggering_asset_events.get(SHOP_ORDERS, []):
            print(f"source DAG: {event.source_dag_id}, extra: {event.extra}")

    consume()
