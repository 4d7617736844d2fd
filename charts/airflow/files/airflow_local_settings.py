"""Policy of the platform for every pod that Airflow makes, for KubernetesPodOperator's as for the executor's.

What a DAG leaves open is filled in, so that its pods pass the restricted Pod Security Standard without a line in the DAG; what a
DAG sets is left as it is. Airflow calls the hook last, after it added the XCom sidecar, so every container is covered.
"""


def pod_mutation_hook(pod):
    # Imported here: at the top of the file the client would be loaded by every task, pods or not (0.25 s of CPU each).
    import json
    from pathlib import Path

    from kubernetes.client import models as k8s

    defaults = json.loads(Path(__file__).with_name("job_pod_defaults.json").read_text())
    spec = pod.spec
    _secure_pod(k8s, spec, defaults)
    containers = [*(spec.init_containers or []), *spec.containers]
    for container in containers:
        _secure_container(k8s, container)
        _limit(k8s, container, defaults["resources"])
    _add_scratch(k8s, spec, containers)


def _object(kind, given):
    """An object of what Airflow hands over: nothing, an object, or a dict in the spelling of Python or of Kubernetes."""
    if not isinstance(given, dict):
        return given or kind()
    python_names = {name: python_name for python_name, name in kind.attribute_map.items()}
    return kind(**{python_names.get(name, name): value for name, value in given.items()})


def _secure_pod(k8s, spec, defaults):
    """Fill the pod's security context, and keep tokens and service variables out of pods that did not ask for them."""
    context = _object(k8s.V1PodSecurityContext, spec.security_context)
    if context.run_as_non_root is None:
        context.run_as_non_root = True
    if context.run_as_user is None:
        context.run_as_user = defaults["runAsUser"]
    if context.seccomp_profile is None:
        context.seccomp_profile = k8s.V1SeccompProfile(type="RuntimeDefault")
    spec.security_context = context
    if spec.enable_service_links is None:
        spec.enable_service_links = False
    # A token of the default account is of no use; who names an account wants its token.
    if spec.automount_service_account_token is None and not spec.service_account_name:
        spec.automount_service_account_token = False


def _secure_container(k8s, container):
    context = _object(k8s.V1SecurityContext, container.security_context)
    if context.allow_privilege_escalation is None:
        context.allow_privilege_escalation = False
    if context.read_only_root_filesystem is None:
        context.read_only_root_filesystem = True
    # Kept: capabilities that are added, of which the restricted standard allows one (to serve a port below 1024).
    context.capabilities = _object(k8s.V1Capabilities, context.capabilities)
    if context.capabilities.drop is None:
        context.capabilities.drop = ["ALL"]
    container.security_context = context


def _limit(k8s, container, defaults):
    """Requests and a memory limit for containers that lack them: a pod without is the first to be evicted."""
    from kubernetes.utils.quantity import parse_quantity

    resources = _object(k8s.V1ResourceRequirements, container.resources)
    given_requests, given_limits = resources.requests or {}, resources.limits or {}
    requests, limits = {**defaults["requests"], **given_requests}, {**defaults["limits"], **given_limits}
    for name in requests.keys() & limits.keys():
        if parse_quantity(requests[name]) > parse_quantity(limits[name]):
            # No pod may ask for more than its limit, so the default yields to what the DAG says.
            if name not in given_requests:
                requests[name] = limits[name]
            elif name not in given_limits:
                limits[name] = requests[name]
    resources.requests, resources.limits = requests, limits
    container.resources = resources


def _add_scratch(k8s, spec, containers):
    """A writable /tmp for containers that have none: most programs want one, and the root filesystem is read-only."""
    lacking = [c for c in containers if "/tmp" not in [mount.mount_path.rstrip("/") for mount in c.volume_mounts or []]]
    if not lacking:
        return
    spec.volumes = [*(spec.volumes or []), k8s.V1Volume(name="tandem-tmp", empty_dir=k8s.V1EmptyDirVolumeSource())]
    for container in lacking:
        container.volume_mounts = [*(container.volume_mounts or []), k8s.V1VolumeMount(name="tandem-tmp", mount_path="/tmp")]
