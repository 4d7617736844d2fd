"""
# 04 `|` and `&`

**Teaches:** conditions are written with operators: `|` is "one of them is enough", `&` is "all of them", the same as a list.

- `ex04_any` is scheduled on `orders | returns`.
- `ex04_both` is scheduled on `orders & returns`.

**Do:** unpause both, and create events for `ex04_orders`, then for `ex04_returns` (menu *Assets*, *Create Event*, *Manual*).

**See:** two runs of `ex04_any`, one for each event, and one run of `ex04_both` with both.

Good to know:

- Write `|` and `&`. With the words `or` and `and` Python itself picks one of the two assets, and the other is silently ignored.
- The tasks here are EmptyOperators: the scheduler ends them itself, without a pod. Cheap steps of this kind are good for joining
  branches. (One with an outlet does get a pod, because somebody has to emit the event.)
"""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset

ORDERS = Asset("ex04_orders", "x-example://04/orders")
RETURNS = Asset("ex04_returns", "x-example://04/returns")
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex04"]}

with DAG("ex04_any", schedule=ORDERS | RETURNS, **COMMON):
    EmptyOperator(task_id="balance")

with DAG("ex04_both", schedule=ORDERS & RETURNS, **COMMON):
    EmptyOperator(task_id="balance")
