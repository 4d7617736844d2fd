"""
# 03 Three assets: all of them

**Teaches:** a list of assets means AND. The DAG runs once **every** asset was updated since its last run, however often one of them
repeats.

**Do:** unpause `ex03_all_of_three`. Open menu *Assets*, and create an event (button *Create Event*, *Manual*) for `ex03_orders`,
then again for `ex03_orders`, then for `ex03_customers`. Nothing runs; the DAG's page says *2 of 3 assets updated*. Create one for
`ex03_prices`.

**See:** exactly one run. It carries all four events, the repeated one too; the task prints them, oldest first.

Good to know:

- Airflow keeps, per consumer and asset, one mark "was updated". A repeated update finds the mark set: it counts as one
  update, and its event rides along with the run.
- The run wipes all marks, so that the next run needs all three again.
"""

from airflow.sdk import DAG, Asset, task

ORDERS = Asset("ex03_orders", "x-example://03/orders")
CUSTOMERS = Asset("ex03_customers", "x-example://03/customers")
PRICES = Asset("ex03_prices", "x-example://03/prices")

with DAG(
    "ex03_all_of_three",
    doc_md=__doc__,
    schedule=[ORDERS, CUSTOMERS, PRICES],
    catchup=False,
    is_paused_upon_creation=True,
    tags=["example", "ex03"],
):

    @task
    def join(triggering_asset_events):
        """Prints what was updated, in the order of the updates."""
        events = sorted((event.timestamp, asset.name) for asset, found in triggering_asset_events.items() for event in found)
        print("Updated: " + ", ".join(name for _, name in events))

    join()
