"""The DAG of taxi months: which months a run has, and the pods that it makes of them."""

import copy
from datetime import UTC, datetime, timedelta

import pytest

# Of Airflow's own reading of .airflowignore.
pytestmark = pytest.mark.filterwarnings("ignore:GitWildMatchPattern")

NOW = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.fixture
def dag(dag_bag):
    return dag_bag.dags["taxi_monthly"]


def test_the_order_of_tasks(dag):
    assert {task.task_id: task.downstream_task_ids for task in dag.tasks} == {
        "months": {"load_month", "load_zones"},
        "load_month": {"manhattan"},
        "load_zones": {"manhattan"},
        "manhattan": set(),
    }
    # A month that is not published yet would fail every month, unasked.
    assert dag.is_paused_upon_creation is True
    assert dag.catchup is False


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (None, None, ["2026-02"]),
        ("2023-01", None, ["2023-01"]),
        ("2022-11", "2023-02", ["2022-11", "2022-12", "2023-01", "2023-02"]),
        ("2023-01", "2023-01", ["2023-01"]),
    ],
)
def test_the_months_of_a_run(dag_bag, first, last, months):
    import taxi_monthly

    assert taxi_monthly.months_of(first, last, NOW) == months


def test_the_months_are_those_that_the_pipelines_count(dag_bag):
    import taxi_monthly
    from taxi.months import months_between

    assert taxi_monthly.months_of("2019-11", "2021-02", NOW) == [str(month) for month in months_between("2019-11", "2021-02")]


def test_a_run_in_january_takes_december(dag_bag):
    import taxi_monthly

    assert taxi_monthly.months_of(None, None, datetime(2026, 1, 5, tzinfo=UTC)) == ["2025-12"]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2023-13", None, "first_month is 2023-13, which is not a month"),
        ("January", None, "first_month is January, which is not a month"),
        ("2023-03", "2023-01", "first_month 2023-03 is after last_month 2023-01"),
        (None, "2023-01", "last_month is 2023-01, but first_month is missing"),
        ("2023-01", "2026-03", "last_month is 2026-03, but months go from 2009-01 to the last complete one before 2026-03"),
        ("1999-01", None, "first_month is 1999-01, but months go"),
    ],
)
def test_an_impossible_range_is_refused_in_a_sentence_and_not_retried(dag_bag, first, last, words):
    from airflow.sdk.exceptions import AirflowFailException

    import taxi_monthly

    with pytest.raises(AirflowFailException, match=words):
        taxi_monthly.months_of(first, last, NOW)


@pytest.mark.parametrize("wrong", ["2023-13", "2023-1", "2023", "23-01", 202301])
def test_a_misspelt_month_is_refused_when_the_run_is_asked_for(dag, wrong):
    from airflow.sdk.exceptions import ParamValidationError

    assert dag.params.validate() == {"first_month": None, "last_month": None}
    params = copy.deepcopy(dag.params)
    params.get_param("first_month").value = wrong
    with pytest.raises(ParamValidationError, match=str(wrong)):
        params.validate()


def test_each_month_has_a_pod_of_its_own(dag):
    task = dag.task_dict["load_month"]
    assert task.pool == "taxi"
    assert task.map_index_template == "{{ task.arguments[-2] }}"
    assert [months.task_id for months, _ in task.expand_input.value["arguments"].iter_references()] == ["months"]
    import taxi_monthly

    pod_task = task.unmap({"arguments": taxi_monthly.month_command("2023-01")})
    assert pod_task.arguments == ["python", "-m", "taxi", "month", "2023-01", "--result-file=/airflow/xcom/return.json"]
    (base,) = (c for c in pod_task.build_pod_request_obj(dry_run=True).spec.containers if c.name == "base")
    assert base.resources.limits == {"memory": "2Gi"}
    assert base.resources.requests == {"cpu": "20m", "memory": "512Mi"}
    assert ("LAKE_", "tandem-postgres-lake") in [(source.prefix, source.secret_ref and source.secret_ref.name) for source in base.env_from]


def test_retries_wait_longer_each_time_and_are_left_out_where_they_are_hopeless(dag):
    for task in dag.tasks:
        assert (task.retries, task.retry_delay, task.retry_exponential_backoff) == (3, timedelta(seconds=30), 2)
    assert dag.task_dict["load_month"].partial_kwargs["fail_on_exit_code"] == (2, 3)
    assert dag.task_dict["manhattan"].fail_on_exit_code == (2, 3)


def test_each_event_carries_its_own_part_of_the_result(dag):
    from types import SimpleNamespace

    task = dag.task_dict["load_month"]
    events = {asset: SimpleNamespace(extra={}) for asset in task.partial_kwargs["outlets"]}
    task.partial_kwargs["post_execute"]({"outlet_events": events}, {"loaded": {"rows": 7}, "weeks": [{"num_trips": 7}]})
    assert {asset.name: event.extra for asset, event in events.items()} == {
        "taxi_trips": {"rows": 7},
        "trips_by_week": {"weeks": [{"num_trips": 7}]},
    }


def test_assets(dag):
    assert {task.task_id: [asset.uri for asset in task.outlets] for task in dag.tasks if task.outlets} == {
        "load_month": ["x-ducklake://lake/main/taxi_trips", "s3://outputs/taxi/trips_by_week.csv"],
        "load_zones": ["x-ducklake://lake/main/taxi_zones"],
        "manhattan": ["s3://outputs/taxi/manhattan_stats.geojson", "s3://outputs/taxi/manhattan_map.png"],
    }
