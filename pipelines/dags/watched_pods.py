"""KubernetesPodOperator that sees what happens to its pod when it happens.

The stock pod manager looks at the pod, sleeps for a second or more and looks again, at its start, at the end of its log and at its
end: longer than most steps of a pipeline take. Here the API server is asked to say when the pod changes. What a change means is
still decided by the provider's code, and little else of the operator is different: a worker takes over the pod of another, a
deferred task waits in the triggerer, and a killed task deletes its pod as before.

Needs the verb `watch` on pods. Where it is refused, or a watch breaks, the pod is looked at every second.
"""

import math
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from airflow.providers.cncf.kubernetes.kubernetes_helper_functions import generic_api_retry
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.utils import pod_manager as stock
from airflow.providers.cncf.kubernetes.utils.container import container_is_completed, container_is_running
from airflow.providers.cncf.kubernetes.utils.xcom_sidecar import PodDefaults
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from kubernetes import watch
from kubernetes.client import ApiException, V1DeleteOptions, V1Pod
from urllib3.exceptions import HTTPError

Condition = Callable[[V1Pod], bool]

POLL_SECONDS = 1.0
# A watch is renewed after this time: one that the network lost without a word would be silent for ever.
WATCH_SECONDS = 60.0
# So many watches of a pod may break before it is only polled; a watch that is refused is not tried again.
WATCH_ATTEMPTS = 5
# The kubelet reports that a container ended about a second after its log did.
STATUS_LAG_SECONDS = 3.0


