"""
# 07 Without success there is no event

**Teaches:** only a task instance that **succeeds** updates its outlets. One that failed, was skipped, or never ran because something
before it failed or was skipped, emits nothing, and no consumer runs.

`ex07_producer` has two tasks with an outlet each, `produce` >> `publish`, and a parameter that decides how `produce` ends:

| outcome | `produce` | `publish` | events |
|---|---|---|---|
| success | success | success | `ex07_raw`, `ex07_published` |
| failure | failed | upstream_failed | none |
| skip | skipped | skipped | none |
| failure_at_first | fails, then succeeds in its retry | success | `ex07_raw`, `ex07_published`, once each |

**Do:** unpause both DAGs, and trigger `ex07_producer` with each outcome in turn.

**See:** `ex07_consumer`, scheduled on `raw | published`, runs for the first and the last only. The assets' pages list no event of the
others.

Good to know:

- The event is emitted when the *task* succeeds, not its DAG run: had `publish` failed after a good `produce`, the event of
  `ex07_raw` would stay.
- *Mark as success* by hand turns a failed task green, but emits **nothing**: the event comes from the run of a task.
"""

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, Param, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

RAW = Asset("ex07_raw", "x-example://07/raw")
PUBLISHED = Asset("ex07_published", "x-example://07/published")
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex07"]}
OUTCOMES = ["success", "failure", "skip", "failure_at_first"]

with DAG(
    "ex07_producer",
    schedule=None,
    params={"outcome": Param("failure", enum=OUTCOMES, description="How the task produce ends.")},
    **COMMON,
):

    @task(outlets=[RAW], retries=1, retry_delay=timedelta(seconds=1))
    def produce(params, ti):
        """Ends as the parameter says. AirflowFailException fails without a retry."""
        if params["outcome"] == "failure":
            raise AirflowFailException("Failed, as asked.")
        if params["outcome"] == "skip":
            raise AirflowSkipException("Skipped, as asked.")
        if params["outcome"] == "failure_at_first" and ti.try_number == 1:
            raise RuntimeError("Failed at first, as asked.")
        print("Succeeded.")

    @task(outlets=[PUBLISHED])
    def publish():
        """Runs after a success only."""
        print("Published.")

    produce() >> publish()

with DAG("ex07_consumer", schedule=RAW | PUBLISHED, **COMMON):
    EmptyOperator(task_id="consume")
