import json
import os
import sys
import urllib.request


def call(path, body=None, token=None):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(os.environ["URL"] + path, json.dumps(body).encode() if body else None, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


token = call("/auth/token", {"username": os.environ["ADMIN_USERNAME"], "password": os.environ["ADMIN_PASSWORD"]})["access_token"]
health = {name: part["status"] for name, part in call("/api/v2/monitor/health").items() if part}
errors = call("/api/v2/importErrors", token=token)
dags = call("/api/v2/dags", token=token)["total_entries"]
print(f"logged in; health: {health}; {dags} DAGs; {errors['total_entries']} import errors")
for error in errors["import_errors"]:
    print(error["filename"], error["stack_trace"])
sys.exit(0 if set(health.values()) == {"healthy"} and errors["total_entries"] == 0 else 1)
