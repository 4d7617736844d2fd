"""The daemon keeps its connections to the database, survives the loss of them, and says each thing once."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from dagster_storage import PROGRAMS, Storage

FIRST_WORDS = "Instance is configured with the following daemons"
QUESTIONS = """
import json, sys
import psycopg2
from concurrent.futures import ThreadPoolExecutor
from dagster import AssetKey, DagsterInstance
from sqlalchemy import event
from sqlalchemy.pool import Pool
import daemon

opened = []
event.listen(Pool, "connect", lambda *_: opened.append(1))
if sys.argv[1] == "kept":
    daemon.keep_connections()
counts = []
with DagsterInstance.get() as instance, ThreadPoolExecutor(8) as threads:
    def ask(_):
        return instance.get_runs(limit=1), instance.all_instigator_state(), instance.has_asset_key(AssetKey("trips"))
    for _ in range(2):
        opened.clear()
        list(threads.map(ask, range(100)))
        counts.append(len(opened))
        other = psycopg2.connect(**json.loads(sys.argv[2]))
        with other.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = user and pid <> pg_backend_pid()")
        other.close()
print(json.dumps(counts))
"""


def connections(storage: Storage, how: str) -> list[int]:
    """Connections that two times 100 rounds of questions open, where all that are open are cut in between."""
    owner = storage.owner
    login = {key: owner[f"DAGSTER_PG{key.upper()}"] for key in ("host", "port", "user", "password")} | {
        "dbname": owner["DAGSTER_PGDATABASE"]
    }
    environment = owner | {"PYTHONPATH": str(PROGRAMS)}
    done = subprocess.run(
        [sys.executable, "-c", QUESTIONS, how, json.dumps(login)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found: list[int] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_connections_are_kept_and_those_that_were_cut_are_replaced_unseen(storage: Storage) -> None:
    assert min(connections(storage, "as Dagster does")) >= 200
    first, second = connections(storage, "kept")
    assert 1 <= first <= 30
    assert 1 <= second <= 30


def test_each_line_is_logged_once(storage: Storage, tmp_path: Path) -> None:
    """Also when a library gives the root logger a handler, as the first warning through it does."""
    (tmp_path / "sitecustomize.py").write_text("import logging\nlogging.basicConfig()\n")
    environment = storage.owner | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, str(PROGRAMS / "daemon.py"), "run", "--empty-workspace"]
    with (tmp_path / "log").open("w") as log:
        process: subprocess.Popen[Any] = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=tmp_path)
        try:
            deadline = time.monotonic() + 60
            while FIRST_WORDS not in (text := (tmp_path / "log").read_text()) and time.monotonic() < deadline:
                time.sleep(0.2)
            time.sleep(1)  # a second line would be written at once
            text = (tmp_path / "log").read_text()
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.wait(30)
    assert text.count(FIRST_WORDS) == 1, text
