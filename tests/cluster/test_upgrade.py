"""An upgrade that changes nothing changes nothing."""

from __future__ import annotations

from typing import Any

from tandem import install

from . import kube


def identities() -> dict[str, tuple[str, int]]:
    """Long-running pod -> (uid, restarts)."""
    return {
        pod["metadata"]["name"]: (pod["metadata"]["uid"], sum(c["restartCount"] for c in pod["status"]["containerStatuses"]))
        for pod in kube.pods()
        if {owner["kind"] for owner in pod["metadata"].get("ownerReferences", [])} & {"ReplicaSet", "StatefulSet"}
    }


def passwords() -> dict[tuple[str, str], Any]:
    """(namespace, Secret) -> content, of everything that the release owns."""
    return {
        (namespace, secret["metadata"]["name"]): secret.get("data", {})
        for namespace in (kube.NAMESPACE, kube.JOBS)
        for secret in kube.get("secret", namespace=namespace)
        if secret["type"] != "helm.sh/release.v1"
    }


def test_an_upgrade_without_a_change_keeps_passwords_and_pods() -> None:
    before, secrets = identities(), passwords()
    assert len(before) >= 7
    assert len(secrets) >= 10
    revision = install.revision()
    install.upgrade()
    assert install.revision() == revision + 1
    assert passwords() == secrets
    assert identities() == before
