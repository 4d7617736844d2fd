"""Imports what the platform's processes import, so that an image that lacks something fails when it is built."""

import gc
from importlib import import_module

import boto3

MODULES = (
    "airflow.api_fastapi.app",
    "airflow.api_fastapi.main",
    "airflow.jobs.scheduler_job_runner",
    "airflow.jobs.dag_processor_job_runner",
    "airflow.jobs.triggerer_job_runner",
    "airflow.dag_processing.manager",
    "airflow.sdk.execution_time.execute_workload",
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.cncf.kubernetes.executors.kubernetes_executor",
    "airflow.providers.cncf.kubernetes.hooks.kubernetes",
    "airflow.providers.cncf.kubernetes.operators.pod",
    "airflow.providers.cncf.kubernetes.pod_generator",
    "airflow.providers.cncf.kubernetes.triggers.pod",
    "airflow.providers.fab.auth_manager.fab_auth_manager",
    "airflow.providers.fab.auth_manager.cli_commands.utils",
    "airflow.providers.fab.www.app",
    "airflow.providers.amazon.aws.log.s3_task_handler",
    "airflow.providers.standard.operators.python",
    "airflow.providers.standard.operators.bash",
    "airflow.cli.commands.api_server_command",
    "airflow.cli.commands.db_command",
    "airflow.timetables.interval",
    "kubernetes.client",
    "kubernetes_asyncio.client",
    "asyncpg",
    "psycopg2",
    "uvicorn",
)

if gc.get_threshold()[0] != 50_000:
    raise SystemExit("tandem.pth was not read: the threshold of garbage collection is Python's own")
for module in MODULES:
    import_module(module)
# A client reads the service's description and the list of regions, which are data files.
for service in ("s3", "sts"):
    boto3.client(service, region_name="us-east-1")
