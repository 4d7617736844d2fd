"""Imports what steps, runs and code servers import, so that an image that lacks something fails when it is built."""

import gc
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import boto3
import duckdb

MODULES = (
    "cryptography.fernet",
    "dagster._cli.api",
    "dagster._core.storage.legacy_storage",
    "dagster._core.workspace.autodiscovery",
    "dagster._grpc.server",
    "dagster._utils.test.definitions",
    "dagster_aws.s3.compute_log_manager",
    "dagster_k8s.launcher",
    "dagster_postgres",
    "grpc_health.v1.health",
    "kubernetes.client",
    "matplotlib.backends.backend_agg",
    "matplotlib.collections",
    "matplotlib.pyplot",
    "numpy",
    "PIL.Image",
    "psycopg",
    "psycopg2",
    "pymysql",
    "requests",
    "shapely.geometry",
    "shapely.wkt",
)
EXTENSIONS = ("ducklake", "httpfs", "mysql_scanner", "postgres_scanner")

if gc.get_threshold()[0] != 50_000:
    raise SystemExit("tandem.pth was not read: the threshold of garbage collection is Python's own")
for module in MODULES:
    import_module(module)
# A client reads the service's description and the list of regions, which are data files.
for service in ("s3", "sts"):
    boto3.client(service, region_name="us-east-1")
# Extensions are signed: DuckDB loads none that was changed.
connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
for name in EXTENSIONS:
    spec = find_spec(f"duckdb_extension_{name}")
    folder = Path(next(iter(spec.submodule_search_locations)))
    [file] = folder.glob(f"extensions/*/{name}.duckdb_extension")
    connection.execute(f"LOAD '{file}'")
