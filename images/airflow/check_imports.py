"""Imports what the platform's processes import, so that an image that lacks something fails when it is built."""

from importlib import import_module

MODULES = """
airflow.api_fastapi.app
airflow.api_fastapi.main
airflow.jobs.scheduler_job_runner
airflow.jobs.dag_processor_job_runner
airflow.jobs.triggerer_job_runner
airflow.dag_processing.manager
airflow.sdk.execution_time.execute_workload
airflow.sdk.execution_time.task_runner
airflow.providers.cncf.kubernetes.executors.kubernetes_executor
airflow.providers.cncf.kubernetes.operators.pod
airflow.providers.cncf.kubernetes.triggers.pod
airflow.providers.fab.auth_manager.fab_auth_manager
airflow.providers.fab.www.app
airflow.providers.amazon.aws.log.s3_task_handler
airflow.providers.standard.operators.python
airflow.providers.standard.operators.bash
asyncpg
psycopg2
uvicorn
""".split()

for module in MODULES:
    import_module(module)
import boto3

for service in ("s3", "sts"):
    boto3.client(service, region_name="us-east-1")
