"""`python -m fraud sql` prints rows, and cannot change any."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest


def test_rows_are_a_table_for_people(db: Any) -> None:
    db.run("transactions", "--users=3", "--rows-per-user=1")
    result = db.run("sql", "\n  SELECT user_id, amount, NULL AS nothing, '50 %' AS words\n  FROM customer_transactions ORDER BY 1\n")
    assert (result.code, result.err) == (0, "")
    header, line, *rows, count = result.out.splitlines()
    assert header.split() == ["user_id", "amount", "nothing", "words"]
    assert set(line) == {"-", " "}
    assert [row.split()[0] for row in rows] == ["1", "2", "3"]
    assert all(row.endswith("NULL  50 %") for row in rows)
    assert count == "(3 rows)"
    as_csv = db.run("sql", "--format=csv", "SELECT user_id, stock_symbol FROM customer_transactions ORDER BY 1").out
    assert [row["user_id"] for row in csv.DictReader(io.StringIO(as_csv))] == ["1", "2", "3"]


def test_json_has_every_column_and_only_values_of_json(db: Any) -> None:
    statement = "SELECT 1, 2.50, 'NaN'::float8 AS f, 'NaN'::numeric AS n, NULL AS z, '{1,2}'::int[] AS a, date '2026-01-31' AS d"
    (row,) = json.loads(db.run("sql", "--format=json", statement).out)
    assert row == {"?column?": 1, "?column?_2": 2.5, "f": "nan", "n": "NaN", "z": None, "a": [1, 2], "d": "2026-01-31"}


REFUSED = {
    "drop": ("DROP TABLE customer_transactions", "cannot execute DROP TABLE in a read-only transaction"),
    "delete": ("DELETE FROM customer_transactions RETURNING *", "read-only transaction"),
    "two statements": ("COMMIT; DROP TABLE customer_transactions", "multiple commands"),
    "the end of the transaction": ("COMMIT", "should be a SELECT"),
    "nothing": ("", "should be a SELECT"),
    "no such column": ("SELECT colour FROM customer_transactions", 'column "colour" does not exist'),
    "no UTF-8": ("SELECT '\udcff'", "invalid byte sequence"),
    "no SQL": ("show me the money", "syntax error"),
}


@pytest.mark.parametrize(("statement", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_question_is_refused_in_one_line(db: Any, statement: str, words: str) -> None:
    db.run("transactions")
    before = db.transactions()
    result = db.run("sql", statement)
    assert (result.code, result.out) == (1, "")
    assert result.err.count("\n") == 1, result.err
    assert words in result.err
    assert db.transactions() == before


def test_wrong_usage(db: Any) -> None:
    for arguments in ([], ["--format=xml", "SELECT 1"], ["SELECT", "1"]):
        result = db.run("sql", *arguments)
        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
