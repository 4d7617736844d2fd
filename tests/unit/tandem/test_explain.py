"""Why a pod is not ready."""

from __future__ import annotations

from typing import Any

import pytest

from tandem import explain


def pod(**status: Any) -> Any:
    return {"metadata": {"name": "x", "labels": {}}, "status": {"phase": "Pending", **status}}


def container(state: Any, **more: Any) -> Any:
    return {"name": "main", "ready": False, "restartCount": 3, "state": state, **more}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/2 nodes are available: insufficient memory"}]},
            "not scheduled: 0/2 nodes are available: insufficient memory",
        ),
        (
            {"containerStatuses": [container({"waiting": {"reason": "ImagePullBackOff", "message": "no such host"}})]},
            "container main waits: ImagePullBackOff: no such host",
        ),
        (
            {
                "containerStatuses": [
                    container(
                        {"waiting": {"reason": "CrashLoopBackOff"}}, lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
                    )
                ]
            },
            "container main ended with status 137 (OOMKilled), restarted 3 times",
        ),
        ({"containerStatuses": [container({"running": {}})]}, "container main runs, but is not ready yet"),
        (
            {
                "initContainerStatuses": [container({"running": {}}) | {"name": "wait"}],
                "containerStatuses": [container({"waiting": {"reason": "PodInitializing"}})],
            },
            "container wait runs, but is not ready yet",
        ),
        ({}, "is Pending"),
    ],
)
def test_the_reason_is_what_a_person_would_look_for(status: Any, words: str) -> None:
    assert explain.reason(pod(**status)) == words


def test_a_pod_that_was_never_started_gets_the_newest_warning_about_it_or_its_volume() -> None:
    def event(kind: str, name: str, at: str, message: str, type_: str = "Warning") -> Any:
        return {"type": type_, "involvedObject": {"kind": kind, "name": name}, "lastTimestamp": at, "message": message}

    waiting = pod() | {
        "spec": {"volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "data", "persistentVolumeClaim": {"claimName": "data-x"}}]}
    }
    events = [
        event("Pod", "x", "2026-01-01T00:00:01Z", "old"),
        event("PersistentVolumeClaim", "data-x", "2026-01-01T00:00:02Z", "the provisioner has no service account"),
        event("PersistentVolumeClaim", "data-y", "2026-01-01T00:00:03Z", "another's"),
        event("Pod", "x", "2026-01-01T00:00:04Z", "scheduled", "Normal"),
    ]
    assert explain.last_warning(waiting, events) == "; the provisioner has no service account"
    assert explain.last_warning(waiting, events[2:]) == ""
    started = {**waiting, **pod(containerStatuses=[container({"running": {}})])}
    assert explain.last_warning(started, events) == ""
