"""The examples of data-aware scheduling: a numbered story, one concept a file, documented where people meet them."""

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

# Of Airflow's own reading of .airflowignore.
pytestmark = pytest.mark.filterwarnings("ignore:GitWildMatchPattern")

FOLDER = Path(__file__).parents[3] / "pipelines/dags/examples"
FILES = sorted(FOLDER.glob("*.py"))
# The first page of the docs walks through these two.
UNPAUSED = {"producer_dag", "consumer_dag"}

every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def dags_of(dag_bag: Any, file: Path) -> list[Any]:
    return [dag for dag in dag_bag.dags.values() if Path(dag.fileloc) == file]


def test_the_numbers_have_no_gaps() -> None:
    assert [int(file.name[:2]) for file in FILES] == list(range(1, len(FILES) + 1))
    assert len(FILES) >= 17


@every_file
def test_a_file_is_called_by_its_number_and_its_concept(file: Path) -> None:
    assert re.fullmatch(r"\d\d_[a-z0-9]+(_[a-z0-9]+)*\.py", file.name)


@every_file
def test_a_file_imports_without_errors_and_holds_dags(dag_bag: Any, file: Path) -> None:
    assert {name: error for name, error in dag_bag.import_errors.items() if file.name in name} == {}
    assert dags_of(dag_bag, file)


@every_file
def test_the_docstring_is_the_documentation_of_each_dag(dag_bag: Any, file: Path) -> None:
    """It stands first, has the number in its title, and says what it teaches, what to do and what to see."""
    text = ast.get_docstring(ast.parse(file.read_text()), clean=False)
    assert text is not None
    assert re.match(rf"\n# {file.name[:2]} \S", text)
    headings = " ".join(re.findall(r"^\*\*(Teaches|Do|See|Do and see):\*\*", text, re.MULTILINE))
    assert headings in ("Teaches Do See", "Teaches Do and see")
    assert {dag.doc_md.strip() for dag in dags_of(dag_bag, file)} == {text.strip()}


@every_file
def test_the_documentation_names_every_dag_of_the_file(dag_bag: Any, file: Path) -> None:
    for dag in dags_of(dag_bag, file):
        assert f"`{dag.dag_id}`" in dag.doc_md


@every_file
def test_dags_are_paused_at_first_and_found_by_their_number(dag_bag: Any, file: Path) -> None:
    for dag in dags_of(dag_bag, file):
        assert dag.is_paused_upon_creation is (dag.dag_id not in UNPAUSED)
        # The two of the exercise have the tags that it asks for.
        assert dag.tags == {"example", f"ex{file.name[:2]}"} or "exercise" in dag.tags
        assert dag.catchup is False


def test_no_asset_belongs_to_two_examples(dag_bag: Any) -> None:
    """A test or a reader who updates the asset of one example starts no DAG of another."""
    owners: Counter[str] = Counter()
    for file in FILES:
        assets = {asset for dag in dags_of(dag_bag, file) for asset in assets_of(dag)}
        # Example 13 reads a table of the platform.
        owners.update(assets - {"postgres://postgres/airbyte/public/customer_transactions"})
    assert [uri for uri, files in owners.items() if files > 1] == []


def assets_of(dag: Any) -> set[str]:
    """URIs that a DAG waits for or updates."""
    from airflow.sdk import Asset

    found = {outlet.uri for task in dag.tasks for outlet in task.outlets if isinstance(outlet, Asset)}
    condition = getattr(dag.timetable, "asset_condition", None)
    return found | (uris(condition) if condition else set())


def uris(condition: Any) -> set[str]:
    """URIs of the assets in a condition."""
    from airflow.sdk import Asset

    if isinstance(condition, Asset):
        return {condition.uri}
    return {uri for part in getattr(condition, "objects", ()) for uri in uris(part)}
