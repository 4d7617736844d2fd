"""The hook that makes every pod of Airflow fit for the restricted standard, without a line in the DAG."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from tandem.paths import ROOT

pytest.importorskip("kubernetes")
from kubernetes.client import ApiClient
from kubernetes.client import models as k8s

SOURCE = ROOT / "charts/airflow/files/airflow_local_settings.py"
DEFAULTS = {"runAsUser": 10001, "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}}


@pytest.fixture
def mutated(tmp_path: Path) -> Any:
    """A function that passes a pod through the hook, as it lies in the chart's ConfigMap, and gives its spec as the API gets it."""
    path = tmp_path / SOURCE.name
    path.write_text(SOURCE.read_text())
    (tmp_path / "job_pod_defaults.json").write_text(json.dumps(DEFAULTS))
    spec = importlib.util.spec_from_file_location("airflow_local_settings_of_the_chart", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def mutate(pod: k8s.V1Pod) -> dict[str, Any]:
        module.pod_mutation_hook(pod)
        return ApiClient().sanitize_for_serialization(pod.spec)  # type: ignore[no-any-return]

    return mutate


def pod(container: dict[str, Any] | None = None, **spec: Any) -> k8s.V1Pod:
    """A pod with one container, as KubernetesPodOperator builds it."""
    return k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", image="image", **(container or {}))], **spec))


def test_should_fill_in_everything_that_a_bare_pod_lacks(mutated: Any) -> None:
    assert mutated(pod()) == {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "base",
                "image": "image",
                "resources": DEFAULTS["resources"],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
                "volumeMounts": [{"mountPath": "/tmp", "name": "tandem-tmp"}],
            }
        ],
        "volumes": [{"emptyDir": {}, "name": "tandem-tmp"}],
    }


@pytest.mark.parametrize("sidecar_resources", [None, {"requests": {"cpu": "1m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}}])
def test_should_cover_the_xcom_sidecar_and_keep_its_resources(mutated: Any, sidecar_resources: dict[str, Any] | None) -> None:
    xcom_sidecar = pytest.importorskip("airflow.providers.cncf.kubernetes.utils.xcom_sidecar")
    spec = mutated(xcom_sidecar.add_xcom_sidecar(pod(), sidecar_container_image="image", sidecar_container_resources=sidecar_resources))
    sidecar = spec["containers"][1]
    assert sidecar["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert sidecar["resources"] == (sidecar_resources or {"requests": {"cpu": "1m", "memory": "10Mi"}, "limits": {"memory": "512Mi"}})


def test_should_cover_init_containers(mutated: Any) -> None:
    spec = mutated(pod(init_containers=[k8s.V1Container(name="first", image="image")]))
    assert spec["initContainers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert spec["initContainers"][0]["volumeMounts"] == [{"mountPath": "/tmp", "name": "tandem-tmp"}]


def test_should_leave_what_the_dag_sets(mutated: Any) -> None:
    asked = k8s.V1SecurityContext(run_as_user=7, read_only_root_filesystem=False, capabilities=k8s.V1Capabilities(drop=["CHOWN"]))
    spec = mutated(
        pod(
            {"security_context": asked, "volume_mounts": [k8s.V1VolumeMount(name="mine", mount_path="/tmp/")]},
            security_context=k8s.V1PodSecurityContext(run_as_user=5, fs_group=6),
            enable_service_links=True,
            automount_service_account_token=True,
        )
    )
    assert spec["securityContext"]["runAsUser"] == 5
    assert spec["securityContext"]["fsGroup"] == 6
    assert spec["enableServiceLinks"] is True
    assert spec["automountServiceAccountToken"] is True
    container = spec["containers"][0]
    assert container["securityContext"]["readOnlyRootFilesystem"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["CHOWN"]}
    assert [mount["name"] for mount in container["volumeMounts"]] == ["mine"]
    assert "volumes" not in spec


def test_should_leave_the_token_to_a_pod_that_names_its_account(mutated: Any) -> None:
    assert "automountServiceAccountToken" not in mutated(pod(service_account_name="mine"))


@pytest.mark.parametrize("context", [{"runAsUser": 5, "seccompProfile": {"type": "Unconfined"}}, {"run_as_user": 5}, {}])
def test_should_take_security_contexts_as_dicts_in_both_spellings(mutated: Any, context: dict[str, Any]) -> None:
    spec = mutated(pod({"security_context": dict(context)}, security_context=dict(context)))
    user = 5 if context else None
    assert spec["securityContext"]["runAsUser"] == (user or 10001)
    assert spec["securityContext"]["seccompProfile"]["type"] == ("Unconfined" if "seccompProfile" in context else "RuntimeDefault")
    assert spec["containers"][0]["securityContext"].get("runAsUser") == user


@pytest.mark.parametrize("capabilities", [{"add": ["NET_BIND_SERVICE"]}, k8s.V1Capabilities(add=["NET_BIND_SERVICE"])])
def test_should_drop_the_other_capabilities_where_one_is_added(mutated: Any, capabilities: Any) -> None:
    spec = mutated(pod({"security_context": k8s.V1SecurityContext(capabilities=capabilities)}))
    assert spec["containers"][0]["securityContext"]["capabilities"] == {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"limits": {"memory": "32Mi"}}, {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "32Mi"}}),
        ({"requests": {"memory": "1Gi"}}, {"requests": {"cpu": "20m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}),
        ({"limits": {"cpu": "10m"}}, {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "10m", "memory": "512Mi"}}),
        (
            {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}},
            {"requests": {"cpu": "20m", "memory": "2Gi"}, "limits": {"memory": "1Gi"}},
        ),
    ],
    ids=["small limit", "large request", "limit of CPU", "a contradiction is left for the API to refuse"],
)
def test_should_fit_its_default_resources_to_what_the_dag_sets(mutated: Any, given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert mutated(pod({"resources": k8s.V1ResourceRequirements(**given)}))["containers"][0]["resources"] == expected


def test_should_change_nothing_the_second_time(mutated: Any) -> None:
    twice = pod()
    assert mutated(twice) == mutated(twice)


def test_should_not_load_the_kubernetes_client_when_it_is_imported() -> None:
    head = SOURCE.read_text().split("def pod_mutation_hook")[0]
    assert "import" not in head.split('"""')[2]
