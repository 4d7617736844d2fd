"""Pods that run a step of a pipeline: what all of them have in common.

Where they run and what they may know is decided by the platform, in three environment variables:
TANDEM_JOBS_NAMESPACE, TANDEM_JOBS_IMAGE (the image with the pipelines) and TANDEM_JOBS_SECRETS (names of Secrets in that
namespace, separated by commas, whose keys the pods get as environment variables).
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset
from kubernetes.client import models as k8s

from watched_pods import WatchedPodOperator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The XCom sidecar sends what a container writes here, and the operator makes it the task's result.
RESULT_FILE = "/airflow/xcom/return.json"


def job_pod(task_id: str, command: list[str], *, outlet: Asset, memory_limit: str = "256Mi", **options: Any) -> WatchedPodOperator:
    """A task that runs a command of the pipelines' image in a pod of its own.

    :param command: program and arguments, templated; it writes a JSON object to RESULT_FILE
    :param outlet: the asset that the command updates; that JSON object becomes the extra of the asset's event
    :param options: anything else that KubernetesPodOperator takes
    """
    name = task_id.replace("_", "-")
    return WatchedPodOperator(
        task_id=task_id,
        name=name,
        namespace=setting("TANDEM_JOBS_NAMESPACE"),
        image=setting("TANDEM_JOBS_IMAGE"),
        image_pull_policy="IfNotPresent",
        arguments=command,
        env_from=[
            k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name=secret.strip()))
            for secret in setting("TANDEM_JOBS_SECRETS").split(",")
            if secret.strip()
        ],
        labels={
            "app.kubernetes.io/name": "pipelines",
            "app.kubernetes.io/component": name,
            "app.kubernetes.io/part-of": "tandem",
        },
        # A small request, so that many steps fit on a small node at once; the processor is shared by who needs it.
        container_resources=k8s.V1ResourceRequirements(requests={"cpu": "20m", "memory": "64Mi"}, limits={"memory": memory_limit}),
        automount_service_account_token=False,
        # A start is seen at once; this is how exactly its time limit is kept.
        startup_check_interval_seconds=1,
        startup_timeout_seconds=300,
        # Reading events takes rights that the tasks are not given.
        log_events_on_startup=False,
        # The error line of the command would drown in the manifest of its pod.
        log_pod_spec_on_failure=False,
        on_finish_action="delete_pod",
        # A worker that dies leaves the pod running, and the next one takes it over instead of starting a second.
        durable=True,
        termination_grace_period=10,
        do_xcom_push=True,
        outlets=[outlet],
        post_execute=event_extra(outlet),
        **options,
    )


def setting(name: str) -> str:
    """An environment variable that the platform gives to everything that reads DAG files."""
    value = os.environ.get(name, "")
    if not value:
        raise RuntimeError(f"environment variable {name} is not set: the Airflow chart sets it from jobs.* in its values")
    return value


def event_extra(asset: Asset) -> Callable[[Any, Any], None]:
    """A hook that attaches a task's result to the asset's event. It runs after a success only, as the event itself does."""

    def attach(context: Any, result: Any = None) -> None:
        context["outlet_events"][asset].extra.update(result or {})

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
