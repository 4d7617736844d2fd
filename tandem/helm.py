"""helm, always bound to the context of Tandem's cluster, and the records that it keeps there."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

from tandem import checks, console, kube, shell, tools

ENDED = {"deployed", "superseded", "failed", "uninstalled"}


def command(*arguments: str) -> list[str]:
    """A helm command line."""
    return [str(tools.find("helm")), "--kube-context", kube.CONTEXT, *arguments]


def stream(*arguments: str) -> None:
    """Run helm with its output going to the log. Raises TandemError with its last line."""
    shell.stream(command(*arguments))


def over_changes_by_hand() -> list[str]:
    """Words that let an upgrade set back what somebody changed with kubectl, as helm 3 does by itself; helm 4 would end half-way."""
    return [] if checks.older(tools.version(tools.find("helm")), "4") else ["--server-side=true", "--force-conflicts"]


def revisions() -> list[Any]:
    """The Secrets in which helm records the revisions of the release; empty when nothing is installed."""
    return kube.items("secret", selector=f"owner=helm,name={kube.RELEASE}")


def last_revision() -> Any:
    """The record of the newest revision; None when nothing is installed."""
    return max(revisions(), key=lambda secret: int(secret["metadata"]["labels"]["version"]), default=None)


def release_stuck_revision() -> None:
    """Let helm go on after it was killed at work.

    helm refuses a release whose last revision is pending, for ever. The record is marked as failed, which is what it is;
    the next upgrade then starts from it, and keeps what the cluster holds already.
    """
    for secret in revisions():
        status = secret["metadata"]["labels"]["status"]
        if status not in ENDED:
            console.log(f"revision {secret['metadata']['labels']['version']} is {status}: an earlier helm was killed; marking it as failed")
            patch = {"metadata": {"labels": {"status": "failed"}}, "data": {"release": _failed(secret["data"]["release"])}}
            kube.kubectl(
                "patch",
                "secret",
                secret["metadata"]["name"],
                "--namespace",
                kube.NAMESPACE,
                "--patch-file",
                "/dev/stdin",
                input=json.dumps(patch),
            )


def _failed(record: str) -> str:
    """The record of a revision (base64 of base64 of gzip of JSON) with its status set to failed."""
    release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(record))))
    release["info"]["status"] = "failed"
    return base64.b64encode(base64.b64encode(gzip.compress(json.dumps(release).encode()))).decode()
