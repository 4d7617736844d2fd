"""
# 08 How events queue: a paused and a busy consumer

**Teaches:** what happens to events that arrive while their consumer cannot run. Expect no run per event: a run may be for several, and
not always for all that are there.

- `ex08_producer` has one task with two outlets: both events are recorded in the same instant.
- `ex08_consumer` is scheduled on `orders | returns`, takes half a minute, and has `max_active_runs=1`.
  (An event whose extra is `{"seconds": 5}` makes a shorter run.)

**Do and see:** unpause both DAGs.

1. *Two events in the same instant.* Trigger `ex08_producer`: one run of the consumer, with two events.
2. *A busy consumer.* While it runs, create three events for `ex08_orders` (menu *Assets*, *Create Event*, *Manual*). When it has
   ended, **one** more run follows, not three.
3. *A paused consumer.* When no run is left, pause `ex08_consumer`, create an event, unpause: **nothing** runs. Create another one: a run,
   with both.

Good to know:

- The queue holds one mark per consumer and asset, with the time of the first update. The next run takes all events up to the newest
  *mark*. So the run of step 2 has only the first of the three events; the other two stay behind, without a mark, until another event
  brings a run that takes them along (issue 56050 of apache/airflow). So do not count on events for completeness: let a consumer look at
  the data as well.
- A paused consumer gets no marks at all, so that unpausing starts nothing. Its events are not lost either: they ride along with the next.
- A mark that was set *before* the pause stays, and starts a run as soon as the DAG is unpaused.
- A run that is active when its DAG is paused does not end before the DAG is unpaused, although its running task does.
"""

import time

from airflow.sdk import DAG, Asset, task

ORDERS = Asset("ex08_orders", "x-example://08/orders")
RETURNS = Asset("ex08_returns", "x-example://08/returns")
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex08"]}

with DAG("ex08_producer", schedule=None, **COMMON):

    @task(outlets=[ORDERS, RETURNS])
    def close_the_day():
        """Updates two assets with one success."""
        print("Orders and returns are complete.")

    close_the_day()

with DAG("ex08_consumer", schedule=ORDERS | RETURNS, max_active_runs=1, **COMMON):

    @task
    def balance(triggering_asset_events):
        """Takes long enough for others to emit events meanwhile."""
        wanted = [0]
        for asset, events in triggering_asset_events.items():
            print(f"{len(events)} event(s) of {asset.name}")
            wanted += [event.extra.get("seconds", 30) for event in events]
        # An extra may hold anything.
        time.sleep(max(seconds if isinstance(seconds, int) and 0 <= seconds <= 300 else 30 for seconds in wanted))

    balance()
