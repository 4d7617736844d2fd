"""The DAG of the report about the lake: what it waits for, and how it tells what brought it about."""

from types import SimpleNamespace

import pytest

# Of Airflow's own reading of .airflowignore.
pytestmark = pytest.mark.filterwarnings("ignore:GitWildMatchPattern")


@pytest.fixture
def dag(dag_bag):
    return dag_bag.dags["taxi_report"]


def test_any_of_the_taxi_assets_brings_a_run_about_and_one_runs_at_a_time(dag):
    condition = dag.timetable.asset_condition
    assert type(condition).__name__ == "AssetAny"
    assert {asset.name for asset in condition.objects} == {"taxi_trips", "trips_by_week", "manhattan_stats"}
    assert dag.max_active_runs == 1
    assert dag.is_paused_upon_creation is False
    assert {task.task_id: task.downstream_task_ids for task in dag.tasks} == {"events": {"report"}, "report": set()}


def event(source=(None, None), **extra):
    return SimpleNamespace(extra=extra, source_dag_id=source[0], source_run_id=source[1])


def test_each_event_is_told_with_its_partition_and_its_run(dag_bag):
    import taxi_report
    from tandem_assets import TRIPS, WEEKS

    triggering = {
        TRIPS: [
            event(dagster_run_id="0a1b", partition="2023-03-01", dagster_event="7@x"),
            event(("taxi_monthly", "manual__1"), month="2023-01", rows=5),
            event(from_rest_api=True),
        ],
        WEEKS: [event(("taxi_monthly", "manual__1"), weeks=[{"period": "2023-01-01"}, {"period": "2023-01-08"}])],
    }
    assert list(taxi_report.told(triggering)) == [
        "taxi_trips, 2023-03-01, by Dagster run 0a1b",
        "taxi_trips, 2023-01, by Airflow run manual__1 of taxi_monthly",
        "taxi_trips, by hand",
        "trips_by_week, weeks of 2023-01-01, 2023-01-08, by Airflow run manual__1 of taxi_monthly",
    ]


@pytest.mark.parametrize("extra", [{}, {"weeks": []}, {"weeks": [{"x": 1}]}, {"weeks": ["2023"]}, {"weeks": "all", "partition": None}])
def test_an_extra_that_is_not_understood_is_left_out(dag_bag, extra):
    import taxi_report
    from tandem_assets import WEEKS

    assert list(taxi_report.told({WEEKS: [event(**extra)]})) == ["trips_by_week, by hand"]
