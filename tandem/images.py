"""`make images`: Tandem's own images, each built only when something that goes into it has changed."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import Any

from tandem import bases, console, engine, hashing, shell
from tandem.errors import TandemError
from tandem.exclusive import exclusive
from tandem.paths import ROOT, STATE, versions

VALUES = STATE / "images.yaml"
FOLDER = ROOT / "images"
SLOWEST_FIRST = ("airflow", "pipelines", "objectstore", "dagster", "mysql", "postgres")
SIDE_BY_SIDE = 2
"""Builds at a time: they wait for the network, the disk and the processor in turn."""


def main(arguments: list[str]) -> int:
    """Build what is missing, or with --print only say which tags the images of this checkout have."""
    parser = argparse.ArgumentParser(prog="make images", description=__doc__)
    parser.add_argument("--print", action="store_true", help="print name, tag and whether the image is built; build nothing")
    if parser.parse_args(arguments).print:
        present = built()
        print(
            "\n".join(
                console.table(
                    [(reference(n, t), "built" if reference(n, t) in present else "not built") for n, t in tags().items()], indent=""
                )
            )
        )
        return 0
    with exclusive("images"):
        console.open_log("images")
        engine.ensure()
        bases.ensure()
        build_missing()
        write_values()
    return 0


def names() -> list[str]:
    """The folders of `images/`, those that take longest to build first."""
    found = {path.parent.name for path in FOLDER.glob("*/Dockerfile")}
    return [name for name in SLOWEST_FIRST if name in found] + sorted(found - set(SLOWEST_FIRST))


def inputs(name: str) -> list[Path]:
    """What an image is made from: exactly the paths that its Dockerfile.dockerignore lets into the build.

    Raises TandemError for a pattern, because only whole paths can be followed here as Docker follows them.
    """
    ignore = FOLDER / name / "Dockerfile.dockerignore"
    lines = [line.strip() for line in ignore.read_text().splitlines() if line.strip() and not line.startswith("#")]
    allowed = [line[1:] for line in lines if line.startswith("!")]
    # Excluded again may be only what the hash leaves out everywhere.
    unknown = [line for line in lines if not line.startswith("!") and line != "*" and line.removeprefix("**/") not in hashing.IGNORED]
    if lines[:1] != ["*"] or unknown or any(set(path) & set("*?[") for path in allowed):
        raise TandemError(f"{ignore.relative_to(ROOT)} must be `*` and then whole paths, `!images/{name}`, one a line")
    return [ROOT / path for path in allowed]


def build_args(name: str) -> dict[str, str]:
    """Those versions and base images of versions.toml that an image's Dockerfile takes as arguments."""
    pins = versions()
    known = {key.upper(): value for key, value in pins["bases"].items()}
    known |= {f"{key.upper()}_VERSION": value for key, value in pins["components"].items()}
    taken = re.findall(r"^ARG (\w+)", (FOLDER / name / "Dockerfile").read_text(), re.MULTILINE)
    return {key: value for key, value in known.items() if key in taken}


@cache
def tags() -> dict[str, str]:
    """Image name -> tag: the hash of its inputs, of the build arguments and of what the base images are made from."""
    facts = {name: [f"{key}={value}" for key, value in build_args(name).items()] for name in names()}
    return {name: hashing.digest(inputs(name), also=[*facts[name], bases.definition()]) for name in names()}


def reference(name: str, tag: str) -> str:
    """The image's full name."""
    return f"tandem/{name}:{tag}"


def references(name: str) -> list[str]:
    """Both names of an image: by content, and the plain version that the charts take by default."""
    return [reference(name, tags()[name]), reference(name, versions()["tandem"]["version"])]


def built() -> dict[str, str]:
    """Reference -> image id of everything of Tandem's that the engine holds."""
    lines = shell.run(
        ["docker", "image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}", "tandem/*"], timeout=60, quiet=True
    )
    return dict(line.split() for line in lines.splitlines())


def build_missing(ready: Callable[[str], None] = lambda _name: None) -> list[str]:
    """Build every image whose content tag the engine lacks, calling `ready` with each name as it is there; the built names."""
    present = built()
    missing = [name for name in names() if reference(name, tags()[name]) not in present]
    for name in names():
        if name not in missing:
            by_content, plain = references(name)
            if present.get(plain) != present[by_content]:
                shell.run(["docker", "tag", by_content, plain])
            ready(name)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        builds = {pool.submit(build, name): name for name in missing}
        try:
            for done in as_completed(builds):
                done.result()
                ready(builds[done])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            shell.end_children()
            raise
    return missing


def build(name: str) -> None:
    """Build one image and give it both of its names."""
    with console.phase(f"image {name}"):
        engine.build(FOLDER / name / "Dockerfile", tags=references(name), build_args=build_args(name))


def write_values() -> Path:
    """Write the tags as values of the umbrella chart. JSON is YAML, and needs no library."""
    values: dict[str, Any] = {name: {"image": {"tag": tag}} for name, tag in tags().items() if name != "pipelines"}
    pipelines = {"image": {"tag": tags().get("pipelines")}}
    # Three charts run pods of the pipelines: tasks of Airflow, code servers and runs of Dagster, the setup of the lake.
    values.setdefault("airflow", {})["jobs"] = pipelines
    values.setdefault("dagster", {})["dagster-user-deployments"] = pipelines
    values["taxi"] = pipelines
    VALUES.parent.mkdir(parents=True, exist_ok=True)
    VALUES.write_text(json.dumps(values, indent=2) + "\n")
    return VALUES
