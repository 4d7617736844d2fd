"""One implementation for any orchestrator: only its own folder knows one."""

import ast
from pathlib import Path

import taxi


def test_only_the_orchestration_knows_an_orchestrator() -> None:
    found = set()
    for path in Path(taxi.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {str(node.module).split(".")[0], *(name.name for name in node.names if node.module == "taxi")}
    assert "duckdb" in found
    assert not {name for name in found if name.startswith(("airflow", "dagster", "orchestration"))}
