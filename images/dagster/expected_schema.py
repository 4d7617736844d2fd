"""Prints, as JSON, the revision of the schema that fits this image."""

import json
from pathlib import Path

import dagster
from alembic.script import ScriptDirectory

head = ScriptDirectory(str(Path(dagster.__path__[0]) / "_core/storage/alembic")).get_current_head()
if head is None:
    raise SystemExit("dagster has no migrations")
print(json.dumps({"alembic_version": head}))
