"""The kind cluster of kind-config.yaml: its node image, and its life."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tandem import bases, console, engine, hashing, node_images, shell, tools
from tandem.errors import TandemError
from tandem.paths import ROOT, versions

CONFIG = ROOT / "kind-config.yaml"
NODE = ROOT / "offline" / "node"
NODE_LABEL = "io.x-k8s.kind.cluster"
READY_SECONDS = 180


@cache
def name() -> str:
    """The cluster's name, from its configuration."""
    found = re.search(r"^name: *(\S+)", CONFIG.read_text(), re.MULTILINE)
    assert found is not None, f"{CONFIG} has no name"
    return found[1]


def context() -> str:
    """The name of the cluster's context in the user's kubeconfig."""
    return f"kind-{name()}"


def ensure_node_image() -> None:
    """Make sure that the engine has the node image: the one it has, else pulled, else built from packages and Go modules."""
    pins = versions()
    image, kubernetes = pins["kubernetes"]["node_image"], pins["kubernetes"]
    made_from = hashing.digest([NODE], also=[json.dumps(kubernetes, sort_keys=True), bases.definition()])
    if bases.is_current(image, made_from) or (engine.label(image, bases.LABEL) is None and bases.pull(image)):
        return
    bases.ensure()
    arguments = {f"{key.upper()}_VERSION": kubernetes[key] for key in ("etcd", "coredns", "local_path_provisioner")}
    engine.build(
        NODE / "Dockerfile",
        tags=[image],
        context=NODE,
        target="node",
        build_args={
            "DEBIAN": pins["bases"]["debian"],
            "DEBIAN_UNSTABLE": pins["bases"]["debian_unstable"],
            "GOLANG": pins["bases"]["golang"],
            "KUBERNETES_VERSION": kubernetes["version"],
            **arguments,
        },
        labels={bases.LABEL: made_from},
    )


def exists() -> bool:
    """Whether there is a cluster, whatever its state."""
    return engine.reachable() and bool(nodes())


def up() -> None:
    """Create the cluster, start it again, or make it anew if it was left half made; then wait until all nodes are ready."""
    found = nodes()
    if found and not _is_complete():
        console.log("the cluster is there in part only, as an interrupted creation leaves it; making it anew")
        down()
        found = {}
    if not found:
        _create()
        return
    # By name, the control plane first: Docker gives addresses in the order of starting, so that each node gets back its own.
    for node, state in sorted(found.items()):
        if state != "running":
            console.log(f"starting node {node}, which is {state}")
            shell.run(["docker", "unpause" if state == "paused" else "start", node], timeout=60)
    _ensure_context()
    _wait_until_ready()
    _ensure_storage()


def down() -> None:
    """Remove the cluster with all that it holds, and its context from the kubeconfig. Nothing to remove is fine."""
    if not engine.reachable():
        return
    if tools.installed("kind"):
        shell.run([tools.find("kind"), "delete", "cluster", "--name", name()], timeout=300)
    left = list(nodes())
    if left:
        shell.run(["docker", "container", "rm", "--force", "--volumes", *left], timeout=300)


def clean() -> None:
    """Remove the node image if it was made here, and kind's network if no other cluster uses it."""
    image = versions()["kubernetes"]["node_image"]
    if engine.label(image, bases.LABEL):
        engine.remove_images([image])
    shell.attempt(["docker", "network", "rm", "kind"], timeout=60)


def nodes() -> dict[str, str]:
    """Node name -> state of its container, such as running or exited."""
    lines = shell.run(
        ["docker", "container", "ls", "--all", "--filter", f"label={NODE_LABEL}={name()}", "--format", "{{.Names}} {{.State}}"],
        timeout=60,
        quiet=True,
    )
    return dict(line.split() for line in lines.splitlines())


def load(tags: Sequence[str]) -> None:
    """Bring images from the engine into the nodes, each only where it is lacking."""
    node_images.load(list(nodes()), tags)


def _create() -> None:
    command = ["create", "cluster", "--config", CONFIG, "--image", versions()["kubernetes"]["node_image"], "--wait", f"{READY_SECONDS}s"]
    try:
        shell.stream([tools.find("kind"), *command])
    except TandemError as problem:
        raise TandemError(f"the cluster can't be created: {problem}", "the log says more") from None
    _wait_until_ready()


def _is_complete() -> bool:
    """Whether every node of the configuration is there and has joined; nodes of an interrupted creation have not."""
    wanted = len(re.findall(r"^ *- role:", CONFIG.read_text(), re.MULTILINE))
    found = nodes()
    return len(found) == wanted and all(_has_joined(node) for node in found)


def _has_joined(node: str) -> bool:
    """The kubelet has its credentials, which kubeadm gives it last; read in a way that works on a stopped node too."""
    return shell.succeeds(["docker", "cp", f"{node}:/etc/kubernetes/kubelet.conf", "-"])


def _ensure_context() -> None:
    """The user's kubeconfig leads to this cluster. It does after creation, but may have been changed, or be another one now."""
    facts = "certificate-authority-data|server"
    said = shell.run([tools.find("kind"), "get", "kubeconfig", "--name", name()], timeout=60, quiet=True)
    wanted = re.findall(rf"^ *(?:{facts}): *(\S+)", said, re.MULTILINE)
    view: list[str | Path] = [tools.find("kubectl"), "config", "view", "--raw", "--minify", "--context", context()]
    theirs = re.findall(rf"^ *(?:{facts}): *(\S+)", shell.attempt(view, timeout=20, quiet=True).stdout, re.MULTILINE)
    if sorted(theirs) != sorted(wanted):
        shell.run([tools.find("kind"), "export", "kubeconfig", "--name", name()], timeout=60)


def _ensure_storage() -> None:
    """Give a cluster of one node, whose creation was interrupted at its last step, the storage class that it lacks."""
    ask: list[str | Path] = [tools.find("kubectl"), "--context", context(), "get", "storageclass", "--output", "name"]
    if not shell.run(ask, timeout=30, quiet=True).strip():
        apply = ["kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf", "apply", "--filename", "/kind/manifests/default-storage.yaml"]
        shell.run(["docker", "exec", f"{name()}-control-plane", *apply], timeout=60)


def _wait_until_ready() -> None:
    """All nodes are registered and ready. Raises TandemError with those that are not after READY_SECONDS."""
    deadline = time.monotonic() + READY_SECONDS
    wanted = set(nodes())
    while True:
        waiting = wanted - _ready_nodes()
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise TandemError(f"not ready after {READY_SECONDS} s: node {', '.join(sorted(waiting))}", "make down, then make up")
        time.sleep(0.5)


def _ready_nodes() -> set[str]:
    said = shell.attempt(
        [tools.find("kubectl"), "--context", context(), "--request-timeout=5s", "get", "nodes", "--output", "json"], timeout=20, quiet=True
    )
    items: list[Any] = json.loads(said.stdout)["items"] if said.returncode == 0 else []
    return {
        item["metadata"]["name"]
        for item in items
        if any(c["type"] == "Ready" and c["status"] == "True" for c in item["status"].get("conditions", []))
    }
