"""The bridge that carries asset events between Airflow and Dagster: whether it is there, and what it did last."""

from __future__ import annotations

import time
from typing import Any

from tandem import code_servers, console, kube
from tandem.dagster import Dagster

LOCATION = "lineage"
DIRECTIONS = {"airflow_events_sensor": "Airflow to Dagster", "airflow_push_sensor": "Dagster to Airflow"}


def is_installed() -> bool:
    """Whether the release has the code location, which values may leave out."""
    return bool(kube.items("deployment", selector=f"{code_servers.LABEL}={LOCATION}"))


def state(client: Dagster) -> list[dict[str, Any]]:
    """For each direction: whether its sensor is on, how its last look ended, when (seconds since 1970), and what it said.

    Empty where the release has no such code location. Raises TandemError when Dagster does not answer.
    """
    return [
        {"direction": DIRECTIONS[sensor["name"]], **{key: sensor[key] for key in ("on", "last", "at", "said")}}
        for sensor in client.sensors(LOCATION)
        if sensor["name"] in DIRECTIONS
    ]


def in_words(found: dict[str, Any]) -> tuple[str, str, str]:
    """Direction, how it stands, and what the last look said, for people."""
    if not found["on"]:
        return found["direction"], "off", "turn its sensor on in Dagster"
    if found["at"] is None:
        return found["direction"], "on", "has not looked yet"
    return found["direction"], found["last"].lower(), f"{found['said']} ({max(0, time.time() - found['at']):.0f} s ago)"


def show(pages: list[dict[str, Any]]) -> None:
    """Say where both orchestrators' assets are seen."""
    urls = {page["name"]: page["url"] for page in pages}
    if {"Airflow", "Dagster"} <= urls.keys():
        console.say("Lineage   assets of both orchestrators, with each other's events:")
        console.say(f"            {urls['Dagster']}/asset-groups    {urls['Airflow']}/assets")
