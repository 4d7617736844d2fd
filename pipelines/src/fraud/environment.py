"""Where the databases and the object store are, from environment variables."""

import os
from typing import NamedTuple

from fraud.errors import FraudError


class Variable(NamedTuple):
    """One variable that a command needs."""

    name: str
    meaning: str
    default: str | None = None
    may_be_empty: bool = False


POSTGRES = (
    Variable("PGHOST", "host of Postgres"),
    Variable("PGPORT", "its port", default="5432"),
    Variable("PGDATABASE", "database with the transactions, usually airbyte"),
    Variable("PGUSER", "role that may create the table and write to it"),
    Variable("PGPASSWORD", "its password", may_be_empty=True),
)
MYSQL = (
    Variable("MYSQL_HOST", "host of MySQL"),
    Variable("MYSQL_PORT", "its port", default="3306"),
    Variable("MYSQL_DATABASE", "database with the labels, usually data"),
    Variable("MYSQL_USER", "user that may create the table and write to it"),
    Variable("MYSQL_PASSWORD", "its password", may_be_empty=True),
)
STORE = (
    Variable("AWS_ACCESS_KEY_ID", "key of the object store"),
    Variable("AWS_SECRET_ACCESS_KEY", "its secret"),
    Variable("AWS_ENDPOINT_URL", "address of the object store; none for AWS itself", default="", may_be_empty=True),
    Variable("FRAUD_OUTPUTS", "folder for the file", default="s3://outputs/fraud"),
)


def settings(*groups: tuple[Variable, ...]) -> dict[str, str]:
    """The variables' values by name. Raises FraudError that names every missing one at once."""
    values, missing = {}, []
    for variable in (variable for group in groups for variable in group):
        value = os.environ.get(variable.name, variable.default)
        if value is None or not (value or variable.may_be_empty):
            missing.append(variable.name)
        else:
            values[variable.name] = value
    if missing:
        raise FraudError(f"missing environment variable{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
    for name in ("PGPORT", "MYSQL_PORT"):
        if name in values and not (values[name].isascii() and values[name].isdigit() and 0 < int(values[name]) < 65536):
            raise FraudError(f"environment variable {name} must be a port number, got {values[name]!r}")
    return values
