"""Tasks run by Airflow's own task runner: what the pod is told, and which asset events reach the API server.

The two ends are replaced: the pod's outcome is given (there is no cluster here), and what would be sent to the API server is kept.
"""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

NOW = datetime(2026, 1, 31, 10, 47, 12, tzinfo=UTC)
START = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
RESULT = {"rows": 132, "written": 132, "interval_start": START.isoformat(), "interval_end": "2026-01-31T10:00:00+00:00"}


class Supervisor:
    """Answers what a task asks while it runs, and keeps what it says."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def send(self, msg: Any) -> Any:
        from airflow.sdk.execution_time.comms import InactiveAssetsResult

        self.said.append(msg)
        return InactiveAssetsResult(inactive_assets=[]) if type(msg).__name__ == "ValidateInletsAndOutlets" else None


@pytest.fixture
def run_task(dag, monkeypatch):
    """Run a task of the DAG to its end: (task id, what its pod returns or raises, the run's fields) -> (task, last message)."""
    from airflow.sdk.api.datamodels import _generated as api
    from airflow.sdk.execution_time import task_runner

    def run(
        task_id: str, outcome: Any, conf: dict[str, Any] | None = None, interval: tuple[Any, Any] = (START, START + timedelta(minutes=30))
    ):
        def execute(*_: Any, **__: Any) -> Any:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(type(dag.task_dict[task_id]), "execute", execute)
        supervisor = Supervisor()
        monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
        dag_run = api.DagRun(
            dag_id=dag.dag_id,
            run_id="a-run",
            logical_date=interval[0],
            data_interval_start=interval[0],
            data_interval_end=interval[1],
            run_after=NOW,
            start_date=NOW,
            end_date=None,
            run_type="manual",
            state="running",
            conf=conf,
            consumed_asset_events=[],
            partition_key=None,
        )
        instance = task_runner.RuntimeTaskInstance.model_construct(
            id=uuid.uuid4(),
            task_id=task_id,
            dag_id=dag.dag_id,
            run_id="a-run",
            try_number=1,
            map_index=-1,
            task=dag.task_dict[task_id],
            bundle_instance=None,
            _ti_context_from_server=api.TIRunContext(dag_run=dag_run, max_tries=1, should_retry=False),
            max_tries=1,
            start_date=NOW,
            state="running",
            sentry_integration="",
        )
        task_runner.run(instance, instance.get_template_context(), structlog.get_logger("task"))
        final = [message for message in supervisor.said if type(message).__name__ in ("SucceedTask", "TaskState", "RetryTask")]
        assert len(final) == 1
        return instance.task, final[0]

    return run


@pytest.mark.parametrize(
    ("task_id", "uri"),
    [
        ("generate_transactions", "postgres://postgres/airbyte/public/customer_transactions"),
        ("generate_labels", "mysql://mysql/data/labeled_transactions"),
    ],
)
def test_a_success_emits_the_asset_with_rows_and_interval(run_task, task_id, uri):
    _, message = run_task(task_id, RESULT)
    assert type(message).__name__ == "SucceedTask"
    assert [outlet.uri for outlet in message.task_outlets] == [uri]
    assert [(event["dest_asset_key"]["uri"], event["extra"]) for event in message.outlet_events] == [(uri, RESULT)]


@pytest.mark.parametrize("task_id", ["generate_transactions", "generate_labels"])
def test_a_failure_emits_nothing(run_task, task_id):
    from airflow.sdk.exceptions import AirflowException

    _, message = run_task(task_id, AirflowException("the pod returned a failure"))
    assert type(message).__name__ == "TaskState"
    assert message.state == "failed"
    assert not getattr(message, "outlet_events", None)
    assert not getattr(message, "task_outlets", None)


def test_the_interval_and_the_parameters_reach_the_commands(run_task):
    conf = {"users": 3, "rows_per_user": "7", "fraud_rate": 0.25}
    task, _ = run_task("generate_transactions", RESULT, conf)
    interval = ["--interval-start=2026-01-31T09:30:00+00:00", "--interval-end=2026-01-31T10:00:00+00:00"]
    file = "--result-file=/airflow/xcom/return.json"
    assert task.arguments == ["python", "-m", "fraud", "transactions", *interval, file, "--users=3", "--rows-per-user=7"]
    task, _ = run_task("generate_labels", RESULT, conf)
    assert task.arguments == ["python", "-m", "fraud", "labels", *interval, file, "--fraud-rate=0.25"]


def test_a_run_without_a_logical_date_takes_the_last_complete_half_hour(run_task):
    task, _ = run_task("generate_transactions", RESULT, interval=(None, None))
    assert task.arguments[4:6] == ["--interval-start=2026-01-31T10:00:00+00:00", "--interval-end=2026-01-31T10:30:00+00:00"]


def test_the_commands_are_ones_that_the_program_takes(run_task):
    """The flags that the DAG writes and those that the program has can't drift apart."""
    from fraud import arguments

    for task_id in ("generate_transactions", "generate_labels"):
        task, _ = run_task(task_id, RESULT)
        options = arguments.parser().parse_args(task.arguments[3:])
        interval = arguments.interval_of(options, required=True)
        assert interval is not None
        assert interval.start == START
        assert str(options.result_file) == "/airflow/xcom/return.json"
