"""Where the assets' tables and files are. Nothing is read from the environment before a run or a tick uses it."""

import os

import dagster as dg

from taxi.settings import Settings
from taxi.store import Store


class Database(dg.ConfigurableResource):
    """The lake: a Postgres database with its catalog, and the role that owns it. Its files are in the object store."""

    host: str
    port: int
    database: str
    user: str
    password: str

    def settings(self) -> Settings:
        """Settings of this lake; the rest is of the process's environment. Raises TaxiError if that is incomplete."""
        login = {
            "LAKE_PGHOST": self.host,
            "LAKE_PGPORT": str(self.port),
            "LAKE_PGDATABASE": self.database,
            "LAKE_PGUSER": self.user,
            "LAKE_PGPASSWORD": self.password,
        }
        return Settings.from_environment({**os.environ, **login})


class ObjectStore(dg.ConfigurableResource):
    """The buckets with the files of trips and zones, with the results and with the requests. All of it is optional in one way or
    another (AWS itself needs no address), so it is read from the process's environment and not declared here."""

    def settings(self) -> Settings:
        """Raises TaxiError if the environment is incomplete."""
        return Settings.from_environment()

    def open(self, *, attempts: int = 5) -> Store:
        """The store; a request that gets no answer is tried so many times."""
        return Store(self.settings(), attempts=attempts)


ALL = {
    "database": Database(
        host=dg.EnvVar("LAKE_PGHOST"),
        port=dg.EnvVar.int("LAKE_PGPORT"),
        database=dg.EnvVar("LAKE_PGDATABASE"),
        user=dg.EnvVar("LAKE_PGUSER"),
        password=dg.EnvVar("LAKE_PGPASSWORD"),
    ),
    "store": ObjectStore(),
}
