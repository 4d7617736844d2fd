"""Every service account has the verbs that it uses, and one more is refused."""

from __future__ import annotations

import json

import pytest

from . import kube

# (namespace, service account) -> what it may do in the job namespace
RIGHTS = {
    ("tandem", "tandem-airflow-scheduler"): {"pods": {"create", "delete", "list", "patch", "watch"}},
    ("tandem", "tandem-airflow-api-server"): {"pods": {"list"}, "pods/log": {"get"}},
    ("tandem", "tandem-airflow-triggerer"): {"pods": {"delete", "get"}, "pods/log": {"get"}},
    ("tandem-jobs", "tandem-airflow-worker"): {
        "pods": {"create", "delete", "get", "list", "patch", "watch"},
        "pods/log": {"get"},
        "pods/exec": {"create", "get"},
    },
    ("tandem", "tandem-dagster-daemon"): {
        "jobs": {"create", "delete", "list"},
        "jobs/status": {"get"},
        "pods": {"delete", "get", "list"},
        "pods/log": {"get"},
        "events": {"list"},
    },
    ("tandem", "tandem-dagster-webserver"): {"jobs": {"delete", "list"}, "pods": {"delete", "list"}},
    ("tandem", "tandem-dagster-code"): {},
    ("tandem", "tandem-dagster-migrations"): {},
    ("tandem-jobs", "tandem-dagster-run"): {},
    ("tandem", "tandem-airflow-dag-processor"): {},
    ("tandem", "tandem-postgres"): {},
    ("tandem", "tandem-mysql"): {},
    ("tandem", "tandem-objectstore"): {},
    ("tandem-jobs", "default"): {},
}
ONE_TOO_MANY = {
    "tandem-airflow-scheduler": ("get", "pods"),
    "tandem-airflow-api-server": ("get", "pods"),
    "tandem-airflow-triggerer": ("create", "pods"),
    "tandem-airflow-worker": ("list", "secrets"),
    "tandem-dagster-daemon": ("create", "pods"),
    "tandem-dagster-webserver": ("get", "pods"),
    "tandem-dagster-run": ("list", "pods"),
}
CONTROL_PLANE_SECRETS = (
    "tandem-airflow-admin",
    "tandem-airflow-api-secret-key",
    "tandem-airflow-fernet-key",
    "tandem-airflow-jwt-secret",
    "tandem-airflow-user-lineage",
    "tandem-mysql",
    "tandem-objectstore",
    "tandem-postgres",
    "tandem-postgres-airflow",
    "tandem-postgres-dagster",
)
every_account = pytest.mark.parametrize(("namespace", "account"), RIGHTS, ids=lambda value: value)
# What Kubernetes lets every authenticated account do: look at its own rights.
OWN_RIGHTS = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}


def rules(namespace: str, account: str, where: str) -> dict[str, set[str]]:
    """resource -> verbs that the account has in a namespace, as the API server works them out."""
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": where}}
    user = f"system:serviceaccount:{namespace}:{account}"
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
    impersonation = [f"--as={user}", *(f"--as-group={group}" for group in groups)]
    answer = json.loads(
        kube.kubectl(
            "create", "--raw", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "-f", "-", *impersonation, input=json.dumps(review)
        )
    )
    found: dict[str, set[str]] = {}
    for rule in answer["status"]["resourceRules"]:
        for resource in set(rule["resources"]) - OWN_RIGHTS:
            found.setdefault(resource, set()).update(rule["verbs"])
    return found


@every_account
def test_an_account_has_exactly_the_verbs_that_it_uses(namespace: str, account: str) -> None:
    assert rules(namespace, account, kube.JOBS) == RIGHTS[namespace, account]


@every_account
def test_an_account_can_do_nothing_in_the_platform_namespace(namespace: str, account: str) -> None:
    assert rules(namespace, account, kube.NAMESPACE) == {}


@pytest.mark.parametrize(
    ("account", "request_"), ONE_TOO_MANY.items(), ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_one_verb_too_many_is_refused(account: str, request_: tuple[str, str]) -> None:
    verb, resource = request_
    namespace = next(n for n, a in RIGHTS if a == account)
    collection = f"/api/v1/namespaces/{kube.JOBS}/{resource}"
    attempts = {
        "get": ["get", "--raw", f"{collection}/some-name"],
        "list": ["get", "--raw", collection],
        "create": ["create", "--raw", collection, "-f", "-"],
    }
    done = kube.attempt(*attempts[verb], f"--as=system:serviceaccount:{namespace}:{account}", input="{}")
    assert done.returncode != 0
    assert f'cannot {verb} resource "{resource}"' in done.stderr, done.stderr


@pytest.mark.parametrize("namespace", [kube.NAMESPACE, kube.JOBS])
def test_a_pod_that_breaks_restricted_is_refused(namespace: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "breaks-restricted", "namespace": namespace},
        "spec": {"containers": [{"name": "main", "image": "tandem/pipelines:0.1.0", "securityContext": {"privileged": True}}]},
    }
    done = kube.attempt("create", "-f", "-", input=json.dumps(pod))
    assert done.returncode != 0
    assert 'violates PodSecurity "restricted:' in done.stderr, done.stderr


def test_job_pods_hold_no_key_of_the_control_plane() -> None:
    """Nothing that a job pod could mount or read as environment in its namespace opens Airflow's own doors."""
    control_plane = {value for name in CONTROL_PLANE_SECRETS for value in secrets_of(name)}
    assert len(control_plane) >= 9
    for kind in ("secret", "configmap"):
        for o in kube.get(kind, namespace=kube.JOBS):
            content = kube.secret(o["metadata"]["name"], namespace=kube.JOBS) if kind == "secret" else o.get("data", {})
            leaked = [key for key, text in content.items() for value in control_plane if value in text]
            assert not leaked, f"{kind} {o['metadata']['name']} holds a control-plane secret: {leaked}"


def secrets_of(name: str) -> set[str]:
    """The long values of a Secret: user names and addresses are no secrets."""
    return {value for key, value in kube.secret(name).items() if len(value) >= 12 and not key.endswith(("HOST", "URL"))}
