"""What an event of one side becomes on the other."""

import json
import math
from datetime import UTC, datetime

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage import events
from lineage.events import AirflowEvent
from lineage.links import TO_DAGSTER, Link, day

LINKS = {link.name: link for link in TO_DAGSTER}
AT = datetime(2026, 1, 31, 12, 30, 0, 5, tzinfo=UTC)
PAGES = "http://airflow.example"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def event(
    asset: str = "fraud_summary", dag: str | None = "a/dag", run: str | None = "manual__2026-01-31T12:00:00+00:00", **extra
) -> AirflowEvent:
    return AirflowEvent(7, AT, asset, 3, extra, dag, "a_task" if dag else None, run)


def carried(given_event: AirflowEvent) -> list[dg.AssetMaterialization]:
    return events.materializations(given_event, LINKS[given_event.asset], PAGES)


def test_should_tell_where_the_event_comes_from() -> None:
    [found] = carried(event(rows=107))
    told = {name: entry.value for name, entry in found.metadata.items()}
    assert found.asset_key == dg.AssetKey("fraud_summary")
    assert told["airflow/event"] == "7@2026-01-31T12:30:00.000005+00:00"
    assert told["airflow/event_time"] == AT.timestamp()
    assert (told["airflow/dag"], told["airflow/task"], told["airflow/run_id"]) == ("a/dag", "a_task", "manual__2026-01-31T12:00:00+00:00")
    assert told["airflow/run"] == "http://airflow.example/dags/a%2Fdag/runs/manual__2026-01-31T12%3A00%3A00%2B00%3A00"
    assert told["rows"] == 107


def test_should_lead_to_the_asset_where_no_run_has_emitted_the_event() -> None:
    [found] = carried(event(dag=None, run=None))
    assert "airflow/run" not in found.metadata
    assert found.metadata["airflow/asset"].value == "http://airflow.example/assets/3"


def test_should_show_each_value_as_what_it_is() -> None:
    [found] = carried(
        event(count=3, share=0.5, ok=True, words="a b", link="https://x/y", none=None, many=[1, 2], inner={"a": 1, "b": {"c": 2}})
    )
    kinds = {name: type(entry).__name__.removesuffix("MetadataValue") for name, entry in found.metadata.items()}
    want = {"count": "Int", "share": "Float", "ok": "Bool", "words": "Text", "link": "Url", "none": "Null", "many": "Json"}
    assert want.items() <= kinds.items()
    assert (kinds["inner.a"], kinds["inner.b"]) == ("Int", "Json")


def test_should_not_let_an_extra_pass_for_something_else() -> None:
    """Names that Dagster gives a meaning to could hold anything, and that of the event's identity is what keeps it single."""
    [found] = carried(event(**{"dagster/row_count": "many", "airflow/event": "1@1970"}))
    assert "dagster/row_count" not in found.metadata
    assert found.metadata["airflow/event"].value == "7@2026-01-31T12:30:00.000005+00:00"
    assert found.metadata["extra/dagster/row_count"].value == "many"


@given(st.dictionaries(st.text(), json_values, max_size=6), st.sampled_from(sorted(LINKS)))
def test_should_take_any_extra(extra: dict, asset: str) -> None:
    """An event that could not be carried would stop all that come after it."""
    found = carried(AirflowEvent(7, AT, asset, 3, extra, "d", "t", "r"))
    assert found
    for one in found:
        assert one.metadata["airflow/event"].value == event().identity
        assert dg.deserialize_value(dg.serialize_value(one))


@pytest.mark.parametrize(
    ("asset", "extra", "partitions"),
    [
        ("taxi_trips", {"month": "2023-02", "rows": 5}, ["2023-02-01"]),
        ("taxi_trips", {"rows": 5}, [None]),
        ("taxi_trips", {"month": "2023-13"}, [None]),
        ("trips_by_week", {"weeks": [{"period": "2023-01-29"}, {"period": "2023-02-05"}]}, ["2023-01-29", "2023-02-05"]),
        ("trips_by_week", {"weeks": [{"period": "2023-01-29"}, {"period": "soon"}]}, [None]),
        ("trips_by_week", {"weeks": []}, [None]),
        ("trips_by_week", {}, [None]),
        ("manhattan_stats", {"uri": "s3://a/b"}, [None]),
    ],
)
def test_should_find_the_partitions(asset: str, extra: dict, partitions: list) -> None:
    assert [found.partition for found in carried(event(asset, **extra))] == partitions


def test_should_give_each_week_its_own_figures() -> None:
    weeks = [{"period": "2023-01-29", "num_trips": 3}, {"period": "2023-02-05", "num_trips": 4}]
    assert [found.metadata["num_trips"].value for found in carried(event("trips_by_week", weeks=weeks))] == [3, 4]


@given(st.text() | json_values)
def test_should_take_nothing_but_a_day_for_a_day(value: object) -> None:
    found = day(value)
    assert found is None or (len(found) == 10 and datetime.strptime(found, "%Y-%m-%d"))


def record(partition: str | None = None, run: str = "r-1", **metadata) -> dg.EventLogRecord:
    """A materialization as the storage has it."""
    with dg.DagsterInstance.ephemeral() as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("taxi_trips", partition=partition, metadata=metadata))
        [found] = instance.fetch_materializations(dg.AssetKey("taxi_trips"), limit=1).records
        entry = found.event_log_entry._replace(run_id=run)
        return dg.EventLogRecord(found.storage_id, entry)


def test_should_tell_airflow_where_the_materialization_comes_from() -> None:
    found = record("2023-01-01", trips=3)
    extra = events.extra(found, "http://dagster.example")
    assert extra["dagster_event"] == events.identity(found)
    assert extra["dagster_event"].startswith(f"{found.storage_id}@20")
    assert (extra["partition"], extra["trips"]) == ("2023-01-01", 3)
    assert (extra["dagster_run_id"], extra["dagster_run_url"]) == ("r-1", "http://dagster.example/runs/r-1")


def test_should_lead_to_the_asset_where_no_run_has_made_it() -> None:
    extra = events.extra(record(run=""), "http://dagster.example")
    assert extra["dagster_run_url"] == "http://dagster.example/assets/taxi_trips"
    assert "dagster_run_id" not in extra
    assert "partition" not in extra


def test_should_leave_signed_links_and_what_is_no_json_out() -> None:
    extra = events.extra(
        record(
            link=dg.MetadataValue.url("http://x?sig=1"), nan=math.nan, inf=math.inf, md=dg.MetadataValue.md("*"), n=1.5, ok=True, t="\0ü"
        ),
        "d",
    )
    assert json.loads(json.dumps(extra, allow_nan=False)) == extra
    assert {"n": 1.5, "ok": True, "t": "ü"}.items() <= extra.items()
    assert not {"link", "nan", "inf", "md"} & set(extra)


def test_should_not_let_metadata_pass_for_the_identity() -> None:
    found = record(dagster_event="forged", partition_="x")
    assert events.extra(found, "d")["dagster_event"] == events.identity(found)


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5), st.text())
def test_should_send_any_text_as_json_that_a_database_takes(metadata: dict, partition: str) -> None:
    found = events.clean(partition), {events.clean(name): events.clean(value) for name, value in metadata.items()}
    sent = json.dumps(found)
    assert "\\u0000" not in sent
    sent.encode()
    assert all(not 0xD800 <= ord(character) < 0xE000 for character in found[0])


def test_links_should_be_of_assets_that_both_sides_know() -> None:
    assert all(isinstance(link, Link) for link in TO_DAGSTER)
    assert len(LINKS) == len(TO_DAGSTER)
