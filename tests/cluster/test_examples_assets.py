"""Examples 14, 15 and 18: which assets there may be, assets that a task finds, and parts of assets."""

from __future__ import annotations

import secrets

from .airflow_api import Airflow
from .asset_events import consumer, logged, post, unpaused

URIS = "ex14_uri_producer"


def test_uris_that_airflow_takes_have_events_and_case_tells_two_assets_apart(airflow: Airflow) -> None:
    small, capital = "ex14_small_letter_consumer", "ex14_capital_letter_consumer"
    with (
        unpaused(airflow, URIS),
        consumer(airflow, "ex14_accepted_consumer") as accepted,
        consumer(airflow, small) as lower,
        consumer(airflow, capital) as upper,
    ):
        run = airflow.trigger(URIS)
        accepted.ran(1)
        lower.ran(1)
        # The producer's events and their places in all queues came in one transaction. There is none for the capital letter,
        assert upper.waiting() == []
        # and the run for the next event of that asset shows nothing else that was left over.
        report = post(airflow, "x-example://14/Report")
        upper.ran(1)
        assert upper.consumed() == [[report["id"]]]
        assert lower.names() == [["x-example://14/report"]]
        [names] = accepted.names()
        assert sorted(names) == ["data/14/table.csv", "ex14 any words at all", "x-example://14/table"]
        assert {event["source_run_id"] for event in [*accepted.events(accepted.runs()[0]), *lower.events(lower.runs()[0])]} == {run}
        for words in (
            "refused: 'airflow://14/table': Asset scheme 'airflow' is reserved",
            "refused: ' ': Asset name cannot be just whitespace",
            "cannot exceed 1500 characters",
            "refused: 's3://': URI format s3:// must contain a bucket name",
            "accepted: 's3://Bucket/key/' becomes 's3://Bucket/key'",
            "accepted: 'S3://Bucket/key#part' becomes 's3://Bucket/key'",
            "becomes 'postgres://server/database/schema/table'",
            "accepted here: 'x-example://14/größe'",
            "refused on MySQL: 'x-example://14/größe': Asset name must only consist of ASCII characters",
        ):
            logged(airflow, URIS, run, "try_uris", words)


def test_an_alias_takes_assets_that_no_dag_names_and_may_stay_without(airflow: Airflow) -> None:
    dag, producer, city = "ex15_alias_consumer", "ex15_alias_producer", "town" + "".join(secrets.choice("abcdefgh") for _ in range(12))
    with unpaused(airflow, producer), consumer(airflow, dag) as found:
        nothing = airflow.trigger(producer, conf={"city": ""})
        assert airflow.finished(producer, nothing)["state"] == "success"
        assert airflow.asset_events(producer, nothing) == []
        # The first update makes the asset, the second one finds it.
        for updates in (1, 2):
            run = airflow.trigger(producer, conf={"city": city})
            consumed = found.ran(updates)[-1]
            [event] = found.events(consumed)
            assert (event["uri"], event["extra"], event["source_run_id"]) == (f"x-example://15/{city}", {"city": city}, run)
            logged(airflow, dag, consumed, "consume", f"x-example://15/{city} was updated, extra: {{'city': '{city}'}}")
        assert len(found.runs()) == 2
    # No DAG names the asset, so it is not active, and not on the page of assets.
    every = {"name_pattern": f"x-example://15/{city}", "only_active": "false"}
    [made] = airflow.call("GET", "/assets", params=every)["assets"]
    assert [alias["name"] for alias in made["aliases"]] == ["ex15_cities"]
    assert airflow.call("GET", "/assets", params={**every, "only_active": "true"})["assets"] == []


def test_a_partitioned_consumer_runs_once_for_each_key(airflow: Airflow) -> None:
    dag, producer, region = "ex18_partitions_consumer", "ex18_partitions_producer", secrets.token_hex(4)
    keys = [f"{region}-east", f"{region}-west"]
    with unpaused(airflow, producer), consumer(airflow, dag) as found:
        run = airflow.trigger(producer, conf={"regions": [*keys, keys[0]]})
        found.ran(2)
        # Events of another key, later than these, are handled when their run is there.
        airflow.trigger(producer, conf={"regions": [f"{region}-last"]})
        runs = found.ran(3)
        assert sorted(key_of(airflow, dag, one) for one in runs) == sorted([*keys, f"{region}-last"])
        emitted = airflow.asset_events(producer, run)
        assert sorted(event["partition_key"] for event in emitted) == keys
        for one in runs:
            assert [event["partition_key"] for event in found.events(one)] == [key_of(airflow, dag, one)]
            logged(airflow, dag, one, "consume", f"sales of region {key_of(airflow, dag, one)}")


def key_of(airflow: Airflow, dag: str, run: str) -> str:
    """The partition that a run is for."""
    return str(airflow.run(dag, run)["partition_key"])
