"""Both commands against the two databases: what rows and labels are there afterwards, and what is said."""

import json
from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
import servers

from fraud.labels import is_fraudulent

START = "2026-01-31T09:30:00+00:00"
END = "2026-01-31T10:00:00+00:00"
FIRST_ID = 29_497_530 * 10_000_000
TRANSACTIONS = ["transactions", "--interval-start", START]
LABELS = ["labels", "--interval-start", START]


def test_transactions_of_an_interval(db):
    result = db.run(*TRANSACTIONS)
    assert (result.code, result.err) == (0, "")
    rows = db.transactions()
    assert f"wrote {len(rows)} transactions of 2026-01-31 09:30 – 10:00 UTC" in result.out
    assert 50 <= len(rows) <= 200
    assert [row[0] for row in rows] == [FIRST_ID + seq for seq in range(len(rows))]
    assert {row[1] for row in rows} == set(range(1, 11))
    start = datetime.fromisoformat(START)
    assert all(start <= row[2].replace(tzinfo=start.tzinfo) < start + timedelta(minutes=30) for row in rows)
    assert all(Decimal("5.00") <= row[3] <= Decimal("500.00") for row in rows)
    assert {row[4] for row in rows} <= {"BTC", "ETH", "XRP", "ADA", "SOL", "DOGE", "BNB"}
    assert [(row[5], row[6]) for row in rows] == [(start, seq) for seq in range(len(rows))]


def test_the_same_interval_again_writes_nothing(db):
    db.run(*TRANSACTIONS)
    before = db.transactions()
    again = db.run(*TRANSACTIONS, "--interval-end", END)
    assert (again.code, again.out) == (0, f"already there: {len(before)} transactions of 2026-01-31 09:30 – 10:00 UTC\n")
    assert db.transactions() == before


def test_the_offset_of_a_time_does_not_matter(db):
    db.run(*TRANSACTIONS)
    assert "already there" in db.run("transactions", "--interval-start", "2026-01-31T10:30:00+01:00").out


@pytest.mark.parametrize(
    "other", [["--users=11"], ["--rows-per-user=7"], ["--seed=1"], ["--interval-end=2026-01-31T10:30:00Z"]], ids=lambda other: other[0]
)
def test_other_parameters_for_an_interval_that_has_rows_are_refused(db, other):
    db.run(*TRANSACTIONS)
    before = db.transactions()
    refused = db.run(*TRANSACTIONS, *other)
    assert refused.code == 1
    assert "already has" in refused.err
    assert refused.err.count("\n") == 1
    assert db.transactions() == before


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM customer_transactions WHERE interval_seq = 3",
        "UPDATE customer_transactions SET amount = amount + 0.01 WHERE interval_seq = 3",
        "UPDATE customer_transactions SET transaction_date = transaction_date + interval '1 s' WHERE interval_seq = 3",
    ],
)
def test_an_interval_whose_rows_were_changed_is_not_called_complete(db, damage):
    db.run(*TRANSACTIONS)
    db.postgres.execute(damage)
    assert db.run(*TRANSACTIONS).code == 1


def test_counts_can_be_chosen(db):
    assert db.run(*TRANSACTIONS, "--users=300", "--rows-per-user=40").code == 0
    counts = db.postgres.execute("SELECT user_id, count(*) FROM customer_transactions GROUP BY 1").fetchall()
    assert sorted(counts) == [(user, 40) for user in range(1, 301)]


def test_every_transaction_gets_its_label(db):
    for half_hour in ("09:30", "10:00", "10:30"):
        db.run("transactions", "--interval-start", f"2026-01-31T{half_hour}:00Z")
    ids = [row[0] for row in db.transactions()]
    result = db.run("labels")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"wrote {len(ids)} labels in")
    assert db.labels() == {transaction_id: is_fraudulent(transaction_id, 0.5) for transaction_id in ids}
    assert 0 < sum(db.labels().values()) < len(ids)
    assert db.run("labels").out == "already there: every transaction has its label\n"


@pytest.mark.parametrize("share", [0, 1])
def test_the_ends_of_the_fraud_rate(db, share):
    db.run(*TRANSACTIONS)
    db.run("labels", f"--fraud-rate={share}")
    assert set(db.labels().values()) == {share}


def test_labels_that_are_there_stay(db):
    db.run(*TRANSACTIONS)
    db.run("labels", "--fraud-rate=1")
    db.run("transactions", "--interval-start", END)
    db.run("labels", "--fraud-rate=0")
    ids = [row[0] for row in db.transactions()]
    assert db.labels() == {transaction_id: transaction_id < FIRST_ID + 30 * 10_000_000 for transaction_id in ids}


def test_rows_of_others_and_gaps_are_labelled_as_well(db):
    """Equal counts on both sides must not hide that the ids differ, and an orphan must not stand in for a missing label."""
    db.run(*TRANSACTIONS)
    db.run("labels")
    db.postgres.execute(
        "INSERT INTO customer_transactions (transaction_id, user_id, amount) VALUES (1, 1, 9), (4, 1, 9), (-50000005, 1, 9)"
    )
    db.sql("INSERT INTO labeled_transactions VALUES (2, 0), (3, 0)")
    db.sql(f"DELETE FROM labeled_transactions WHERE transaction_id = {FIRST_ID + 7}")
    db.sql(f"INSERT INTO labeled_transactions VALUES ({FIRST_ID + 9_999_999}, 1)")
    assert db.run("labels").out.startswith("wrote 4 labels in")
    assert set(db.labels()) == {row[0] for row in db.transactions()} | {2, 3, FIRST_ID + 9_999_999}


def test_more_transactions_than_one_batch(db):
    db.run(*TRANSACTIONS, "--users=500", "--rows-per-user=90")
    db.postgres.execute("DELETE FROM customer_transactions WHERE interval_seq % 3 = 0")
    assert db.run("labels").out.startswith("wrote 30,000 labels in")
    assert set(db.labels()) == {row[0] for row in db.transactions()}


def test_a_transaction_that_is_not_committed_has_no_label(db, postgres_env):
    db.run(*TRANSACTIONS)
    ids = {row[0] for row in db.transactions()}
    with psycopg.connect(servers.postgres_url(postgres_env)) as other:
        other.execute("INSERT INTO customer_transactions (transaction_id) VALUES (77)")
        assert db.run("labels").code == 0
        other.rollback()
    assert set(db.labels()) == ids


def test_result_files_tell_rows_and_interval_and_stay_the_same_in_a_repetition(db, tmp_path):
    file = tmp_path / "return.json"
    interval = {"interval_start": START, "interval_end": END}
    db.run(*TRANSACTIONS, f"--result-file={file}")
    rows = len(db.transactions())
    assert json.loads(file.read_text()) == {"rows": rows, "written": rows} | interval
    db.run(*TRANSACTIONS, f"--result-file={file}")
    assert json.loads(file.read_text()) == {"rows": rows, "written": 0} | interval

    db.run("transactions", "--interval-start", END)
    written = len(db.transactions())
    first = db.run(*LABELS, f"--result-file={file}")
    fraudulent = sum(db.labels()[FIRST_ID + seq] for seq in range(rows))
    expected = {"rows": rows, "fraudulent": fraudulent} | interval
    assert json.loads(file.read_text()) == expected | {"written": written}
    assert first.out.endswith(f"2026-01-31 09:30 – 10:00 UTC has {rows} labels, {fraudulent} of them fraudulent\n")
    db.run(*LABELS, f"--result-file={file}")
    assert json.loads(file.read_text()) == expected | {"written": 0}
    assert [path.name for path in tmp_path.iterdir()] == ["return.json"]
