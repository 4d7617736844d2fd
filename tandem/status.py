"""`make status`: what runs, in which version, and what Airflow and Dagster did last."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Iterator
from typing import Any

from tandem import airflow, cluster, console, dagster, engine, explain, helm, images, install, kube, lineage, open
from tandem.errors import TandemError
from tandem.forward import Forward


def main(arguments: list[str]) -> int:
    """Print the state for people or, with --json, for programs; status 0 when everything that should run is ready."""
    parser = argparse.ArgumentParser(prog="make status", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object; its keys stay as they are")
    as_json = parser.parse_args(arguments).json
    found = collect()
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        show(found)
    return 0 if found["ready"] else 1


def collect() -> dict[str, Any]:
    """Everything `make status` knows. Keys: ready, engine, cluster, nodes, release, images, pods, pages, last_run, taxi, lineage."""
    found: dict[str, Any] = {
        "ready": False,
        "engine": engine.reachable(),
        "cluster": "none",
        "nodes": [],
        "release": None,
        "images": {},
        "pods": [],
        "pages": [],
        "last_run": None,
        "taxi": None,
        "lineage": [],
    }
    if not found["engine"] or not cluster.exists():
        return found
    found["cluster"] = "running" if kube.reachable() else "not answering"
    if found["cluster"] != "running":
        return found
    found["nodes"] = [node(n) for n in kube.items("node", namespace=None)]
    found["release"] = release()
    found["images"] = images.tags()
    found["pods"] = [pod(p) for p in kube.items("pod") if p["status"]["phase"] != "Succeeded"]
    found["pages"] = open.addresses()
    found["last_run"] = last_run(found["pages"]) if found["release"] else None
    found["taxi"] = taxi(found["pages"]) if found["release"] else None
    found["lineage"] = carried(found["pages"]) if found["release"] else []
    found["ready"] = all(part["ready"] for part in found["nodes"] + found["pods"]) and (found["release"] or {}).get("status") == "deployed"
    return found


def node(found: Any) -> dict[str, Any]:
    """Name, readiness and version of a node."""
    return {"name": found["metadata"]["name"], "ready": kube.is_ready(found), "version": found["status"]["nodeInfo"]["kubeletVersion"]}


def pod(found: Any) -> dict[str, Any]:
    """Component, name, readiness, restarts and, if it is not ready, the reason of a pod."""
    ready = kube.is_ready(found)
    statuses = found["status"].get("containerStatuses", [])
    return {
        "component": explain.component(found),
        "name": found["metadata"]["name"],
        "ready": ready,
        "restarts": sum(status["restartCount"] for status in statuses),
        "node": found["spec"].get("nodeName"),
        "reason": None if ready else explain.reason(found),
    }


def release() -> dict[str, Any] | None:
    """Revision and status of the release, and whether it was installed from this checkout as it is now."""
    newest = helm.last_revision()
    if newest is None:
        return None
    last = newest["metadata"]["labels"]
    return {"name": kube.RELEASE, "revision": int(last["version"]), "status": last["status"], "current": install.is_current()}


def last_run(pages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The DAG's newest run; None when there is none yet or Airflow does not answer."""
    try:
        with reach(open.AIRFLOW, pages) as url:
            run = airflow.Airflow(url).last_run()
    except TandemError:
        return None
    return run and {"dag": airflow.DAG, "run": run["dag_run_id"], "state": run["state"], "start": run["start_date"], "end": run["end_date"]}


def taxi(pages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The months that Dagster has loaded and its newest runs; None when Dagster does not answer or is not installed."""
    try:
        with reach(open.DAGSTER, pages) as url:
            return dagster.Dagster(url).summary()
    except TandemError:
        return None


def carried(pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How the bridge between both orchestrators stands, in each direction; none where it is not installed or Dagster does not answer."""
    try:
        with reach(open.DAGSTER, pages) as url:
            return lineage.state(dagster.Dagster(url))
    except TandemError:
        return []


@contextlib.contextmanager
def reach(ui: open.Ui, pages: list[dict[str, Any]]) -> Iterator[str]:
    """The address of a page, which is opened for as long as the block runs if it is not open."""
    url = next((page["url"] for page in pages if page["name"] == ui.name), None)
    if url is not None:
        yield url
        return
    if not open.installed([ui]):
        raise TandemError(f"{ui.name} is not installed")
    with Forward(ui.service, ui.target, within=10) as forward:
        yield forward.url


def show(found: dict[str, Any]) -> None:
    """The same for people."""
    if not found["engine"] or found["cluster"] != "running":
        why = "the container engine does not answer" if not found["engine"] else f"cluster {kube.RELEASE}: {found['cluster']}"
        console.say(f"Tandem is down: {why}. `make up` brings it up.")
        return
    console.say(f"Cluster   {kube.RELEASE}: {', '.join(n['name'] + (' ready' if n['ready'] else ' NOT ready') for n in found['nodes'])}")
    installed = found["release"]
    if installed:
        age = "current" if installed["current"] else "older than this checkout: `make up` upgrades it"
        console.say(f"Release   revision {installed['revision']}, {installed['status']}, {age}")
    else:
        console.say("Release   none: `make up` or `make install` installs it")
    rows = [(p["component"], p["name"], "ready" if p["ready"] else "not ready", p["restarts"], p["reason"] or "") for p in found["pods"]]
    for line in console.table(sorted(rows), head=("component", "pod", "state", "restarts", "")):
        console.say(line)
    for page in found["pages"]:
        console.say(f"{page['name']:<9} {page['url']}")
    if not found["pages"]:
        console.say("Pages     none are open: `make open`")
    if run := found["last_run"]:
        console.say(f"Last run  {run['run']} {run['state']}")
    if taxis := found["taxi"]:
        console.say(f"Taxi      {', '.join(taxis['months']) or 'no months are loaded'}")
        for line in console.table([(r["state"].lower(), r["job"], r["partition"] or "") for r in taxis["runs"]], indent="          "):
            console.say(line)
    for number, line in enumerate(console.table([lineage.in_words(direction) for direction in found["lineage"]], indent="")):
        console.say(f"{'' if number else 'Lineage':<10}{line}")
