"""Images from the engine into the nodes of a kind cluster, which have a store of their own each."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tandem import console, shell
from tandem.errors import TandemError


def load(nodes: Sequence[str], tags: Sequence[str]) -> None:
    """Bring images from the engine into the nodes, each only where it is lacking, in one stream to all of these nodes at once."""
    ids = dict(zip(tags, shell.run([*INSPECT_ID, *tags], timeout=60, quiet=True).split(), strict=True))
    lacking = {node: missing for node in nodes if (missing := _lacking(node, ids))}
    if not lacking:
        return
    images = sorted({tag for missing in lacking.values() for tag in missing})
    console.log(f"{', '.join(images)} into {', '.join(lacking)}")
    shell.stream(["bash", "-c", STREAM, "load", " ".join(lacking), *images])
    for node in lacking:
        if left := _lacking(node, ids):
            raise TandemError(f"node {node} did not take {', '.join(left)}", "see the log")


INSPECT_ID = ["docker", "image", "inspect", "--format", "{{.Id}}"]

STREAM = """
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nodes=$1; shift
imports=()
for node in $nodes; do
  mkfifo "$work/$node"
  docker exec --interactive "$node" ctr --namespace k8s.io images import --digests - < "$work/$node" &
  imports+=($!)
done
docker image save "$@" | tee "$work"/* > /dev/null
for import in "${imports[@]}"; do wait "$import"; done
"""
"""Reads the images out of the engine once. Writing them to a file first would take as much disk again, and longer."""

LIST = """
ctr --namespace k8s.io images ls "$@" | while read -r name _ digest _; do
  case $digest in sha256:*) echo "$name $digest $(ctr --namespace k8s.io content get "$digest" | tr -d ' \\t\\n')" ;; esac
done
"""
"""Name, digest and manifest of images in a node."""


def _lacking(node: str, ids: dict[str, str]) -> list[str]:
    """Which images, given as name -> id in the engine, a node has not, or has with other content under the same name."""
    filters = [f"name=={full_name(tag)}" for tag in ids]
    present: dict[str, set[str]] = {}
    for line in shell.run(["docker", "exec", node, "sh", "-c", LIST, "list", *filters], timeout=120, quiet=True).splitlines():
        name_in_node, digest, manifest = line.split(" ", 2)
        # An engine names an image by its configuration or by its manifest, depending on where it stores images.
        present[name_in_node] = {digest, json.loads(manifest).get("config", {}).get("digest", "")}
    return [tag for tag, image in ids.items() if image not in present.get(full_name(tag), set())]


def full_name(image: str) -> str:
    """The name under which containerd keeps an image: docker.io/library/debian:sid for debian:sid."""
    first, slash, _ = image.partition("/")
    if slash and (set(first) & {".", ":"} or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"
