"""Code servers, and who reaches what."""

from __future__ import annotations

import json
from typing import Any

import yaml

from .conftest import objects, pod_specs, render
from .dagster_chart import TEAMS, named


def test_a_code_server_answers_until_the_next_one_does() -> None:
    spec = named(objects(render("tandem")), "Deployment", "tandem-dagster-code-taxi")["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    [code] = spec["template"]["spec"]["containers"]
    assert code["readinessProbe"]["grpc"] == {"port": 4000, "service": "DagsterApi"}


def test_each_code_location_has_its_image_environment_and_place_in_the_workspace() -> None:
    found = objects(render("dagster", "--values", TEAMS))
    workspace = yaml.safe_load(named(found, "ConfigMap", "tandem-dagster-instance")["data"]["workspace.yaml"])
    assert [entry["grpc_server"] for entry in workspace["load_from"]] == [
        {"host": "tandem-dagster-code-shop", "port": 4000, "location_name": "shop"},
        {"host": "tandem-dagster-code-office", "port": 4000, "location_name": "office"},
    ]
    [shop] = named(found, "Deployment", "tandem-dagster-code-shop")["spec"]["template"]["spec"]["containers"]
    [office] = named(found, "Deployment", "tandem-dagster-code-office")["spec"]["template"]["spec"]["containers"]
    assert (shop["image"], office["image"]) == ("registry.example.com/shop:1.4", "tandem/pipelines:0.1.0")
    assert {"name": "SHOP", "value": 'it\'s "quoted" $x'} in shop["env"]
    context = json.loads(next(v["value"] for v in shop["env"] if v["name"] == "DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT"))
    container = context["k8s"]["run_k8s_config"]["container_config"]
    assert container["resources"]["limits"] == {"memory": "4Gi"}
    assert container["env"] == [{"name": "SHOP", "value": 'it\'s "quoted" $x'}]


def test_the_tag_of_all_does_not_go_with_the_image_of_one() -> None:
    images = ["--set", "dagster-user-deployments.image.tag=abc", "--set", "dagster-user-deployments.deployments[0].image.tag="]
    found = objects(render("dagster", "--values", TEAMS, *images))
    used = {name: spec["containers"][0]["image"] for name, spec in pod_specs(found) if "-code-" in name}
    assert used == {
        "Deployment/tandem-dagster-code-shop": "registry.example.com/shop:0.1.0",
        "Deployment/tandem-dagster-code-office": "tandem/pipelines:abc",
    }


def sources(found: list[dict[str, Any]], policy: str, namespace: str = "tandem") -> list[Any]:
    """Who a NetworkPolicy lets in."""
    return [one for rule in named(found, "NetworkPolicy", policy, namespace)["spec"].get("ingress", []) for one in rule["from"]]


def test_nobody_reaches_the_webserver_but_whom_the_values_name() -> None:
    component = "app.kubernetes.io/component"
    found = objects(render("tandem"))
    assert [one["podSelector"]["matchLabels"][component] for one in sources(found, "tandem-dagster-webserver")] == ["test"]
    assert sources(found, "tandem-dagster-daemon") == []
    assert sources(found, "tandem-dagster-run", "tandem-jobs") == []
    reached = {one["podSelector"]["matchLabels"][component] for one in sources(found, "tandem-dagster-code")}
    assert reached == {"webserver", "webserver-read-only", "daemon"}
    more = sources(objects(render("dagster", "--values", TEAMS)), "tandem-dagster-webserver")
    assert {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}} in more


def test_a_proxy_that_asks_for_a_login_is_the_only_way_in() -> None:
    found = objects(render("dagster", "--values", TEAMS))
    for name in ("tandem-dagster-webserver", "tandem-dagster-webserver-read-only"):
        webserver, proxy = named(found, "Deployment", name)["spec"]["template"]["spec"]["containers"]
        assert webserver["args"][:3] == ["dagster-webserver", "--host", "127.0.0.1"]
        assert ("--read-only" in webserver["args"]) == name.endswith("read-only")
        assert proxy["ports"] == [{"name": "proxy", "containerPort": 4180}]
        [port] = named(found, "Service", name)["spec"]["ports"]
        assert port["targetPort"] == "proxy"
