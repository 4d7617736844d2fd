"""
# 13 Triggering events in a Jinja template

**Teaches:** templated fields know `triggering_asset_events` too. Here it becomes the filter of an SQL query: the **data interval of the
run that made the event** says which rows are new, and only those are read, from the real table `customer_transactions`.

**Do:** unpause `ex13_template_consumer`. Every half hour, `generate_transaction_and_labels` updates the table. If you do not want to
wait, trigger that one with a **logical date** whose half hour has no rows yet.

**See:**
- *Rendered Templates* of `query`: the SQL with the interval of the source run filled in.
- Its log: transactions and amount per symbol in just that half hour.
- A producer that was triggered without a logical date has no data interval. Nothing can be filled in, so the query finds no rows; the
  same when you trigger this DAG by hand.

A data interval is two dates that Airflow made. An `extra` is text of whoever wrote the event: never paste that into SQL.
"""

from airflow.sdk import DAG

from tandem_assets import TRANSACTIONS
from tandem_jobs import job_pod

# One condition for each event, so that two updates before one run are both read, and none gives a query that finds nothing.
NEW_TRANSACTIONS = """
SELECT stock_symbol, count(*) AS transactions, sum(amount) AS amount
FROM customer_transactions
WHERE false
{%- for events in triggering_asset_events.values() %}
{%- for event in events if event.source_dag_run and event.source_dag_run.data_interval_start %}
   OR transaction_date >= '{{ event.source_dag_run.data_interval_start | ts }}'
  AND transaction_date < '{{ event.source_dag_run.data_interval_end | ts }}'
{%- endfor %}
{%- endfor %}
GROUP BY stock_symbol
ORDER BY stock_symbol
"""
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex13"]}

with DAG("ex13_template_consumer", schedule=[TRANSACTIONS], **COMMON):
    job_pod("query", ["python", "-m", "fraud", "sql", NEW_TRANSACTIONS], outlets={}, do_xcom_push=False)
