"""The charts' READMEs say what values.yaml says, and links in the documentation lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tandem import docs
from tandem.errors import TandemError
from tandem.paths import ROOT

from .conftest import APPLICATION_CHARTS, CHARTS

every_chart = pytest.mark.parametrize("chart", APPLICATION_CHARTS)


def chart_with(values: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a chart in `root` with these values, which the generator takes for one of this repository."""
    folder = root / "charts" / "example"
    folder.mkdir(parents=True)
    (folder / "values.yaml").write_text(values)
    monkeypatch.setattr(docs, "ROOT", root)
    return folder.name


def test_every_application_chart_has_a_readme() -> None:
    assert sorted(docs.CHARTS) == sorted(APPLICATION_CHARTS)


@every_chart
def test_the_committed_readme_is_what_the_generator_writes(chart: str) -> None:
    assert (CHARTS / chart / "README.md").read_text() == docs.readme(chart), "run `make docs`, and commit what it changes"


@every_chart
def test_every_value_has_a_sentence(chart: str) -> None:
    assert [".".join(value.path) for value in docs.values(chart) if not value.covered] == []


@every_chart
def test_the_table_names_exactly_the_keys_of_the_values(chart: str) -> None:
    import yaml

    def keys(values: object, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
        """Paths of all keys; those inside of maps that stand on one line are part of that line's default."""
        if not isinstance(values, dict):
            return {path}
        return {path} - {()} | {found for key, value in values.items() for found in keys(value, (*path, key))}

    documented = {value.path: value.default for value in docs.values(chart)}
    wanted = keys(yaml.safe_load((CHARTS / chart / "values.yaml").read_text()))
    assert set(documented) <= wanted
    for path in wanted - set(documented):
        assert any(documented.get(path[:length], "").startswith("{") for length in range(1, len(path))), f"{path} is not documented"


def test_a_value_without_a_sentence_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = chart_with("# Why.\nfirst: 1\nsecond: 2\n\nthird: 3\n\n# A section.\npart:\n  inner: 4\n", tmp_path, monkeypatch)
    assert [value.path for value in docs.values(chart) if not value.covered] == [("third",)]


def test_what_an_item_of_a_list_holds_is_part_of_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = "# Why.\nmany:\n  - name: one\n    with:\n      - {name: inner}\n  - name: two\nafter: 1\n"
    chart = chart_with(values, tmp_path, monkeypatch)
    assert [(value.path, value.default) for value in docs.values(chart)] == [
        (("many",), '["name: one, …", "name: two"]'),
        (("after",), "1"),
    ]


def test_a_key_in_quotes_is_documented_without_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = chart_with('# Why.\nrights:\n  "DAG:load orders": [can_read]\n', tmp_path, monkeypatch)
    assert [value.path for value in docs.values(chart)] == [("rights",), ("rights", "DAG:load orders")]


def test_a_line_that_the_generator_cannot_read_is_refused_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = chart_with("# Why.\n? a key in two lines\n: 1\n", tmp_path, monkeypatch)
    with pytest.raises(TandemError, match=r"values.yaml:2 is more YAML"):
        list(docs.values(chart))


PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(CHARTS.glob("*/README.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text()):
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} leads nowhere"
        if heading:
            headings = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in _headings(file)}
            assert heading in headings, f"{file.name} has no heading #{heading}"


def _headings(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if line.startswith("#")]
