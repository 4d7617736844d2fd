"""A code server gets the settings and logins of an upgrade."""

from __future__ import annotations

from typing import Any

import pytest

from tandem import code_servers, kube
from tandem.errors import TandemError

SERVERS = {
    "tandem-dagster-code-taxi": [{"secretRef": {"name": "lake"}, "prefix": "LAKE_"}, {"configMapRef": {"name": "taxi"}}],
    "tandem-dagster-code-lineage": [{"secretRef": {"name": "airflow-user"}}],
}


class Cluster:
    """What kubectl finds: the servers, and what they read. Tests change it."""

    def __init__(self) -> None:
        self.secrets = {"lake": {"PGPASSWORD": "eA=="}, "airflow-user": {"PASSWORD": "eQ=="}, "unread": {"KEY": "eg=="}}
        self.maps = {"taxi": {"TAXI_REQUESTS": "s3://a"}}
        self.servers = dict(SERVERS)
        self.asked: list[str] = []

    def items(self, kind: str, selector: str = "") -> list[Any]:
        if kind == "deployment":
            assert selector == code_servers.LABEL
            spec = {name: {"template": {"spec": {"containers": [{"envFrom": sources}]}}} for name, sources in self.servers.items()}
            return [{"metadata": {"name": name}, "spec": found} for name, found in spec.items()]
        return [{"metadata": {"name": name}, "data": data} for name, data in (self.secrets if kind == "secret" else self.maps).items()]

    def kubectl(self, *arguments: str, **_options: Any) -> str:
        self.asked.append(" ".join(arguments[:3]))
        return ""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    found = Cluster()
    monkeypatch.setattr(kube, "items", found.items)
    monkeypatch.setattr(kube, "kubectl", found.kubectl)
    return found


def restarts(*servers: str) -> list[str]:
    return [f"rollout {verb} deployment/tandem-dagster-code-{server}" for verb in ("restart", "status") for server in servers]


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(
    ("changed", "restarted"),
    [
        (lambda found: found.maps["taxi"].update(TAXI_REQUESTS="s3://b"), ["taxi"]),
        (lambda found: found.secrets["airflow-user"].update(PASSWORD="new"), ["lineage"]),
        (lambda found: (found.secrets.pop("lake"), found.secrets.pop("airflow-user")), ["taxi", "lineage"]),
        (lambda found: found.secrets["unread"].update(KEY="new"), []),
        (lambda found: None, []),
    ],
)
def test_the_servers_that_read_what_an_upgrade_has_changed_are_replaced(
    cluster: Cluster, changed: Any, restarted: list[str], fails: bool
) -> None:
    try:
        with code_servers.followed():
            changed(cluster)
            if fails:
                raise TandemError("not all of it works")
    except TandemError:
        assert fails
    assert cluster.asked == restarts(*restarted)


def test_a_server_that_the_upgrade_has_made_is_left_alone(cluster: Cluster) -> None:
    del cluster.servers["tandem-dagster-code-lineage"]
    with code_servers.followed():
        cluster.servers = dict(SERVERS)
        cluster.secrets["airflow-user"]["PASSWORD"] = "new"
    assert cluster.asked == []


def test_a_first_install_has_nothing_to_replace(cluster: Cluster) -> None:
    cluster.servers = {}
    with code_servers.followed():
        cluster.servers = dict(SERVERS)
    assert cluster.asked == []