class WatchedPodManager(stock.PodManager):
    """The provider's pod manager, with watches in the place of its sleeps.

    :param deletes_pod: the pod is deleted after its result was read, so that its XCom sidecar needs no signal of its own
    """

    def __init__(self, *args: Any, deletes_pod: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deletes_pod = deletes_pod
        self._attempts_left = WATCH_ATTEMPTS

    async def await_pod_start(self, pod: V1Pod, schedule_timeout: int = 120, startup_timeout: int = 120, check_interval: float = 1) -> None:
        # The provider's loop with its time limits, in which each look lasts until the pod has started or the interval is over.
        looks = SimpleNamespace(log=self.log, read_pod=lambda pod: self._await(pod, _has_started, check_interval))
        await stock.await_pod_start(looks, pod, schedule_timeout, startup_timeout, check_interval=0)

    def container_is_running(self, pod: V1Pod, container_name: str) -> bool:
        # Of the sidecar it is asked whether it has started; of others, at the end of their log, whether they ended. A hasty "still
        # running" there costs a pause and reads the last lines of the log again.
        if container_name == PodDefaults.SIDECAR_CONTAINER_NAME:
            return bool(super().container_is_running(pod, container_name))
        latest = self._await(pod, lambda remote: not container_is_running(remote, container_name), STATUS_LAG_SECONDS)
        return bool(container_is_running(latest, container_name))

    def await_container_completion(self, pod: V1Pod, container_name: str, polling_time: float = 1) -> None:
        self._await(pod, lambda remote: container_is_completed(remote, container_name))

    def await_pod_completion(
        self, pod: V1Pod, istio_enabled: bool = False, container_name: str = "base", do_xcom_push: bool = False
    ) -> V1Pod:
        def is_over(remote: V1Pod) -> bool:
            return (
                remote.status.phase in stock.PodPhase.terminal_states
                # A sidecar may outlive the container that the task is about.
                or ((istio_enabled or do_xcom_push) and container_is_completed(remote, container_name))
                or bool(stock.detect_pod_terminate_early_issues(remote))
            )

        return self._await(pod, is_over)

    def extract_xcom_kill(self, pod: V1Pod) -> None:
        if not self._deletes_pod:
            super().extract_xcom_kill(pod)

    @generic_api_retry
    def delete_pod(self, pod: V1Pod) -> None:
        # The sidecar's shell is deaf to SIGTERM: alone, it would only keep its pod for the whole time that is granted to others.
        options = V1DeleteOptions(grace_period_seconds=1 if _only_sidecar_is_left(pod) else None)
        try:
            self._client.delete_namespaced_pod(pod.metadata.name, pod.metadata.namespace, body=options)
        except ApiException as error:
            if error.status != 404:
                raise

    def _await(self, pod: V1Pod, condition: Condition, seconds: float = math.inf) -> V1Pod:
        """The pod as soon as the condition holds, or as it is when the time is over. Raises as a read does: 404 for a deleted pod."""
        end = time.monotonic() + seconds
        latest = self.read_pod(pod)
        while not condition(latest) and (left := end - time.monotonic()) > 0:
            states = self._changes(latest, min(left, WATCH_SECONDS))
            # A watch that ended may have missed something, so the pod is read then.
            latest = next(filter(condition, states), None) or self.read_pod(pod)
        return latest

    def _changes(self, pod: V1Pod, seconds: float) -> Iterator[V1Pod]:
        """The pod as it is and after each of its changes, until the time is over, or a little later than a watch ended early."""
        end = time.monotonic() + seconds
        if self._attempts_left:
            try:
                with closing(self._events(pod, seconds)) as events:
                    for event in events:
                        # The client gives nothing for a line that was cut off.
                        if not event or event["type"] == "DELETED":
                            return
                        yield event["object"]
            except (ApiException, HTTPError) as error:
                self._attempts_left = 0 if getattr(error, "status", None) == 403 else self._attempts_left - 1
                self.log.warning("Looking at the pod every second, as watching it failed: %s", getattr(error, "reason", None) or error)
        time.sleep(max(0.0, min(POLL_SECONDS, end - time.monotonic())))

    def _events(self, pod: V1Pod, seconds: float) -> Any:
        # The first event is the pod as it is. To start at the version that was read would fail for a pod that did not change lately.
        return watch.Watch().stream(
            self._client.list_namespaced_pod,
            pod.metadata.namespace,
            field_selector=f"metadata.name={pod.metadata.name}",
            timeout_seconds=math.ceil(seconds),
            _request_timeout=(5, seconds + 5),
        )


class WatchedPodOperator(KubernetesPodOperator):
    """KubernetesPodOperator whose pod manager watches the pod. It takes the same arguments, and one more.

    :param fail_on_exit_code: statuses of the base container after which the task fails for good, because a retry would end the same way
    """

    def __init__(self, *, fail_on_exit_code: Collection[int] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fail_on_exit_code = fail_on_exit_code

    def cleanup(self, pod: V1Pod, remote_pod: V1Pod, *args: Any, **kwargs: Any) -> None:
        try:
            super().cleanup(pod, remote_pod, *args, **kwargs)
        except AirflowSkipException:
            raise
        except AirflowException as failure:
            status = _exit_code(remote_pod, self.base_container_name)
            if status in self.fail_on_exit_code:
                raise AirflowFailException(f"{failure} Status {status} says that a retry would end the same way.") from None
            raise

    @cached_property
    def pod_manager(self) -> WatchedPodManager:
        deletes_pod = self.on_finish_action is stock.OnFinishAction.DELETE_POD
        return WatchedPodManager(kube_client=self.client, callbacks=self.callbacks, deletes_pod=deletes_pod)


def _has_started(pod: V1Pod) -> bool:
    waiting = pod.status.phase in (stock.PodPhase.PENDING, stock.PodPhase.UNKNOWN)
    return not waiting or bool(stock.detect_pod_terminate_early_issues(pod))


def _exit_code(pod: V1Pod, container_name: str) -> int | None:
    statuses = (pod and pod.status and pod.status.container_statuses) or []
    ended = [status.state.terminated for status in statuses if status.name == container_name and status.state]
    return ended[0].exit_code if ended and ended[0] else None


def _only_sidecar_is_left(pod: V1Pod) -> bool:
    statuses = (pod.status and pod.status.container_statuses) or []
    others = [status.state for status in statuses if status.name != PodDefaults.SIDECAR_CONTAINER_NAME]
    return bool(others) and all(state and state.terminated for state in others)
