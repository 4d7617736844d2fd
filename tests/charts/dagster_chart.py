"""What tests of the dagster chart share: its supported configurations, names of Secrets, and ways to find an object."""

from __future__ import annotations

from typing import Any

import yaml

from .conftest import CHARTS

TEAMS = CHARTS / "dagster" / "ci" / "teams-values.yaml"
STANDALONE = CHARTS / "dagster" / "ci" / "standalone-values.yaml"
OWNER, RUN = "tandem-postgres-dagster", "tandem-postgres-dagsterrun"
STORE, LAKE, RESULTS = "tandem-objectstore-pipelines", "tandem-postgres-lake", "tandem-postgres-airbyte"


def named(found: list[dict[str, Any]], kind: str, name: str, namespace: str = "tandem") -> dict[str, Any]:
    """The one object of that kind, name and namespace."""
    [one] = [o for o in found if (o["kind"], o["metadata"]["name"], o["metadata"].get("namespace")) == (kind, name, namespace)]
    return one


def instance(found: list[dict[str, Any]], namespace: str = "tandem") -> dict[str, Any]:
    """dagster.yaml as processes of a namespace read it."""
    text = named(found, "ConfigMap", "tandem-dagster-instance", namespace)["data"]["dagster.yaml"]
    return dict(yaml.safe_load(text))
