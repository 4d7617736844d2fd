"""What the code location holds, and its sensors as Dagster evaluates them."""

import subprocess
import sys
from importlib import reload

import dagster as dg
import pytest
from airflow_events_server import AirflowEventsServer
from lineage_loop import Instances

from lineage import definitions, links, sensors
from lineage.definitions import defs
from lineage.errors import LineageError

LINKED = {link.name for link in links.TO_DAGSTER} | set(links.TO_AIRFLOW)
HEAVY = ("duckdb", "boto3", "pandas", "matplotlib", "airflow", "taxi", "fraud", "kubernetes")


@pytest.fixture
def environment(airflow_server: AirflowEventsServer, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The variables of the code server, in a process that has not read them yet."""
    settings = airflow_server.settings
    for name, value in (("URL", settings.airflow), ("USERNAME", settings.username), ("PASSWORD", settings.password)):
        monkeypatch.setenv(f"LINEAGE_AIRFLOW_{name}", value)
    sensors.airflow.cache_clear()
    sensors.pusher.cache_clear()
    return monkeypatch


def test_should_show_airflows_assets_as_external_ones_with_what_they_are_made_of() -> None:
    graph = defs.resolve_asset_graph()
    external = {node.key.to_user_string(): node for node in graph.asset_nodes if not node.is_materializable}
    assert {name: {key.to_user_string() for key in node.parent_keys} for name, node in external.items()} == {
        "customer_transactions": set(),
        "labeled_transactions": {"customer_transactions"},
        "fraud_summary": {"customer_transactions", "labeled_transactions"},
    }
    assert all(node.description and node.owners and "airflow" in node.kinds for node in external.values())


def test_should_link_assets_that_both_sides_name() -> None:
    from airflow.sdk import Asset

    import tandem_assets
    from taxi.orchestration.definitions import defs as taxi

    airflow = {value.name for value in vars(tandem_assets).values() if isinstance(value, Asset)}
    dagster = {key.to_user_string() for one in (defs, taxi) for key in one.resolve_asset_graph().get_all_asset_keys()}
    assert airflow >= LINKED
    assert dagster >= LINKED


def test_should_have_no_jobs_and_sensors_that_are_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_AIRFLOW_URL", "http://airflow.example")
    repository = reload(definitions).defs.get_repository_def()
    # Dagster makes one of all assets, which has none here that a run could make.
    assert [job.name for job in repository.get_all_jobs()] == ["__ASSET_JOB"]
    assert not defs.resolve_asset_graph().executable_asset_keys
    assert {sensor.name: sensor.default_status for sensor in repository.sensor_defs} == {
        "airflow_events_sensor": dg.DefaultSensorStatus.RUNNING,
        "airflow_push_sensor": dg.DefaultSensorStatus.RUNNING,
    }


def test_should_have_its_assets_and_no_sensors_where_there_is_no_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINEAGE_AIRFLOW_URL", raising=False)
    found = reload(definitions).defs.get_repository_def()
    assert list(found.sensor_defs) == []
    assert len(found.asset_graph.get_all_asset_keys()) == 3


def test_should_load_nothing_that_is_slow_to_load() -> None:
    code = f"import sys, lineage.definitions; sys.exit(' '.join(name for name in {HEAVY} if name in sys.modules) or 0)"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_sensors_should_carry_with_the_rights_of_a_code_server(
    environment: pytest.MonkeyPatch, instances: Instances, airflow_server: AirflowEventsServer
) -> None:
    event = airflow_server.event("taxi_trips", month="2023-01")
    result = sensors.airflow_events_sensor(dg.build_sensor_context(instance=instances.code))
    assert isinstance(result, dg.SensorResult)
    [found] = result.asset_events
    assert isinstance(found, dg.AssetMaterialization)
    assert (found.partition, str(found.metadata["airflow/event"].value).partition("@")[0]) == ("2023-01-01", str(event))
    again = sensors.airflow_events_sensor(dg.build_sensor_context(instance=instances.code, cursor=result.cursor))
    assert isinstance(again, dg.SensorResult)
    assert (again.asset_events, again.skip_reason) == ([], dg.SkipReason("nothing new"))


def test_sensors_should_push_with_the_rights_of_a_code_server(
    environment: pytest.MonkeyPatch, instances: Instances, airflow_server: AirflowEventsServer
) -> None:
    sensors.pusher().quiet_seconds = 0
    instances.daemon.report_runless_asset_event(dg.AssetMaterialization("taxi_trips", partition="2023-01-01"))
    result = sensors.airflow_push_sensor(dg.build_sensor_context(instance=instances.code))
    assert isinstance(result, dg.SensorResult)
    assert result.skip_reason == dg.SkipReason("sent 1 events to Airflow")
    assert [event["extra"]["partition"] for event in airflow_server.events] == ["2023-01-01"]
    held = sensors.pusher().storage
    assert held
    held.close()


def test_sensors_should_name_a_variable_that_is_missing(environment: pytest.MonkeyPatch, instances: Instances) -> None:
    environment.delenv("LINEAGE_AIRFLOW_PASSWORD")
    with pytest.raises(LineageError, match="LINEAGE_AIRFLOW_PASSWORD is not set"):
        sensors.airflow_events_sensor(dg.build_sensor_context(instance=instances.code))
