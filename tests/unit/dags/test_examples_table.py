"""The table of docs/data-aware-scheduling.md names examples and tests that exist, and leaves none of them out."""

import ast
import re

from tandem.paths import ROOT

PAGE = (ROOT / "docs/data-aware-scheduling.md").read_text()
ROW = re.compile(r"^\| (?P<statement>.+) \| `(?P<example>\d\d_\w+)` \| `(?P<file>\w+\.py)::(?P<test>\w+)` \|$", re.MULTILINE)
ROWS = [row.groupdict() for row in ROW.finditer(PAGE.partition("## What is proved")[2])]
EXAMPLES = {file.stem for file in (ROOT / "pipelines/dags/examples").glob("*.py")}
# What these show is no statement about Airflow: how the tests saw it, and that the platform can do without the examples.
NOT_IN_THE_TABLE = {"test_the_tasks_of_these_runs_did_not_overlap", "test_the_log_counts_the_events_by_asset"}


def names_of_tests(pattern: str) -> set[tuple[str, str]]:
    """(file, name) of the cluster tests in files of a pattern."""
    found = set()
    for file in (ROOT / "tests/cluster").glob(pattern):
        tree = ast.parse(file.read_text())
        found |= {(file.name, node.name) for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
    return found


def test_every_line_of_the_table_can_be_read() -> None:
    table = PAGE.partition("## What is proved")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| Statement")]
    assert len(ROWS) == len(lines) > 0


def test_every_test_and_example_of_the_table_is_there() -> None:
    assert {(row["file"], row["test"]) for row in ROWS} <= names_of_tests("test_*.py")
    assert {row["example"] for row in ROWS} <= EXAMPLES


def test_every_example_and_every_test_of_an_example_is_in_the_table() -> None:
    assert {row["example"] for row in ROWS} == EXAMPLES
    missing = names_of_tests("test_examples_*.py") - {(row["file"], row["test"]) for row in ROWS}
    assert {test for _, test in missing} <= NOT_IN_THE_TABLE


def test_the_story_links_every_example() -> None:
    assert set(re.findall(r"\]\(\.\./pipelines/dags/examples/(\w+)\.py\)", PAGE)) == EXAMPLES
