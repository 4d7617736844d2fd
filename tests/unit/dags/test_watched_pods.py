"""WatchedPodOperator sees what happens to its pod at once, and decides as KubernetesPodOperator does."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes.client import ApiClient, ApiException, Configuration, CoreV1Api
from kubernetes.client import models as k8s
from pod_server import NAME, NAMESPACE, PodServer, serve, status

PENDING = status("Pending")
RUNNING = status("Running", base=None, airflow_xcom_sidecar=None)
ENDED = status("Running", base=0, airflow_xcom_sidecar=None)
# Far more than any test takes, so that one that waits for the end of an interval fails.
LONG = 600


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PodServer]:
    monkeypatch.setattr("watched_pods.POLL_SECONDS", 0.01)
    with serve() as running:
        running.reads = [RUNNING]
        yield running


@pytest.fixture
def client(server: PodServer) -> Any:
    return CoreV1Api(ApiClient(Configuration(host=f"http://127.0.0.1:{server.server_port}")))


@pytest.fixture
def pod() -> Any:
    container = k8s.V1Container(name="base")
    return k8s.V1Pod(metadata=k8s.V1ObjectMeta(name=NAME, namespace=NAMESPACE), spec=k8s.V1PodSpec(containers=[container]))


@pytest.fixture
def manager(client: Any) -> Any:
    from watched_pods import WatchedPodManager

    return WatchedPodManager(kube_client=client)


@pytest.fixture
def sidecars_ended(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pods whose sidecar got its signal. This, and to read the result, is done over a web socket."""
    from airflow.providers.cncf.kubernetes.utils.pod_manager import PodManager

    ended: list[str] = []
    monkeypatch.setattr(PodManager, "extract_xcom_json", lambda *_: '{"rows": 7}')
    monkeypatch.setattr(PodManager, "extract_xcom_kill", lambda _, pod: ended.append(pod.metadata.name))
    return ended


