"""All DAG files import, and the DAG of transactions and labels is what it should be."""

import copy
from datetime import UTC, datetime, timedelta

import pytest

# Of Airflow's own reading of .airflowignore.
pytestmark = pytest.mark.filterwarnings("ignore:GitWildMatchPattern")

TRANSACTIONS = "postgres://postgres/airbyte/public/customer_transactions"
LABELS = "mysql://mysql/data/labeled_transactions"


def test_every_file_imports_and_holds_a_dag(dag_bag, dags_folder):
    assert dag_bag.import_errors == {}
    without_dags = (dags_folder / ".airflowignore").read_text().split()
    expected = {path.name for path in dags_folder.rglob("*.py")} - set(without_dags)
    assert {dag.fileloc.rpartition("/")[2] for dag in dag_bag.dags.values()} == expected
    assert all(dag.doc_md for dag in dag_bag.dags.values())


def test_every_dag_survives_the_way_through_the_database(dag_bag):
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in dag_bag.dags.values():
        assert DagSerialization.from_dict(DagSerialization.to_dict(dag)).task_ids == dag.task_ids


def test_a_missing_setting_is_an_import_error_that_names_it(dags_folder):
    from airflow.dag_processing.dagbag import BundleDagBag

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TANDEM_JOBS_IMAGE")
        bag = BundleDagBag(dags_folder, bundle_path=dags_folder, bundle_name="dags-folder")
    assert "TANDEM_JOBS_IMAGE is not set" in bag.import_errors["generate_transaction_and_labels.py"]


def test_an_asset_has_one_name_and_one_address_in_all_dags(dag_bag):
    """Otherwise Airflow would refuse one of the two, and the tasks that have it as an outlet would fail."""
    import tandem_assets

    outlets = [outlet for dag in dag_bag.dags.values() for task in dag.tasks for outlet in task.outlets]
    # The outlet may also be an alias, which has no address.
    found = {(asset.name, asset.uri) for asset in outlets if hasattr(asset, "uri")}
    found |= {(asset.name, asset.uri) for asset in vars(tandem_assets).values() if hasattr(asset, "uri")}
    assert ("customer_transactions", TRANSACTIONS) in found
    assert len({name for name, _ in found}) == len(found) == len({uri for _, uri in found})


def test_schedule_and_defaults(dag):
    assert dag.start_date == datetime(2024, 1, 1, tzinfo=UTC)
    assert dag.catchup is False
    assert dag.max_active_runs == 1
    assert dag.is_paused_upon_creation is False
    assert dag.doc_md.strip().startswith("# Transactions and fraud labels")
    for task in dag.tasks:
        assert (task.owner, task.retries, task.retry_delay, task.depends_on_past) == ("airflow", 1, timedelta(minutes=2), False)
    assert dag.task_dict["generate_transactions"].downstream_task_ids == {"generate_labels"}
    assert dag.task_dict["generate_labels"].downstream_task_ids == set()


def test_runs_are_half_hours(dag):
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction
    from pendulum import datetime

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    restriction = TimeRestriction(earliest=datetime(2024, 1, 1), latest=None, catchup=True)
    first = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert (first.data_interval.start, first.data_interval.end) == (datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 30))
    second = timetable.next_dagrun_info(last_automated_data_interval=first.data_interval, restriction=restriction)
    assert second.data_interval.start == first.data_interval.end
    by_hand = timetable.infer_manual_data_interval(run_after=datetime(2026, 1, 31, 9, 47))
    assert by_hand.end - by_hand.start == timedelta(minutes=30)


@pytest.mark.parametrize(
    "wrong",
    [("users", 0), ("users", "many"), ("rows_per_user", "-3"), ("rows_per_user", 7), ("fraud_rate", 1.5), ("fraud_rate", "nan")],
)
def test_parameters_are_checked(dag, wrong):
    from airflow.sdk.exceptions import ParamValidationError

    defaults = dag.params.validate()
    assert defaults == {"users": 10, "rows_per_user": "5-20", "fraud_rate": 0.5}
    params = copy.deepcopy(dag.params)
    name, value = wrong
    params.get_param(name).value = value
    with pytest.raises(ParamValidationError):
        params.validate()


def test_assets(dag):
    assert {task.task_id: [asset.uri for asset in task.outlets] for task in dag.tasks} == {
        "generate_transactions": [TRANSACTIONS],
        "generate_labels": [LABELS],
    }


@pytest.mark.parametrize(("task_id", "name"), [("generate_transactions", "generate-transactions"), ("generate_labels", "generate-labels")])
def test_pods(dag, task_id, name):
    task = dag.task_dict[task_id]
    pod = task.build_pod_request_obj(dry_run=True)
    (base,) = (container for container in pod.spec.containers if container.name == "base")
    assert pod.metadata.namespace == "tandem-jobs"
    assert pod.metadata.name.startswith(f"{name}-")
    assert pod.metadata.labels["app.kubernetes.io/name"] == "pipelines"
    assert pod.metadata.labels["app.kubernetes.io/component"] == name
    assert pod.spec.automount_service_account_token is False
    assert pod.spec.service_account_name is None
    assert not pod.spec.security_context
    assert not base.security_context
    assert base.image == "tandem/pipelines:0123456789ab"
    assert base.image_pull_policy == "IfNotPresent"
    assert [(source.prefix, source.secret_ref and source.secret_ref.name) for source in base.env_from[:-1]] == [
        (None, "tandem-postgres-airbyte"),
        (None, "tandem-mysql-data"),
        ("LAKE_", "tandem-postgres-lake"),
    ]
    assert (base.env_from[-1].prefix, base.env_from[-1].config_map_ref.name) == (None, "tandem-taxi")
    assert base.resources.requests["cpu"] == "20m"
    assert base.resources.requests["memory"]
    assert base.resources.limits["memory"]
    assert not any(variable.value and "PASSWORD" in variable.name for variable in base.env)
    assert [container.name for container in pod.spec.containers] == ["base", "airflow-xcom-sidecar"]
    assert task.startup_check_interval_seconds == 1
    assert task.log_events_on_startup is False
    assert task.on_finish_action.value == "delete_pod"
    assert task.reattach_on_restart is True
