"""What `make up` ends with: what is in the databases and in the lake, where the pages are, and what to do next."""

from __future__ import annotations

from typing import Any

from tandem import console, first_run, lineage, open, summary, taxi
from tandem.airflow import Airflow

NEXT = (
    ("make status", "what runs, and what Airflow and Dagster did last"),
    ("make test", "every test, against this platform"),
    ("make down", "remove the cluster and all that was made here, except caches"),
    ("make help", "everything else"),
)


def show(pages: list[dict[str, Any]], client: Airflow, run: Any, no_summary: str, lake: taxi.Lake | None, seconds: float) -> None:
    """What the user came for: rows, addresses, logins, and what to do next.

    :param no_summary: why the run has no summary; empty if it has
    """
    console.say()
    first_run.show(run)
    console.say()
    summary.show(run, no_summary)
    console.say()
    if lake is not None:
        taxi.show(lake)
        console.say()
        lineage.show(pages)
        console.say()
    for line in console.table(addresses(pages, f"user {client.username}   password {client.password}"), indent=""):
        console.say(line, logged=False)
    console.say()
    for line in console.table(NEXT):
        console.say(line)
    console.say()
    console.say(f"Up after {int(seconds) // 60} min {int(seconds) % 60:02d} s.")


def addresses(pages: list[dict[str, Any]], login: str) -> list[tuple[str, str, str]]:
    """A row for each page: its name, its address, and how to get in."""
    notes = {ui.name: ui.note for ui in open.UIS} | {open.AIRFLOW.name: login}
    moved = {page["name"]: "" if page["port"] == page["wanted"] else f"  (port {page['wanted']} is in use)" for page in pages}
    return [(page["name"], page["url"], notes[page["name"]] + moved[page["name"]]) for page in pages]
