"""What is written: the ranges, names and rules of the two tables."""

from datetime import datetime
from decimal import Decimal

from fraud.labels import is_fraudulent

START = "2026-01-31T09:30:00+00:00"


def test_default_run(db):
    result = db.run("transactions", "--interval-start", START)
    assert result.code == 0, result.err
    rows = db.transactions()
    assert len(rows)
    assert db.run("labels").code == 0
    assert len(db.labels()) == len(rows)
