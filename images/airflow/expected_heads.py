"""Prints, as JSON, the revision that each table of schema versions holds once the database fits this image."""

import json
from importlib import import_module
from pathlib import Path

from alembic.script import ScriptDirectory

TABLES = {"alembic_version": "airflow.migrations", "alembic_version_fab": "airflow.providers.fab.migrations"}


def head(package: str) -> str:
    """The newest migration of a package."""
    revision = ScriptDirectory(str(Path(import_module(package).__path__[0]))).get_current_head()
    if revision is None:
        raise SystemExit(f"{package} has no migrations")
    return revision


print(json.dumps({table: head(package) for table, package in TABLES.items()}))