@pytest.fixture
def make_task(client: Any, pod: Any, sidecars_ended: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a task that has a pod with a sidecar for its result."""
    from watched_pods import WatchedPodOperator

    monkeypatch.setattr(WatchedPodOperator, "_build_find_pod_label_selector", lambda *_, **__: "a=label")

    def make(**options: Any) -> Any:
        quiet: dict[str, Any] = {"log_events_on_startup": False, "log_events_on_failure": False, "log_pod_spec_on_failure": False}
        task = WatchedPodOperator(task_id="a_task", do_xcom_push=True, durable=False, **quiet, **options)
        task.client, task.pod_request_obj = client, pod
        return task

    return make


def execute(task: Any) -> Any:
    return task.execute_sync({"ti": SimpleNamespace(try_number=1, xcom_push=lambda *_, **__: None)})


def start(manager: Any, pod: Any, **limits: Any) -> None:
    asyncio.run(manager.await_pod_start(pod, **limits))


def test_a_start_is_seen_at_once(server, manager, pod):
    server.reads, server.watches = [PENDING], [[PENDING, RUNNING]]
    start(manager, pod, check_interval=LONG)
    ((_, query),) = [request for request in server.requests if request[0] == "watch"]
    assert query["fieldSelector"] == f"metadata.name={NAME}"
    # An old version, as that of a pod that has not changed for long, would be refused.
    assert "resourceVersion" not in query


def test_a_pod_that_does_not_start_fails_in_its_time(server, manager, pod):
    from airflow.providers.cncf.kubernetes.utils.pod_manager import PodLaunchTimeoutException

    server.reads = [PENDING]
    with pytest.raises(PodLaunchTimeoutException, match="More than 1s"):
        start(manager, pod, schedule_timeout=1, startup_timeout=LONG, check_interval=1)


def test_an_image_that_cannot_be_pulled_fails_at_once(server, manager, pod):
    from airflow.providers.cncf.kubernetes.utils.pod_manager import PodLaunchFailedException

    stuck = status("Pending", base=None)
    stuck["containerStatuses"][0]["state"] = {"waiting": {"reason": "ErrImageNeverPull", "message": "no such image"}}
    server.reads, server.watches = [PENDING], [[stuck]]
    with pytest.raises(PodLaunchFailedException, match="no such image"):
        start(manager, pod, check_interval=LONG)


def test_a_log_is_read_once_though_the_status_lags_behind_it(server, manager, pod):
    server.watches = [[RUNNING, ENDED]]
    assert manager.fetch_container_logs(pod, "base", follow=True).running is False
    assert server.count("log") == 1


def test_a_log_that_was_cut_off_is_followed_further(server, manager, pod, monkeypatch):
    monkeypatch.setattr("watched_pods.STATUS_LAG_SECONDS", 0.01)
    assert manager.container_is_running(pod, "base") is True


def test_the_end_of_a_container_and_of_a_pod_are_seen_at_once(server, manager, pod):
    server.watches = [[ENDED]]
    manager.await_container_completion(pod, "base", polling_time=LONG)
    server.reads, server.watches = [RUNNING], [[ENDED, status("Succeeded", base=0, airflow_xcom_sidecar=0)]]
    assert manager.await_pod_completion(pod).status.phase == "Succeeded"
    server.reads, server.watches = [RUNNING], [[ENDED]]
    assert manager.await_pod_completion(pod, do_xcom_push=True).status.phase == "Running"
    assert server.count("watch") == 3


@pytest.mark.parametrize(("failure", "attempts"), [("refused", 1), ("cut", 5)])
def test_polling_takes_the_place_of_watches_that_fail(server, manager, pod, failure, attempts):
    server.reads, server.watches = [PENDING] * 9 + [RUNNING], [[failure]] * 9
    start(manager, pod, check_interval=LONG)
    assert server.count("watch") == attempts


@pytest.mark.parametrize("broken", [["cut"], [RUNNING, "cut"]])
def test_a_broken_watch_is_made_again(server, manager, pod, broken):
    server.watches = [broken, [ENDED]]
    manager.await_container_completion(pod, "base")
    assert server.count("watch") == 2


def test_a_silent_watch_is_renewed_and_what_it_missed_is_read(server, manager, pod, monkeypatch):
    monkeypatch.setattr("watched_pods.WATCH_SECONDS", 0.1)
    server.reads = [RUNNING, ENDED]
    manager.await_container_completion(pod, "base")
    assert server.count("watch") == 1


def test_a_pod_that_somebody_deleted_is_an_error_at_once(server, manager, pod):
    for wait in (lambda: manager.await_pod_completion(pod), lambda: manager.container_is_running(pod, "base")):
        server.reads, server.watches = [RUNNING], [["deleted"]]
        with pytest.raises(ApiException) as raised:
            wait()
        assert raised.value.status == 404


def test_a_task_succeeds_with_the_result_of_its_pod(server, make_task):
    server.reads, server.watches = [PENDING], [[RUNNING], [ENDED]]
    assert execute(make_task(startup_check_interval_seconds=LONG)) == {"rows": 7}
    assert (server.count("create"), server.count("log")) == (1, 1)


def test_a_pod_of_which_only_the_sidecar_is_left_is_deleted_without_delay(server, make_task, sidecars_ended):
    server.watches = [[ENDED]]
    execute(make_task())
    assert [detail["gracePeriodSeconds"] for what, detail in server.requests if what == "delete"] == [1]
    assert sidecars_ended == []


def test_a_pod_that_is_kept_has_its_sidecar_ended(server, make_task, sidecars_ended):
    server.watches = [[ENDED]]
    assert execute(make_task(on_finish_action="keep_pod")) == {"rows": 7}
    assert (sidecars_ended, server.count("delete")) == ([NAME], 0)


@pytest.mark.parametrize("state", [PENDING, RUNNING])
def test_containers_that_still_run_get_their_time_to_end(server, manager, pod, state):
    server.reads = [state]
    manager.delete_pod(manager.read_pod(pod))
    assert ["gracePeriodSeconds" in detail for what, detail in server.requests if what == "delete"] == [False]


def test_an_exit_code_fails_the_task_or_skips_it(server, make_task):
    from airflow.sdk.exceptions import AirflowException, AirflowSkipException

    failed = status("Running", base=3, airflow_xcom_sidecar=None)
    for skip, error in ((99, AirflowException), (3, AirflowSkipException)):
        server.reads, server.watches = [RUNNING], [[failed]]
        with pytest.raises(AirflowException) as raised:
            execute(make_task(skip_on_exit_code=skip))
        assert type(raised.value) is error


def test_an_exit_code_that_a_retry_would_repeat_fails_the_task_for_good(server, make_task):
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    for status_of_base, error in ((1, AirflowException), (2, AirflowFailException)):
        server.reads, server.watches = [RUNNING], [[status("Running", base=status_of_base, airflow_xcom_sidecar=None)]]
        with pytest.raises(AirflowException) as raised:
            execute(make_task(fail_on_exit_code=(2, 3)))
        assert type(raised.value) is error


def test_a_killed_task_deletes_its_pod(server, make_task):
    task = make_task(termination_grace_period=10)
    server.watches = [[task.on_kill, "deleted"]]
    with pytest.raises(ApiException, match="404"):
        execute(task)
    assert [detail for what, detail in server.requests if what == "delete"] == [{"gracePeriodSeconds": "10"}]
