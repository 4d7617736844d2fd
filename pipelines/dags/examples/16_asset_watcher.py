"""
# 16 AssetWatcher: the triggerer looks for news by itself

**Teaches:** no task makes these events. The asset has a **watcher**: a trigger that runs in the triggerer for as long as the DAG is
unpaused, here one that looks for a file every two seconds, deletes it, and makes an event. Triggers that read message queues work in
the same way.

**Do:** unpause the DAG. The watcher starts when the DAG processor reads the file next, within minutes; *Reparse Dag* in the menu of
the DAG does it now. Then put the file where the triggerer finds it:

    kubectl exec -n tandem deploy/tandem-airflow-triggerer -- sh -c 'mkdir -p /tmp/ex16 && touch /tmp/ex16/go'

**See:**
- `ex16_watcher_consumer` runs within seconds, and the file is gone.
- The event has no source DAG. Its extra says `from_trigger`, and `payload` is what the trigger handed over.

**When the triggerer restarts**, the watcher itself survives: it is a row in Airflow's database, and the next triggerer takes it over.
What was not yet an event depends on where it lies. This file is in the triggerer's own `/tmp`, which outlives its container but not its
pod. And the trigger deletes the file *before* the event is written: a triggerer that is killed in between has lost it, so this trigger
says "at most once". Where each event counts, use a source that keeps a message until it is acknowledged, or a POST that is repeated
until it is answered (example 17), with a consumer that may run twice.
"""

from typing import Any

from airflow.providers.standard.triggers.file import DirectoryFileDeleteTrigger
from airflow.sdk import DAG, Asset, AssetWatcher, task

FILE = DirectoryFileDeleteTrigger(directory="/tmp/ex16", filename="go", poke_interval=2)
GO = Asset("ex16_go", watchers=[AssetWatcher(name="ex16_file", trigger=FILE)])
COMMON = {"doc_md": __doc__, "catchup": False, "is_paused_upon_creation": True, "tags": ["example", "ex16"]}

with DAG("ex16_watcher_consumer", schedule=[GO], **COMMON):

    @task
    def consume(triggering_asset_events: Any = None) -> None:
        for event in triggering_asset_events.get(GO, []):
            print(f"source DAG: {event.source_dag_id}, extra: {event.extra}")

    consume()
