import json
import os
import sys
import time
import urllib.request

QUESTION = """{
  version
  instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } concurrencyLimits { concurrencyKey slotCount } }
  workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { __typename ... on PythonError { message } } } } }
}"""


def ask():
    body = json.dumps({"query": QUESTION}).encode()
    request = urllib.request.Request(os.environ["URL"] + "/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


def problems(data):
    locations = {entry["name"]: entry["locationOrLoadError"] for entry in data["workspaceOrError"]["locationEntries"]}
    for name in json.loads(os.environ["LOCATIONS"]):
        found = locations.get(name) or {"__typename": "missing"}
        if found["__typename"] != "RepositoryLocation":
            yield f"code location {name}: {found.get('message', found['__typename'])}"
    for daemon in data["instance"]["daemonHealth"]["allDaemonStatuses"]:
        if daemon["required"] and not daemon["healthy"]:
            yield f"{daemon['daemonType']} of the daemon is not healthy"
    limits = {pool["concurrencyKey"]: pool["slotCount"] for pool in data["instance"]["concurrencyLimits"]}
    for pool, limit in json.loads(os.environ["POOLS"]).items():
        if limits.get(pool) != limit:
            yield f"pool {pool} has the limit {limits.get(pool)}, the values say {limit}"


deadline = time.monotonic() + 120
while found := list(problems(data := ask())):
    if time.monotonic() > deadline:
        sys.exit("\n".join(found))
    time.sleep(1)
print(f"Dagster {data['version']}: all code locations are loaded, all threads of the daemon are healthy, pools have their limits")
