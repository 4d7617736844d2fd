"""The DAG that summarises fraud: when it runs, and which hours it asks for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

# Of Airflow's own reading of .airflowignore.
pytestmark = pytest.mark.filterwarnings("ignore:GitWildMatchPattern")


@pytest.fixture
def dag(dag_bag: Any) -> Any:
    return dag_bag.dags["fraud_summary"]


def event(start: Any, end: Any) -> SimpleNamespace:
    return SimpleNamespace(extra={"rows": 7, "interval_start": start, "interval_end": end})


def day(*times: str) -> list[str]:
    return [f"2026-01-31T{time}:00+00:00" for time in times]


def test_it_waits_for_both_tables_and_is_on_from_the_start(dag: Any) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    from tandem_assets import FRAUD_SUMMARY, FRAUD_SUMMARY_FILE

    condition = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable.asset_condition
    assert type(condition).__name__.endswith("AssetAll")
    assert {asset.name for _, asset in condition.iter_assets()} == {"customer_transactions", "labeled_transactions"}
    assert dag.is_paused_upon_creation is False
    assert dag.max_active_runs == 1
    assert dag.task_dict["summarise"].outlets == [FRAUD_SUMMARY, FRAUD_SUMMARY_FILE]


def test_hours_are_those_of_all_events(dag_bag: Any) -> None:
    import fraud_summary

    nine, ten, noon = day("09:30", "10:00"), day("10:00", "10:30"), day("12:00", "12:30")
    transactions, labels = [event(*ten), event(*noon)], [event(*nine), event(*noon)]
    assert fraud_summary.intervals({"transactions": transactions, "labels": labels}) == f"{nine[0]}/{ten[1]},{noon[0]}/{noon[1]}"


UNKNOWN = {
    "no events": {},
    "an event of somebody who told nothing": {"a": [event(*day("09:30", "10:00")), SimpleNamespace(extra={})]},
    "no times": {"a": [event("yesterday", "today")]},
    "no texts": {"a": [event(None, None)]},
    "no offset": {"a": [event("2026-01-31T09:30:00", "2026-01-31T10:00:00")]},
    "seconds": {"a": [event("2026-01-31T09:30:15Z", "2026-01-31T10:00:00Z")]},
    "before there were transactions": {"a": [event("1999-12-31T23:30:00Z", "2000-01-01T00:00:00Z")]},
    "the end of the calendar": {"a": [event("9999-12-31T22:00:00Z", "9999-12-31T23:30:00Z")]},
    "an offset beyond the calendar": {"a": [event("0001-01-01T00:00:00+10:00", "2026-01-31T10:00:00Z")]},
    "reversed": {"a": [event(*day("10:00", "09:30"))]},
    "too many": {"a": [event(f"{year}-01-01T00:00:00Z", f"{year}-01-02T00:00:00Z") for year in range(2000, 2101)]},
}


@pytest.mark.parametrize("events", UNKNOWN.values(), ids=UNKNOWN)
def test_without_known_intervals_all_hours_are_renewed(dag_bag: Any, events: Any) -> None:
    import fraud_summary

    assert fraud_summary.intervals(events) == ""


def test_what_an_event_says_cannot_become_another_argument(dag_bag: Any) -> None:
    """An extra is a text of whoever made the event: only moments get through."""
    import fraud_summary

    assert fraud_summary.intervals({"a": [event("2026-01-31T09:30:00+00:00 --connect-timeout=1", day("10:00")[0])]}) == ""


def test_the_command_is_one_that_the_program_takes(dag: Any) -> None:
    from fraud import arguments
    from fraud.hours import spans

    task = dag.task_dict["summarise"]
    macro = dag.user_defined_macros["intervals"]({"a": [event(*day("09:30", "10:00"))], "b": [event(*day("11:30", "12:30"))]})
    command = [argument.replace("{{ intervals(triggering_asset_events) }}", macro) for argument in task.arguments]
    options = arguments.parser().parse_args(command[3:])
    assert [(span.start.hour, span.end.hour) for span in spans(options.intervals)] == [(9, 10), (11, 13)]
    assert str(options.result_file) == "/airflow/xcom/return.json"
    assert arguments.parser().parse_args(["summary", "--intervals="]).intervals == ()


def test_both_events_carry_the_result(dag: Any) -> None:
    task = dag.task_dict["summarise"]
    events = {asset: SimpleNamespace(extra={}) for asset in task.outlets}
    task._post_execute_hook({"outlet_events": events}, {"rows": 7, "hours": 1})
    assert {asset.name: found.extra for asset, found in events.items()} == {
        "fraud_summary": {"rows": 7, "hours": 1},
        "fraud_summary_file": {"rows": 7, "hours": 1},
    }
