"""
# 01 A producer and a consumer

**Teaches:** a task that *updates an asset*, and a DAG that runs because of it, without either knowing the other.

- `producer_dag` runs every day at midnight UTC. Its task names the asset as an **outlet**: when the task succeeds, Airflow records an
  *asset event*.
- `consumer_dag` has that asset as its **schedule** instead of a time. Each new event starts a run.

The asset is a plain string, `/path/to/data.csv`. Airflow never looks for such a file: an asset is only a name that both sides agree on.

**Do:** both DAGs are unpaused from the beginning. Trigger `producer_dag` (button *Trigger*), and watch `consumer_dag`.

**See:** a few seconds after `produce_data` has turned green, a run of `consumer_dag` whose name begins with `asset_triggered`. Its page
shows the event that started it, and the asset's page (menu *Assets*) the graph of both DAGs around the asset.

Good to know:

- Clear `produce_data` in a run that is over, and it emits **again**: an event says "a task succeeded", not "the data is new".
- To trigger `consumer_dag` by hand works as well; such a run has no events.
"""

from datetime import UTC, datetime

from airflow.sdk import DAG, Asset, task

DATA = Asset("/path/to/data.csv")
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": False, "tags": ["example", "ex01"]}

with DAG("producer_dag", schedule="@daily", start_date=datetime(2024, 1, 1, tzinfo=UTC), **COMMON):

    @task(outlets=[DATA])
    def produce_data():
        """Would write the file; that it ends well is all that Airflow takes from it."""
        print(f"Data was written to {DATA.uri}.")

    produce_data()

with DAG("consumer_dag", schedule=[DATA], **COMMON):

    @task
    def consume_data():
        """Would read the file."""
        print(f"Data is read from {DATA.uri}.")

    consume_data()
