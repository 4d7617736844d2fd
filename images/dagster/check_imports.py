"""Imports what the platform's processes import, so that an image that lacks something fails when it is built."""

import gc
from importlib import import_module
from pathlib import Path

import boto3

MODULES = (
    "dagster._cli",
    "dagster._cli.instance",
    "dagster._core.run_coordinator.queued_run_coordinator",
    "dagster._core.storage.legacy_storage",
    "dagster._core.workspace.autodiscovery",
    "dagster._daemon.cli",
    "dagster._daemon.daemon",
    "dagster._utils.test.definitions",
    "dagster_aws.s3.compute_log_manager",
    "dagster_graphql.schema",
    "dagster_k8s.client",
    "dagster_k8s.launcher",
    "dagster_postgres.event_log",
    "dagster_postgres.run_storage",
    "dagster_postgres.schedule_storage",
    "dagster_webserver.app",
    "dagster_webserver.cli",
    "kubernetes.client",
    "kubernetes.config",
    "psycopg2",
    "uvicorn",
    "uvloop",
)

if gc.get_threshold()[0] != 50_000:
    raise SystemExit("tandem.pth was not read: the threshold of garbage collection is Python's own")
for module in MODULES:
    import_module(module)
# A client reads the service's description and the list of regions, which are data files.
for service in ("s3", "sts"):
    boto3.client(service, region_name="us-east-1")
# The pages that the webserver serves.
if not (Path(import_module("dagster_webserver").__path__[0]) / "webapp/build/index.html").is_file():
    raise SystemExit("the webserver has lost its pages")
