"""Where everything is, from environment variables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from taxi import limits
from taxi.errors import TaxiError

TLC_FILES = "https://d37ci6vzurychx.cloudfront.net/trip-data"
TLC_ZONES = "https://community-engineering-artifacts.s3.us-west-2.amazonaws.com/dagster-university/data/taxi_zones.csv"
REQUIRED = ("LAKE_PGHOST", "LAKE_PGDATABASE", "LAKE_PGUSER", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
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
class S3Login:
    """An object store and a key for it. Without an endpoint it is AWS itself."""

    key: str
    secret: str = field(repr=False)
    endpoint: str | None
    region: str
    token: str | None = field(repr=False, default=None)

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"the object store at {self.endpoint or 'AWS'}"


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
    threads: int = 2
    memory: str = "1500MB"
    ca_file: str | None = None
    """A file of further certificate authorities to trust."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Raises TaxiError that names every missing or malformed variable."""
        demand(environ, REQUIRED)
        endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or None
        for name, value in (("AWS_ENDPOINT_URL", endpoint), ("TAXI_LINKS", environ.get("TAXI_LINKS"))):
            if value and not is_address(value, "http", "https"):
                raise TaxiError(f"environment variable {name} must be a URL like http://host:7070, got {value!r}")
        ca_file = environ.get("SSL_CERT_FILE") or environ.get("AWS_CA_BUNDLE") or None
        if ca_file and not Path(ca_file).is_file():
            raise TaxiError(f"environment variable SSL_CERT_FILE or AWS_CA_BUNDLE names {ca_file}, which is no file")
        return cls(
            source=place(environ, "TAXI_SOURCE", TLC_FILES, "http", "https", "s3"),
            zones_source=place(environ, "TAXI_ZONES_SOURCE", TLC_ZONES, "http", "https", "s3"),
            raw=place(environ, "TAXI_RAW", "s3://raw/taxi", "s3"),
            outputs=place(environ, "TAXI_OUTPUTS", "s3://outputs/taxi", "s3"),
            requests=place(environ, "TAXI_REQUESTS", "s3://requests", "s3"),
            lake=PostgresLogin.from_environment(environ, "LAKE_"),
            s3=S3Login(
                key=environ["AWS_ACCESS_KEY_ID"],
                secret=environ["AWS_SECRET_ACCESS_KEY"],
                endpoint=endpoint,
                region=environ.get("AWS_DEFAULT_REGION") or environ.get("AWS_REGION") or "us-east-1",
                token=environ.get("AWS_SESSION_TOKEN") or None,
            ),
            publish=PostgresLogin.from_environment(environ) if environ.get("PGHOST") else None,
            links=(environ.get("TAXI_LINKS") or "").rstrip("/") or None,
            data_path=place(environ, "LAKE_DATA_PATH", "s3://lake/data", "s3") + "/",
            threads=limits.threads(environ.get("LAKE_THREADS")),
            memory=environ.get("LAKE_MEMORY") or limits.memory(),
            ca_file=ca_file,
        )


def demand(environ: Mapping[str, str], names: Iterable[str]) -> None:
    """Raise TaxiError that names the variables that are missing or empty."""
    missing = [name for name in names if not environ.get(name)]
    if missing:
        raise TaxiError(f"missing environment variable{'s' if len(missing) > 1 else ''} {', '.join(missing)}")


def is_address(value: str, *schemes: str) -> bool:
    """Whether this is a URL of one of the schemes."""
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.netloc) and (parts.port or 1) > 0
    except ValueError:
        return False


def place(environ: Mapping[str, str], name: str, default: str, *schemes: str) -> str:
    """A URL or URI of one of the schemes, without a slash at its end; an empty variable counts as unset."""
    value = (environ.get(name) or default).rstrip("/")
    if not is_address(value, *schemes):
        wanted = " or ".join(f"{scheme}://…" for scheme in schemes)
        raise TaxiError(f"environment variable {name} must be {wanted}, got {value!r}")
    return value
