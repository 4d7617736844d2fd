"""The table of transactions: made when absent, migrated when it is of an older shape, refused when it is something else."""

import re
from typing import NamedTuple

import psycopg

from fraud.errors import FraudError

TABLE = "public.customer_transactions"
# Advisory locks of this package are pairs of (LOCK, number): 0 is the shape of the table, others are interval starts.
LOCK = 0x66726175
KEY = ("transaction_id",)
INTERVAL_KEY = ("interval_start", "interval_seq")


class Column(NamedTuple):
    """A column: its type in a new table, further types that serve as well, and types that are widened to the first."""

    name: str
    type: str
    also: str = r"(?!)"
    widened: str = r"(?!)"
    added: bool = False  # to an old table that lacks it


COLUMNS = (
    Column("transaction_id", "bigint", widened="integer|smallint"),
    Column("user_id", "integer", also="bigint", widened="smallint"),
    Column("transaction_date", "timestamp without time zone", also=r"timestamp\(\d\) without time zone"),
    Column("amount", "numeric(10,2)", also=r"numeric|numeric\((1[1-9]|[2-9]\d),[2-4]\)", widened=r"numeric\([1-9],[0-2]\)"),
    Column("stock_symbol", "text", widened=r"character varying(\(\d+\))?"),
    Column("interval_start", "timestamp with time zone", added=True),
    Column("interval_seq", "integer", also="bigint", added=True),
)
COLUMN_NAMES = ", ".join(column.name for column in COLUMNS)


def ensure(conn: psycopg.Connection) -> None:
    """Make the table what the generator needs, whoever else does the same at this moment. Raises FraudError if it can't be."""
    if exists(conn) and not changes(conn):
        return
    with conn.transaction():
        # Only one client at a time gets here; the next one finds the work done.
        conn.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK])
        if not exists(conn):
            conn.execute(f"CREATE TABLE {TABLE} ({', '.join(f'{column.name} {column.type}' for column in COLUMNS)})")
        for change in changes(conn):
            conn.execute(f"ALTER TABLE {TABLE} {change}")


def exists(conn: psycopg.Connection) -> bool:
    """Whether the table is there. Raises FraudError when the name belongs to something else, such as a view."""
    row = conn.execute("SELECT relkind FROM pg_class WHERE oid = to_regclass(%s)", [TABLE]).fetchone()
    if row is None:
        return False
    if row[0] not in ("r", "p"):
        raise FraudError(f"{TABLE} in Postgres is not a table, so no transactions can be written to it")
    return True


def changes(conn: psycopg.Connection) -> list[str]:
    """What ALTER TABLE must do. Raises FraudError when the table has a column that can't hold or allow the rows."""
    found = conn.execute(
        """SELECT attname, format_type(atttypid, atttypmod), attnotnull, atthasdef OR attidentity <> ''
           FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped""",
        [TABLE],
    ).fetchall()
    types = {name: type_ for name, type_, *_ in found}
    wanted = []
    for column in COLUMNS:
        type_ = types.get(column.name)
        if type_ is None and column.added:
            wanted.append(f"ADD COLUMN {column.name} {column.type}")
        elif type_ is None:
            raise FraudError(f"table {TABLE} in Postgres has an incompatible shape: it has no column {column.name}")
        elif re.fullmatch(column.widened, type_):
            wanted.append(f"ALTER COLUMN {column.name} TYPE {column.type}")
        elif type_ != column.type and not re.fullmatch(column.also, type_):
            raise FraudError(
                f"table {TABLE} in Postgres has an incompatible shape: column {column.name} is {type_} instead of {column.type}"
            )
    for name, _, required, has_default in found:
        if required and not has_default and name not in {column.name for column in COLUMNS}:
            raise FraudError(f"table {TABLE} in Postgres has an incompatible shape: it demands a value for its column {name}")
    keys = unique_keys(conn)
    if KEY not in keys:
        wanted.append(f"ADD PRIMARY KEY ({', '.join(KEY)})")
    if INTERVAL_KEY not in keys:
        wanted.append(f"ADD UNIQUE ({', '.join(INTERVAL_KEY)})")
    return wanted


def unique_keys(conn: psycopg.Connection) -> set[tuple[str, ...]]:
    """The columns of each unique index that guards every row of the table."""
    rows = conn.execute(
        """SELECT array_agg(a.attname::text ORDER BY k.place)
           FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(attnum, place), pg_attribute a
           WHERE i.indrelid = %s::regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
             AND k.place <= i.indnkeyatts AND a.attrelid = i.indrelid AND a.attnum = k.attnum
           GROUP BY i.indexrelid""",
        [TABLE],
    )
    return {tuple(columns) for (columns,) in rows}
