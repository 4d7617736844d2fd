"""`make docs`: each chart's README, from its Chart.yaml, its values.yaml and the sentences above the values.

Only the section on how to install the chart is written by hand, in the README itself, and kept.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tandem import console
from tandem.errors import TandemError
from tandem.paths import ROOT

CHARTS = ("tandem", "airflow", "dagster", "postgres", "mysql", "objectstore")
LINE = re.compile(r'(?P<indent> *)(?P<key>[\w.-]+|"[^"]+"):(?: +(?P<value>.*))?$')
HEAD = """# Chart `{name}`

{description} Needs Kubernetes {kube}.
All but the next section is written by `make docs` from `Chart.yaml` and `values.yaml`.

## Install it alone

{install}

## Values

A row without a default is a section; its sentence holds for the rows below it that have none of their own.
Unknown keys are refused, with their name.

| Value | Default | What it is for |
|---|---|---|
"""


@dataclass
class Value:
    """One key of values.yaml. `default` is empty for a section; `covered` says whether a sentence stands above it or its section."""

    path: tuple[str, ...]
    default: str
    sentence: str
    covered: bool


def main(arguments: list[str]) -> int:
    """Write the README of every chart."""
    argparse.ArgumentParser(prog="make docs", description=__doc__).parse_args(arguments)
    for chart in CHARTS:
        bare = [".".join(value.path) for value in values(chart) if not value.covered]
        if bare:
            raise TandemError(f"charts/{chart}/values.yaml says nothing about {', '.join(bare)}", "write a sentence above each")
        (ROOT / "charts" / chart / "README.md").write_text(readme(chart))
        console.say(f"charts/{chart}/README.md")
    return 0


def readme(chart: str) -> str:
    """The text of a chart's README."""
    facts = dict(re.findall(r'^(\w+): "?(.+?)"?$', (ROOT / "charts" / chart / "Chart.yaml").read_text(), re.MULTILINE))
    written = re.search(r"^## Install it alone\n(.*?)^## ", (ROOT / "charts" / chart / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    if written is None:
        raise TandemError(f"charts/{chart}/README.md has no section `## Install it alone` before its values")
    kube = facts["kubeVersion"].removeprefix(">=").removesuffix(".0-0") + " or newer"
    head = HEAD.format(name=chart, description=facts["description"].removesuffix(".") + ".", kube=kube, install=written[1].strip())
    return head + "".join(f"| `{'.'.join(v.path)}` | {_code(v.default)} | {_cell(v.sentence)} |\n" for v in values(chart))


def values(chart: str) -> Iterator[Value]:
    """The keys of a chart's values.yaml in their order, each with its default and the comment right above it.

    Reads the subset of YAML that these files are written in: block mappings, `- ` lists and values on one line; a key may stand in
    double quotes. What an item of a list holds is no key of the values. A comment also covers the keys that follow it without a
    blank line or another comment, and everything below its key.
    Raises TandemError for a line that is none of these.
    """
    lines = (ROOT / "charts" / chart / "values.yaml").read_text().splitlines()
    stack: list[tuple[int, str, bool]] = []
    comment: list[str] = []
    run: dict[int, bool] = {}
    item: int | None = None
    for number, line in enumerate(lines):
        depth = len(line) - len(line.lstrip())
        item = depth if line.lstrip().startswith("- ") and (item is None or depth <= item) else item
        if item is not None and line.strip() and depth < item:
            item = None
        if item is not None and line.strip() and depth > item:
            continue  # a line of a list's item, which is part of the list's default
        if not line.strip():
            comment, run = [], {}
        elif line.lstrip().startswith("#"):
            comment.append(line.strip().removeprefix("#").strip())
        elif not line.lstrip().startswith("- "):
            match = LINE.fullmatch(line)
            if match is None:
                raise TandemError(f"charts/{chart}/values.yaml:{number + 1} is more YAML than the documentation can read: {line.strip()}")
            indent = len(match["indent"])
            stack = [level for level in stack if level[0] < indent]
            run = {depth: covered for depth, covered in run.items() if depth <= indent}
            above = any(level[2] for level in stack)
            run[indent] = bool(comment) or run.get(indent, False)
            stack.append((indent, match["key"].strip('"'), run[indent] or above))
            default = match["value"] or _items(lines[number + 1 :])
            yield Value(tuple(key for _, key, _ in stack), default, " ".join(comment), stack[-1][2])
            comment = []


def _items(following: list[str]) -> str:
    """A list in block form as one line, with the first line of each item; empty for a mapping."""
    found: list[str] = []
    indent = len(following[0]) - len(following[0].lstrip()) if following else 0
    for line in following:
        if line.startswith(" " * indent + "- "):
            found.append(line.strip().removeprefix("- ").strip('"'))
        elif found and line.startswith(" " * (indent + 1)):
            found[-1] = found[-1].removesuffix(", …") + ", …"
        else:
            break
    return json.dumps(found, ensure_ascii=False) if found else ""


def _code(text: str) -> str:
    return f"`{_escape(text)}`" if text else ""


def _cell(text: str) -> str:
    # Placeholders such as <user> would be taken for HTML outside of code.
    parts = text.split("`")
    return "`".join(part if number % 2 else part.replace("<", "&lt;") for number, part in enumerate(map(_escape, parts)))


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
