"""Code servers read Secrets and ConfigMaps when they start: an upgrade that changes one of these replaces the servers that read it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tandem import kube

LABEL = "tandem/code-location"


@contextmanager
def followed() -> Iterator[None]:
    """Replace the code servers that read what the block changes, also when it fails after that. One that the block makes is left alone."""
    before = read_at_start()
    try:
        yield
    finally:
        after = read_at_start() if before else {}
        changed = [f"deployment/{name}" for name in after if name in before and before[name] != after[name]]
        for name in changed:
            kube.kubectl("rollout", "restart", name, "--namespace", kube.NAMESPACE)
        for name in changed:
            kube.kubectl("rollout", "status", name, "--namespace", kube.NAMESPACE, "--timeout", "120s", timeout=150)


def read_at_start() -> dict[str, str]:
    """Deployment of each code server -> a hash of the content of all Secrets and ConfigMaps that are its environment."""
    servers = {
        server["metadata"]["name"]: server["spec"]["template"]["spec"]["containers"][0].get("envFrom", [])
        for server in kube.items("deployment", selector=LABEL)
    }
    if not servers:
        return {}
    content = {(kind, item["metadata"]["name"]): item.get("data") or {} for kind in ("secret", "configmap") for item in kube.items(kind)}
    return {name: digest([content.get(source_of(entry)) for entry in entries]) for name, entries in servers.items()}


def source_of(entry: Any) -> tuple[str, str]:
    """Kind and name of what an entry of envFrom names."""
    kind = "secret" if "secretRef" in entry else "configmap"
    return kind, entry.get("secretRef", entry.get("configMapRef"))["name"]


def digest(found: list[Any]) -> str:
    """One hash for all of it; what is not there counts as well."""
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
