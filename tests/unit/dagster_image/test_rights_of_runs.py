"""The role of runs and code servers: what they do works, and nothing else does."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import psycopg
import pytest
import servers
from dagster._core.definitions.reconstruct import ReconstructableJob, ReconstructableRepository
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import ExecuteRunArgs
from dagster_storage import DEFINITIONS, Storage

DAGSTER = str(Path(sys.executable).with_name("dagster"))


@contextmanager
def instance(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The instance as the webserver has it."""
    for name, value in storage.owner.items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.get() as found:
        yield found


def launch(storage: Storage, owner: dg.DagsterInstance, job: str, month: str) -> dg.DagsterRun:
    """Run a job in a process that logs in as a run does; the run at its end."""
    import dagster_definitions

    origin = ReconstructableJob(ReconstructableRepository.for_module(DEFINITIONS, "defs"), job).get_python_origin()
    run = owner.create_run_for_job(
        job_def=dagster_definitions.defs.get_repository_def().get_job(job),
        tags={"dagster/partition": month},
        job_code_origin=origin,
        status=dg.DagsterRunStatus.STARTING,
    )
    arguments = ExecuteRunArgs(origin, run.run_id, owner.get_ref(), set_exit_code_on_failure=True).get_command_args()
    done = subprocess.run([DAGSTER, *arguments[1:]], env=storage.run, capture_output=True, text=True, timeout=120)
    ended = owner.get_run_by_id(run.run_id)
    assert ended
    assert ended.status == dg.DagsterRunStatus.SUCCESS, done.stderr
    assert "permission denied" not in done.stderr
    return ended


@pytest.mark.parametrize(("job", "month"), [("one_process", "2023-01-01"), ("many_processes", "2023-02-01")])
def test_should_be_enough_for_a_run(storage: Storage, monkeypatch: pytest.MonkeyPatch, job: str, month: str) -> None:
    with instance(storage, monkeypatch) as owner:
        run = launch(storage, owner, job, month)
        assert month in owner.get_materialized_partitions(dg.AssetKey("trips"))
        if job == "many_processes":
            assert run.tags["mine"] == "2"


def test_should_be_enough_for_a_code_server(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    port = servers.free_port()
    command = [DAGSTER, "api", "grpc", "--port", str(port), "--module-name", DEFINITIONS]
    server = subprocess.Popen(command, env=storage.run | {"DAGSTER_HOME": ""}, stderr=subprocess.PIPE, text=True)
    target = GrpcServerTarget(host="localhost", port=port, socket=None, location_name="test")
    try:
        until_serving(port, server)
        with instance(storage, monkeypatch) as owner, WorkspaceProcessContext(owner, target) as process:
            location = process.create_request_context().get_code_location("test")
            repository = location.get_repository("__repository__")
            for sensor in repository.get_sensors():
                tick = location.get_sensor_execution_data(
                    instance=owner,
                    repository_handle=repository.handle,
                    name=sensor.name,
                    last_tick_completion_time=None,
                    last_run_key=None,
                    cursor=None,
                    last_sensor_start_time=None,
                    log_key=["test", sensor.name, "1"],
                )
                assert tick.run_requests, sensor.name
    finally:
        server.kill()
        assert "permission denied" not in server.communicate()[1]


def until_serving(port: int, server: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            DagsterGrpcClient(port=port).ping("")
            return
        except Exception:
            assert server.poll() is None, "the code server ended"
            assert time.monotonic() < deadline, "the code server does not answer"
            time.sleep(0.2)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into runs (run_id) values ('forged')",
        "delete from runs",
        "delete from run_tags",
        "update event_logs set event = ''",
        "delete from event_logs",
        "delete from asset_keys",
        "select * from kvs",
        "select * from daemon_heartbeats",
        "update instigators set status = 'RUNNING'",
        "insert into job_ticks (job_origin_id) values ('forged')",
        "insert into bulk_actions (key) values ('forged')",
        "update alembic_version set version_num = ''",
        "create table mine (n int)",
        "drop table runs",
    ],
)
def test_should_end_where_the_work_of_a_run_ends(storage: Storage, statement: str) -> None:
    with storage.connect("dagsterrun") as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(statement)
