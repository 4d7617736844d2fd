"""All DAG files as Airflow's DAG processor loads them, with the settings that the chart gives."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

JOBS = {
    "TANDEM_JOBS_NAMESPACE": "tandem-jobs",
    "TANDEM_JOBS_IMAGE": "tandem/pipelines:0123456789ab",
    "TANDEM_JOBS_SECRETS": "tandem-postgres-airbyte, tandem-mysql-data, LAKE_=tandem-postgres-lake",
    "TANDEM_JOBS_CONFIG_MAPS": "tandem-taxi",
}


@pytest.fixture(scope="session")
def dags_folder() -> Path:
    return Path(__file__).parents[3] / "pipelines/dags"


@pytest.fixture(scope="session", autouse=True)
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Airflow's settings, which it reads when it is first imported: nothing of the user's own Airflow."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
            patch.delenv(name)
        for name, value in JOBS.items():
            patch.setenv(name, value)
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        yield


@pytest.fixture(scope="session")
def dag_bag(dags_folder: Path) -> Any:
    """Every DAG file of the repository."""
    from airflow.dag_processing.dagbag import BundleDagBag

    return BundleDagBag(dags_folder, bundle_path=dags_folder, bundle_name="dags-folder")


@pytest.fixture
def dag(dag_bag: Any) -> Any:
    return dag_bag.dags["generate_transaction_and_labels"]
