"""Pods that run a step of a pipeline: what all of them have in common.

Where they run and what they may know is decided by the platform, in environment variables:
TANDEM_JOBS_NAMESPACE, TANDEM_JOBS_IMAGE (the image with the pipelines), and TANDEM_JOBS_SECRETS and TANDEM_JOBS_CONFIG_MAPS (names of
Secrets and ConfigMaps in that namespace, separated by commas, whose keys the pods get as environment variables; in
`PREFIX_=name` each key gets the prefix).
"""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset
from kubernetes.client import models as k8s

from watched_pods import WatchedPodOperator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The XCom sidecar sends what a container writes here, and the operator makes it the task's result.
RESULT_FILE = "/airflow/xcom/return.json"


def job_pod(task_id: str, command: list[str], **options: Any) -> WatchedPodOperator:
    """A task that runs a command of the pipelines' image in a pod of its own.

    :param command: program and arguments, templated; it writes a JSON object to RESULT_FILE
    :param options: those of `pod_options`
    """
    return WatchedPodOperator(**pod_options(task_id, **options), arguments=command)


def job_pods(task_id: str, commands: Any, **options: Any) -> Any:
    """The same with a pod for each of many commands, which another task lists while the run is under way."""
    return WatchedPodOperator.partial(**pod_options(task_id, **options)).expand(arguments=commands)


def pod_options(
    task_id: str, *, outlets: Mapping[Asset, str], memory_request: str = "64Mi", memory_limit: str = "256Mi", **options: Any
) -> dict[str, Any]:
    """What the operator of a job pod is made with.

    :param outlets: the assets that the command updates, each with the part of the JSON object in RESULT_FILE that becomes the extra of
        its event; all of it if the part has no name
    :param options: anything else that KubernetesPodOperator takes
    """
    name = task_id.replace("_", "-")
    return {
        "task_id": task_id,
        "name": name,
        "namespace": setting("TANDEM_JOBS_NAMESPACE"),
        "image": setting("TANDEM_JOBS_IMAGE"),
        "image_pull_policy": "IfNotPresent",
        "env_from": list(environment()),
        "labels": {
            "app.kubernetes.io/name": "pipelines",
            "app.kubernetes.io/component": name,
            "app.kubernetes.io/part-of": "tandem",
        },
        # A small request, so that many steps fit on a small node at once; the processor is shared by who needs it.
        "container_resources": k8s.V1ResourceRequirements(
            requests={"cpu": "20m", "memory": memory_request}, limits={"memory": memory_limit}
        ),
        "automount_service_account_token": False,
        # A start is seen at once; this is how exactly its time limit is kept.
        "startup_check_interval_seconds": 1,
        "startup_timeout_seconds": 300,
        # Reading events takes rights that the tasks are not given.
        "log_events_on_startup": False,
        # The error line of the command would drown in the manifest of its pod.
        "log_pod_spec_on_failure": False,
        "on_finish_action": "delete_pod",
        # A worker that dies leaves the pod running, and the next one takes it over instead of starting a second.
        "durable": True,
        "termination_grace_period": 10,
        "do_xcom_push": True,
        "outlets": list(outlets),
        "post_execute": event_extra(outlets),
        **options,
    }


def setting(name: str) -> str:
    """An environment variable that the platform gives to everything that reads DAG files."""
    value = os.environ.get(name, "")
    if not value:
        raise RuntimeError(f"environment variable {name} is not set: the Airflow chart sets it from jobs.* in its values")
    return value


def environment() -> Iterator[k8s.V1EnvFromSource]:
    """The Secrets and ConfigMaps of job pods."""
    for prefix, name in sources(setting("TANDEM_JOBS_SECRETS")):
        yield k8s.V1EnvFromSource(prefix=prefix, secret_ref=k8s.V1SecretEnvSource(name=name))
    # A platform may have none.
    for prefix, name in sources(os.environ.get("TANDEM_JOBS_CONFIG_MAPS", "")):
        yield k8s.V1EnvFromSource(prefix=prefix, config_map_ref=k8s.V1ConfigMapEnvSource(name=name))


def sources(text: str) -> Iterator[tuple[str | None, str]]:
    """(prefix, name) of each entry of a list such as `one,LAKE_=two`."""
    for entry in filter(None, map(str.strip, text.split(","))):
        prefix, _, name = entry.rpartition("=")
        yield prefix.strip() or None, name.strip()


def event_extra(parts: Mapping[Asset, str]) -> Callable[[Any, Any], None]:
    """A hook that attaches parts of a task's result to its assets' events. It runs after a success only, as the events themselves do."""

    def attach(context: Any, result: Any = None) -> None:
        for asset, part in parts.items():
            found = result.get(part) if result and part else result
            context["outlet_events"][asset].extra.update(found if isinstance(found, dict) else {part: found} if found else {})

    return attach


def interval_macros(length: timedelta) -> dict[str, Callable[[Any], str]]:
    """Macros `interval_start(dag_run)` and `interval_end(dag_run)`, in ISO 8601.

    A run that was triggered without a logical date has no data interval. It takes the last one of `length` that was complete
    when the run was to start, so that a retry, too, works on the same interval.
    """

    def bounds(dag_run: Any) -> tuple[datetime, datetime]:
        if dag_run.data_interval_start is not None:
            return dag_run.data_interval_start, dag_run.data_interval_end
        end = EPOCH + (dag_run.run_after - EPOCH) // length * length
        return end - length, end

    return {
        "interval_start": lambda dag_run: bounds(dag_run)[0].isoformat(),
        "interval_end": lambda dag_run: bounds(dag_run)[1].isoformat(),
    }
