"""
# 05 Nested conditions

**Teaches:** `|` and `&` nest, and where the brackets are decides. In Python, `&` binds tighter than `|`; write the brackets anyway.

- `ex05_a_or_both` is scheduled on `a | (b & c)`.
- `ex05_either_and_c` is scheduled on `(a | b) & c`.

**Do:** unpause both, and create events for `ex05_a`, `ex05_b` and `ex05_c` in different orders (menu *Assets*, *Create Event*).

**See:**

| events, in this order | `a or (b and c)` | `(a or b) and c` |
|---|---|---|
| a | runs with a | waits for c |
| then c | waits for b (or another a) | runs with a, c |
| then b | runs with c, b | waits for c |
| then a | runs with a | waits still |
| then c | waits for b (or another a) | runs with b, a, c |

Good to know:

- A run takes **everything** that was waiting, not just what fulfilled the condition. After `b, a` the run of `a | (b & c)` has used up
  b, and c alone does not start another.
"""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset

A = Asset("ex05_a", "x-example://05/a")
B = Asset("ex05_b", "x-example://05/b")
C = Asset("ex05_c", "x-example://05/c")
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex05"]}

with DAG("ex05_a_or_both", schedule=A | (B & C), **COMMON):
    EmptyOperator(task_id="run")

with DAG("ex05_either_and_c", schedule=(A | B) & C, **COMMON):
    EmptyOperator(task_id="run")
