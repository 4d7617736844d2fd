"""The table of labels: made when absent, migrated when it is of an older shape, refused when it is something else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fraud.errors import FraudError
from fraud.mysql import LOCK_TIMEOUT

if TYPE_CHECKING:
    from pymysql.connections import Connection

TABLE = "labeled_transactions"
KEY = "transaction_id"
LABEL = "is_fraudulent"
INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
CREATE = f"CREATE TABLE IF NOT EXISTS {TABLE} ({KEY} BIGINT NOT NULL PRIMARY KEY, {LABEL} BOOLEAN NOT NULL)"


def rows_of(conn: "Connection", query: str, *values: Any) -> tuple[tuple[Any, ...], ...]:
    """The result of a query."""
    with conn.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def ensure(conn: "Connection") -> None:
    """Make the table what the generator needs, whoever else does the same at this moment. Raises FraudError if it can't be."""
    if exists(conn) and not changes(conn):
        return
    with only_one(conn):
        if not exists(conn):
            rows_of(conn, CREATE)
        wanted = changes(conn)
        if wanted:
            rows_of(conn, f"ALTER TABLE {TABLE} {', '.join(wanted)}")


@contextmanager
def only_one(conn: "Connection") -> Iterator[None]:
    """A named lock of the server. It ends with the connection, so that a killed holder does not keep it."""
    name = f"fraud.{TABLE}"
    if rows_of(conn, "SELECT GET_LOCK(%s, %s)", name, LOCK_TIMEOUT) != ((1,),):
        raise FraudError(f"another client has been changing the table {TABLE} in MySQL for {LOCK_TIMEOUT} s; try again later")
    yield
    rows_of(conn, "SELECT RELEASE_LOCK(%s)", name)


def exists(conn: "Connection") -> bool:
    """Whether the table is there. Raises FraudError when the name belongs to a view."""
    found = rows_of(conn, "SELECT table_type FROM information_schema.tables WHERE table_schema = database() AND table_name = %s", TABLE)
    if found and found[0][0] != "BASE TABLE":
        raise FraudError(f"{TABLE} in MySQL is not a table, so no labels can be written to it")
    return bool(found)


def changes(conn: "Connection") -> list[str]:
    """What ALTER TABLE must do. Raises FraudError when the table has a column that can't hold or allow the rows."""
    found = rows_of(
        conn,
        """SELECT column_name, data_type, column_type, is_nullable = 'NO' AND column_default IS NULL, extra
           FROM information_schema.columns WHERE table_schema = database() AND table_name = %s""",
        TABLE,
    )
    columns = {name.lower(): (data_type, column_type) for name, data_type, column_type, *_ in found}
    for name in (KEY, LABEL):
        data_type, column_type = columns.get(name, ("", ""))
        if not data_type:
            raise FraudError(f"table {TABLE} in MySQL has an incompatible shape: it has no column {name}")
        if data_type not in INTEGERS:
            wanted = "bigint" if name == KEY else "tinyint(1)"
            raise FraudError(f"table {TABLE} in MySQL has an incompatible shape: column {name} is {column_type} instead of {wanted}")
    for name, _, _, demanded, extra in found:
        if demanded and "auto_increment" not in extra and name.lower() not in (KEY, LABEL):
            raise FraudError(f"table {TABLE} in MySQL has an incompatible shape: it demands a value for its column {name}")
    alter = []
    if columns[KEY][0] != "bigint":
        counter = " AUTO_INCREMENT" if any(name.lower() == KEY and "auto_increment" in extra for name, *_, extra in found) else ""
        alter.append(f"MODIFY {KEY} BIGINT NOT NULL{counter}")
    if not has_unique_key(conn):
        alter.append(f"ADD {'UNIQUE' if has_primary_key(conn) else 'PRIMARY'} KEY ({KEY})")
    return alter


def has_unique_key(conn: "Connection") -> bool:
    """Whether an index refuses a second label of a transaction."""
    return bool(
        rows_of(
            conn,
            """SELECT index_name FROM information_schema.statistics
               WHERE table_schema = database() AND table_name = %s AND non_unique = 0
               GROUP BY index_name HAVING count(*) = 1 AND max(column_name) = %s""",
            TABLE,
            KEY,
        )
    )


def has_primary_key(conn: "Connection") -> bool:
    return bool(
        rows_of(
            conn,
            """SELECT 1 FROM information_schema.statistics
               WHERE table_schema = database() AND table_name = %s AND index_name = 'PRIMARY' LIMIT 1""",
            TABLE,
        )
    )
