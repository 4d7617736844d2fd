"""Where the taxi months come from: the taxi commission's address, or synthetic months where this machine can't reach it.

What was decided once stays, so that no upgrade mixes real and synthetic months; the release carries the decision as a label.
Values of the user's own that say anything about it always win.
"""

from __future__ import annotations

import json
import re
import ssl
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path

from tandem import console, helm
from tandem.paths import ROOT, STATE

VALUES = STATE / "taxi.yaml"
LABEL = "tandem-taxi-source"
SAMPLES, COMMISSION, OWN = "samples", "commission", "own"
"""Synthetic months; the taxi commission's; what the user's values say."""

SETTINGS = ROOT / "pipelines" / "src" / "taxi" / "settings.py"
SECONDS = 3.0


def decide(user_values: list[Path]) -> str:
    """One of SAMPLES, COMMISSION and OWN: what the user's values or the release say, else what this machine can reach."""
    if any(says_something(path.read_text()) for path in user_values):
        return OWN
    found = recorded()
    if found in (SAMPLES, COMMISSION):
        return found
    answers = all(reachable(url) for url in addresses())
    console.log(f"the sources of taxi months {'answer' if answers else 'do not answer'}")
    return COMMISSION if answers else SAMPLES


def recorded() -> str:
    """What the release was installed with last; empty when there is none, or one that knew nothing of taxis."""
    last = helm.last_revision()
    return str(last["metadata"]["labels"].get(LABEL, "")) if last else ""


def write_values(decision: str) -> Path:
    """Write a decision as values of the umbrella chart. JSON is YAML, and needs no library."""
    values = {} if decision == OWN else {"taxi": {"samples": {"enabled": decision == SAMPLES}}}
    VALUES.parent.mkdir(parents=True, exist_ok=True)
    VALUES.write_text(json.dumps(values) + "\n")
    return VALUES


def says_something(values: str) -> bool:
    """Whether values, as YAML text, have a source or samples under `taxi`. Without a library for YAML, so by their indentation."""
    block = re.search(r"^taxi:(.*(?:\n(?:[ \t#].*)?)*)", values, re.MULTILINE)
    return block is not None and re.search(r"(?:^|[\s{,])(?:source|samples):", block[1]) is not None


def addresses() -> list[str]:
    """A file of the source that the pipelines take by default, and that of the zones; both stand in the pipelines' settings."""
    found = dict(re.findall(r'^TLC_(\w+) = "(https://[^"]+)"', SETTINGS.read_text(), re.MULTILINE))
    return [f"{found['FILES']}/yellow_tripdata_2023-01.parquet", found["ZONES"]]


@cache
def reachable(url: str) -> bool:
    """Whether a server has this file. Asked once, and without this machine's proxies, which the pods of the cluster do not know."""
    context = ssl.create_default_context()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(urllib.request.Request(url, method="HEAD"), timeout=SECONDS):
            return True
    except (OSError, ValueError) as problem:
        console.log(f"{url}: {problem}")
        return False
