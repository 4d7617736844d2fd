"""Where Airflow is, and where people find the pages, from the variables LINEAGE_*."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from lineage.errors import LineageError


@dataclass(frozen=True)
class Settings:
    """:param airflow: the address of Airflow's API
    :param airflow_links: of its pages, for the people who read Dagster's
    :param dagster_links: of Dagster's pages, for the people who read Airflow's
    """

    airflow: str
    username: str
    password: str = field(repr=False)
    airflow_links: str
    dagster_links: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Raises LineageError if a variable is missing."""

        def variable(name: str, otherwise: str = "") -> str:
            value = environment.get(name) or otherwise
            if not value:
                raise LineageError(f"{name} is not set")
            return value

        return cls(
            airflow=variable("LINEAGE_AIRFLOW_URL").rstrip("/"),
            username=variable("LINEAGE_AIRFLOW_USERNAME"),
            password=variable("LINEAGE_AIRFLOW_PASSWORD"),
            airflow_links=variable("LINEAGE_AIRFLOW_LINKS", "http://localhost:8080").rstrip("/"),
            dagster_links=variable("LINEAGE_DAGSTER_LINKS", "http://localhost:3000").rstrip("/"),
        )
