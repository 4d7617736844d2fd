"""The program that mends Airflow in the image changes what it is about, and fails when it does not find it."""

import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from tandem.paths import ROOT

MEND = ROOT / "images/airflow/mend"
MODELS = (
    "api_fastapi/core_api/datamodels/assets.py",
    "api_fastapi/execution_api/datamodels/asset_event.py",
    "sdk/api/datamodels/_generated.py",
)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A virtual environment with the models of the Airflow that the tests have, which is that of the image."""
    core = metadata.distribution("apache-airflow-core")
    packages = tmp_path / "lib/python3.13/site-packages"
    (packages / f"apache_airflow_core-{core.version}.dist-info").mkdir(parents=True)
    for name in MODELS:
        (packages / "airflow" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(core.locate_file(f"airflow/{name}")), packages / "airflow" / name)
    return tmp_path


def mend(environment: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([MEND, environment], capture_output=True, text=True)


def test_the_start_of_a_run_may_be_absent_in_every_model(environment: Path) -> None:
    assert mend(environment).returncode == 0
    for model in (environment / "lib/python3.13/site-packages/airflow").rglob("*.py"):
        after = model.read_text().partition("class DagRunAssetReference(")[2].partition("\nclass ")[0]
        [field] = [line for line in after.splitlines() if line.startswith("    start_date:")]
        assert "| None" in field


def test_a_model_that_is_not_as_expected_fails_the_build(environment: Path) -> None:
    mend(environment)
    again = mend(environment)
    assert again.returncode != 0
    assert "does not have the field DagRunAssetReference.start_date" in again.stderr


def test_another_version_of_airflow_fails_the_build(environment: Path) -> None:
    [version] = environment.glob("lib/*/site-packages/*.dist-info")
    version.rename(version.with_name("apache_airflow_core-3.4.0.dist-info"))
    assert "drop this file" in mend(environment).stderr
