"""Queries of Postgres for people."""

import psycopg

from common.answers import Answer
from fraud.errors import FraudError


def look(conn: psycopg.Connection, statement: str) -> Answer:
    """The answer to one statement that changes nothing. Raises FraudError if it gives no rows, and Postgres' own errors."""
    with conn.transaction():
        conn.execute("SET TRANSACTION READ ONLY")
        # A pipeline takes one statement at a time: a second one, after a semicolon, could end the transaction that only reads.
        with conn.pipeline():
            # An argument that is no UTF-8 is Postgres' to refuse.
            cursor = conn.execute(statement.encode(errors="surrogateescape"))
        if cursor.description is None:
            raise FraudError("the statement gives no rows; it should be a SELECT")
        return Answer(tuple(column.name for column in cursor.description), cursor.fetchall())
