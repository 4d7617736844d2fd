"""The cluster enforces NetworkPolicies, so that those of charts are tested by their effects and not only by how they read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from tandem import images

from . import kube
from .eventually import eventually

HERE, GUESTS = "policies-under-test", "policies-under-test-guests"
PORT, OTHER_PORT = 8000, 8001
ENFORCED_WITHIN = 30.0
# Client -> its namespace. `near` shares the server's node, `far` does not.
CLIENTS = {"near": HERE, "far": HERE, "guest": GUESTS}
EVERYBODY = set(CLIENTS)

SERVE = f"""
import socket, threading
def serve(port):
    with socket.create_server(("", port)) as server:
        while True:
            server.accept()[0].close()
for port in ({PORT}, {OTHER_PORT}):
    threading.Thread(target=serve, args=[port]).start()
"""
CONNECT = """
import concurrent.futures, socket, sys
def connect(target):
    host, port = target.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=0.7).close()
        return target
    except OSError:
        return ""
with concurrent.futures.ThreadPoolExecutor() as pool:
    print(*pool.map(connect, sys.argv[1:]))
"""

Policy = Callable[..., AbstractContextManager[None]]
Reached = Callable[[], dict[str, set[str]]]


def pod(namespace: str, name: str, node: str, command: list[str], **more: Any) -> dict[str, Any]:
    """A pod of the pipelines image on a given node; its label `role` is its name."""
    container = {"name": "main", "image": images.reference("pipelines", images.tags()["pipelines"]), "command": command, **more}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"role": name}},
        "spec": {
            "nodeSelector": {"kubernetes.io/hostname": node},
            "tolerations": [{"operator": "Exists"}],
            "terminationGracePeriodSeconds": 0,
            "containers": [container],
        },
    }


@pytest.fixture(scope="module", autouse=True)
def pods() -> Iterator[None]:
    """A server behind a Service, and clients on its node, on another node, and in another namespace."""
    nodes = sorted(node["metadata"]["labels"]["kubernetes.io/hostname"] for node in kube.get("nodes"))
    # Every second: a probe that a policy stopped would be seen at once.
    probe = {"tcpSocket": {"port": PORT}, "periodSeconds": 1, "failureThreshold": 1}
    objects: list[dict[str, Any]] = [
        *({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"who": name}}} for name in (HERE, GUESTS)),
        pod(HERE, "server", nodes[0], ["python", "-c", SERVE], readinessProbe=probe),
        *(pod(namespace, name, nodes[0] if name == "near" else nodes[-1], ["sleep", "infinity"]) for name, namespace in CLIENTS.items()),
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "server", "namespace": HERE},
            "spec": {"selector": {"role": "server"}, "ports": [{"port": 80, "targetPort": PORT}]},
        },
    ]
    kube.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    try:
        for namespace in (HERE, GUESTS):
            kube.kubectl("wait", "pods", "--all", "-n", namespace, "--for=condition=Ready", "--timeout=60s")
        yield
    finally:
        kube.kubectl("delete", "namespace", HERE, GUESTS, "--wait=false")


@pytest.fixture(scope="module")
def reached(pods: None) -> Reached:
    """Gives, for every way to the server, the clients that get through right now."""
    address, service = kube.get("pod", "server", namespace=HERE)["status"]["podIP"], kube.get("service", "server", namespace=HERE)
    ways = {f"{address}:{PORT}": "pod", f"{address}:{OTHER_PORT}": "other port", f"{service['spec']['clusterIP']}:80": "service"}

    def targets_of(client: str) -> list[str]:
        return kube.kubectl("exec", "-n", CLIENTS[client], client, "--", "python", "-c", CONNECT, *ways).split()

    def look() -> dict[str, set[str]]:
        with ThreadPoolExecutor() as pool:
            found = dict(zip(CLIENTS, pool.map(targets_of, CLIENTS), strict=True))
        return {way: {client for client, targets in found.items() if target in targets} for target, way in ways.items()}

    return look


@pytest.fixture
def policy() -> Policy:
    """Applies a NetworkPolicy to pods of the server's namespace for as long as a block lasts."""

    @contextmanager
    def applied(**spec: Any) -> Iterator[None]:
        metadata = {"name": "under-test", "namespace": HERE}
        manifest = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
        kube.kubectl("apply", "-f", "-", input=json.dumps(manifest))
        try:
            yield
        finally:
            kube.kubectl("delete", "networkpolicy", "under-test", "-n", HERE)

    return applied


def expect(reached: Reached, what: str, clients: set[str], *, other_port: set[str] | None = None) -> None:
    """These clients get through, to the pod as to the Service, and no others; `other_port` where it is not the same there."""
    wanted = {"pod": clients, "service": clients, "other port": clients if other_port is None else other_port}

    def as_wanted() -> bool:
        found = reached()
        assert found == wanted, f"{found} instead of {wanted}"
        return True

    eventually(what, as_wanted, within=ENFORCED_WITHIN, every=0.1)


def test_pods_without_policies_are_open(reached: Reached) -> None:
    expect(reached, "everybody reaches the server", EVERYBODY)


def test_a_denied_pod_is_closed_to_pods_and_open_to_probes_until_the_policy_goes(reached: Reached, policy: Policy) -> None:
    with policy(podSelector={}, policyTypes=["Ingress"]):
        expect(reached, "nobody reaches the server", set())
        for _ in range(3):
            assert reached() == {"pod": set(), "service": set(), "other port": set()}
        server = kube.get("pod", "server", namespace=HERE)
        [ready] = [c for c in server["status"]["conditions"] if c["type"] == "Ready"]
        [container] = server["status"]["containerStatuses"]
        assert ready["status"] == "True"
        # It has been ready without a break since it started.
        assert ready["lastTransitionTime"] <= kube.get("networkpolicy", "under-test", namespace=HERE)["metadata"]["creationTimestamp"]
        assert container["restartCount"] == 0
    expect(reached, "everybody reaches the server again", EVERYBODY)


def test_pods_are_admitted_by_their_labels_on_every_node(reached: Reached, policy: Policy) -> None:
    for client in ("near", "far"):
        admitted = [{"from": [{"podSelector": {"matchLabels": {"role": client}}}]}]
        with policy(podSelector={"matchLabels": {"role": "server"}}, ingress=admitted):
            expect(reached, f"only {client} reaches the server", {client})


def test_pods_are_admitted_by_the_labels_of_their_namespace(reached: Reached, policy: Policy) -> None:
    admitted = [{"from": [{"namespaceSelector": {"matchLabels": {"who": GUESTS}}}], "ports": [{"port": PORT}]}]
    with policy(podSelector={"matchLabels": {"role": "server"}}, ingress=admitted):
        expect(reached, "only the guest reaches the server, and at one port", {"guest"}, other_port=set())


def test_a_pod_may_call_only_what_its_policy_names(reached: Reached, policy: Policy) -> None:
    named = [{"to": [{"podSelector": {"matchLabels": {"role": "server"}}}], "ports": [{"port": OTHER_PORT}]}]
    with policy(podSelector={"matchLabels": {"role": "far"}}, policyTypes=["Egress"], egress=named):
        expect(reached, "far reaches the server's other port only", {"near", "guest"}, other_port=EVERYBODY)
    expect(reached, "everybody reaches the server again", EVERYBODY)
