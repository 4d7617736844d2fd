"""Where everything is, from environment variables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from common import limits, s3
from common.s3 import S3Login, is_address, place
from taxi.errors import TaxiError

TLC_FILES = "https://d37ci6vzurychx.cloudfront.net/trip-data"
TLC_ZONES = "https://community-engineering-artifacts.s3.us-west-2.amazonaws.com/dagster-university/data/taxi_zones.csv"
REQUIRED = ("LAKE_PGHOST", "LAKE_PGDATABASE", "LAKE_PGUSER", *s3.REQUIRED)
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
NO_PASSWORD = "-"
"""Given to libpq in the place of an empty password, for which it would take PGPASSWORD, which is another database's."""


@dataclass(frozen=True)
class PostgresLogin:
    """A database and the role to use it with."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    sslmode: str = "prefer"
    sslrootcert: str | None = None
    """A file with the authority that signed the server's certificate, for the modes that begin with `verify`."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], prefix: str = "") -> PostgresLogin:
        """The variables of libpq, with a prefix. Raises TaxiError about those that are missing or malformed."""
        demand(environ, [f"{prefix}PG{name}" for name in ("HOST", "DATABASE", "USER")])
        port = environ.get(f"{prefix}PGPORT") or "5432"
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise TaxiError(f"environment variable {prefix}PGPORT must be a port number, got {port!r}")
        mode = environ.get(f"{prefix}PGSSLMODE") or "prefer"
        if mode not in SSL_MODES:
            raise TaxiError(f"environment variable {prefix}PGSSLMODE must be one of {', '.join(SSL_MODES)}, got {mode!r}")
        return cls(
            host=environ[f"{prefix}PGHOST"],
            port=int(port),
            database=environ[f"{prefix}PGDATABASE"],
            user=environ[f"{prefix}PGUSER"],
            password=environ.get(f"{prefix}PGPASSWORD") or NO_PASSWORD,
            sslmode=mode,
            sslrootcert=environ.get(f"{prefix}PGSSLROOTCERT") or None,
        )

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"database {self.database} of Postgres at {self.host}:{self.port}"


@dataclass(frozen=True)
class Settings:
    """All that a taxi process knows about its surroundings. URIs and URLs have no slash at their end."""

    source: str
    zones_source: str
    raw: str
    outputs: str
    requests: str
    lake: PostgresLogin
    s3: S3Login
    publish: PostgresLogin | None = None
    links: str | None = None
    data_path: str | None = None
    """Where a new catalog keeps the data files; an existing catalog knows its own place."""
    fraud_outputs: str = "s3://outputs/fraud"
    threads: int = 2
    memory: str = "1500MB"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Raises PipelineError that names every missing variable, or one that is malformed."""
        demand(environ, REQUIRED)
        links = environ.get("TAXI_LINKS") or ""
        if links and not is_address(links, "http", "https"):
            raise TaxiError(f"environment variable TAXI_LINKS must be a URL like http://host:7070, got {links!r}")
        return cls(
            source=place(environ, "TAXI_SOURCE", TLC_FILES, "http", "https", "s3"),
            zones_source=place(environ, "TAXI_ZONES_SOURCE", TLC_ZONES, "http", "https", "s3"),
            raw=place(environ, "TAXI_RAW", "s3://raw/taxi", "s3"),
            outputs=place(environ, "TAXI_OUTPUTS", "s3://outputs/taxi", "s3"),
            requests=place(environ, "TAXI_REQUESTS", "s3://requests", "s3"),
            lake=PostgresLogin.from_environment(environ, "LAKE_"),
            s3=S3Login.from_environment(environ),
            publish=PostgresLogin.from_environment(environ) if environ.get("PGHOST") else None,
            links=links.rstrip("/") or None,
            data_path=place(environ, "LAKE_DATA_PATH", "s3://lake/data", "s3") + "/",
            fraud_outputs=place(environ, "FRAUD_OUTPUTS", "s3://outputs/fraud", "s3"),
            threads=limits.threads(environ.get("LAKE_THREADS")),
            memory=environ.get("LAKE_MEMORY") or limits.memory(),
        )


def demand(environ: Mapping[str, str], names: Iterable[str]) -> None:
    """Raise TaxiError that names the variables that are missing or empty."""
    missing = [name for name in names if not environ.get(name)]
    if missing:
        raise TaxiError(f"missing environment variable{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
