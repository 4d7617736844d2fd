"""The tables: made, migrated from older shapes without losing a row, or refused with a reason."""

import pytest
from eventually import eventually

from fraud.transactions_table import LOCK

START = "2026-01-31T09:30:00+00:00"
TRANSACTIONS = ["transactions", "--interval-start", START]
COLUMNS = {
    "transaction_id": "bigint",
    "user_id": "integer",
    "transaction_date": "timestamp without time zone",
    "amount": "numeric(10,2)",
    "stock_symbol": "text",
    "interval_start": "timestamp with time zone",
    "interval_seq": "integer",
}
OLD_TRANSACTIONS = """CREATE TABLE customer_transactions (
    transaction_id serial PRIMARY KEY, user_id smallint, transaction_date timestamp, amount numeric(8,2), stock_symbol varchar(10))"""
OLD_LABELS = "CREATE TABLE labeled_transactions (transaction_id INT PRIMARY KEY, is_fraudulent BOOLEAN)"


def columns(db):
    return dict(
        db.postgres.execute(
            """SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
               WHERE attrelid = 'customer_transactions'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
        ).fetchall()
    )


def indexes(db):
    unique = "SELECT indexdef FROM pg_indexes WHERE tablename = 'customer_transactions' AND indexdef LIKE '% UNIQUE %'"
    found = db.postgres.execute(unique)
    return sorted(definition.partition("USING ")[2] for (definition,) in found)


def label_columns(db):
    return dict(
        db.sql(
            """SELECT column_name, column_type FROM information_schema.columns
               WHERE table_schema = 'data' AND table_name = 'labeled_transactions' ORDER BY ordinal_position"""
        )
    )


def test_new_tables(db):
    assert db.run(*TRANSACTIONS).code == 0
    assert db.run("labels").code == 0
    assert columns(db) == COLUMNS
    assert indexes(db) == ["btree (interval_start, interval_seq)", "btree (transaction_id)"]
    assert label_columns(db) == {"transaction_id": "bigint", "is_fraudulent": "tinyint(1)"}
    assert [(row[2], row[4]) for row in db.sql("SHOW INDEX FROM labeled_transactions")] == [("PRIMARY", "transaction_id")]


def test_an_old_table_of_transactions_is_migrated_and_keeps_its_rows(db):
    db.postgres.execute(OLD_TRANSACTIONS)
    columns_of_old = "user_id, transaction_date, amount, stock_symbol"
    insert = f"INSERT INTO customer_transactions ({columns_of_old}) VALUES (3, '2024-05-01 10:00', 12.5, 'ETH')"
    db.postgres.execute(insert)
    old = db.transactions()
    result = db.run(*TRANSACTIONS)
    assert (result.code, result.err) == (0, "")
    assert columns(db) == COLUMNS
    assert indexes(db) == ["btree (interval_start, interval_seq)", "btree (transaction_id)"]
    assert db.transactions()[0] == (*old[0], None, None)
    assert len(db.transactions()) > 50
    db.postgres.execute(insert)  # whoever filled the old table goes on as before
    assert db.run("labels").code == 0
    assert set(db.labels()) == {row[0] for row in db.transactions()} >= {1, 2}


def test_labels_can_be_written_before_the_old_table_is_migrated(db):
    db.postgres.execute(OLD_TRANSACTIONS)
    db.postgres.execute("INSERT INTO customer_transactions (user_id) SELECT 1 FROM generate_series(1, 30)")
    assert db.run("labels").out.startswith("wrote 30 labels")


def test_an_old_table_without_a_key_gets_one(db):
    db.postgres.execute(OLD_TRANSACTIONS.replace("serial PRIMARY KEY", "int"))
    db.sql("CREATE TABLE labeled_transactions (transaction_id int, is_fraudulent int)")
    assert db.run(*TRANSACTIONS).code == 0
    assert db.run("labels").code == 0
    assert indexes(db) == ["btree (interval_start, interval_seq)", "btree (transaction_id)"]
    assert db.sql("SHOW INDEX FROM labeled_transactions")[0][2] == "PRIMARY"


@pytest.mark.parametrize("extra", ["", " AUTO_INCREMENT"])
def test_an_old_table_of_labels_is_migrated_and_keeps_its_rows(db, extra):
    db.sql(OLD_LABELS.replace("INT", f"INT{extra}"))
    db.sql("INSERT INTO labeled_transactions VALUES (5, 1)")
    db.run(*TRANSACTIONS)
    assert db.run("labels").code == 0
    assert label_columns(db) == {"transaction_id": "bigint", "is_fraudulent": "tinyint(1)"}
    assert set(db.labels()) == {row[0] for row in db.transactions()} | {5}
    assert db.labels()[5] == 1
    if extra:
        db.sql("INSERT INTO labeled_transactions (is_fraudulent) VALUES (0)")


def test_extra_columns_of_others_stay(db):
    db.postgres.execute(OLD_TRANSACTIONS.replace("varchar(10))", "text, note text, seen timestamp NOT NULL DEFAULT now())"))
    db.sql(OLD_LABELS.replace("BOOLEAN)", "BOOLEAN, reviewed_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, note TEXT)"))
    assert db.run(*TRANSACTIONS).code == 0
    assert db.run("labels").code == 0
    assert {"note", "seen"} < set(columns(db))
    assert {"note", "reviewed_at"} < set(label_columns(db))


def test_migration_by_several_at_once(db):
    db.postgres.execute(OLD_TRANSACTIONS)
    db.postgres.execute("INSERT INTO customer_transactions (user_id) SELECT 1 FROM generate_series(1, 1000)")
    db.sql(OLD_LABELS)
    results = db.together([["transactions", "--interval-start", f"2026-01-31T09:{minute}:00Z"] for minute in (10, 20, 30)])
    assert [result.code for result in results] == [0] * 3, results
    assert columns(db) == COLUMNS
    results = db.together([["labels"]] * 3)
    assert [result.code for result in results] == [0] * 3, results
    assert set(db.labels()) == {row[0] for row in db.transactions()}


def finished(processes):
    return [process.wait(30) for process in processes]


@pytest.mark.parametrize("old", ["SELECT 1", OLD_TRANSACTIONS])
def test_two_that_both_found_work_to_do_on_the_table_of_transactions(db, old):
    db.postgres.execute(old)
    with db.postgres.transaction():
        db.postgres.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK])
        processes = [db.start("transactions", "--interval-start", f"2026-01-31T09:{minute}:00Z") for minute in (10, 20)]
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        eventually(lambda: db.postgres.execute(waiting).fetchone() == (2,), "both wait for the other")
    assert finished(processes) == [0, 0]
    assert columns(db) == COLUMNS


@pytest.mark.parametrize("old", ["SELECT 1", OLD_LABELS.replace("PRIMARY KEY", "")])
def test_two_that_both_found_work_to_do_on_the_table_of_labels(db, old):
    db.run(*TRANSACTIONS)
    db.sql(old)
    db.sql("SELECT get_lock('fraud.labeled_transactions', 5)")
    processes = [db.start("labels") for _ in range(2)]
    eventually(lambda: sum(row[6] == "User lock" for row in db.sql("SHOW PROCESSLIST")) == 2, "both wait for the other")
    db.sql("SELECT release_lock('fraud.labeled_transactions')")
    assert finished(processes) == [0, 0]
    assert set(db.labels()) == {row[0] for row in db.transactions()}


def refused(db, command, *words):
    result = db.run(*command)
    assert result.code == 1
    assert result.out == ""
    assert result.err.count("\n") == 1, result.err
    for word in words:
        assert word in result.err


GOOD = "transaction_id bigint PRIMARY KEY, user_id int, transaction_date timestamp, amount numeric(10,2), stock_symbol text"


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        ("something text", "no column transaction_id"),
        (GOOD.replace(", amount numeric(10,2)", ""), "no column amount"),
        (GOOD.replace("transaction_id bigint", "transaction_id uuid"), "transaction_id is uuid instead of bigint"),
        (GOOD.replace("transaction_date timestamp", "transaction_date date"), "transaction_date is date"),
        (GOOD.replace("amount numeric(10,2)", "amount numeric(4,2)").replace("int,", "text,"), "user_id is text"),
        (GOOD.replace("amount numeric(10,2)", "amount real"), "amount is real"),
        (GOOD + ", branch text NOT NULL", "demands a value for its column branch"),
    ],
)
def test_a_table_of_transactions_that_is_something_else_is_refused(db, shape, word):
    db.postgres.execute(f"CREATE TABLE customer_transactions ({shape})")
    before = columns(db)
    refused(db, TRANSACTIONS, "customer_transactions", "incompatible shape", word)
    assert columns(db) == before
    assert db.postgres.execute("SELECT count(*) FROM customer_transactions").fetchone() == (0,)


def test_duplicates_in_an_old_table_are_named_and_nothing_changes(db):
    db.postgres.execute(f"CREATE TABLE customer_transactions ({GOOD.replace(' PRIMARY KEY', '')})")
    db.postgres.execute("INSERT INTO customer_transactions (transaction_id) VALUES (8), (8)")
    before = columns(db)
    refused(db, TRANSACTIONS, "(8)", "duplicate")
    assert columns(db) == before


def test_a_view_is_refused(db):
    db.postgres.execute("CREATE VIEW customer_transactions AS SELECT 1 AS transaction_id")
    try:
        refused(db, TRANSACTIONS, "not a table")
    finally:
        db.postgres.execute("DROP VIEW customer_transactions")


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        ("something int", "no column transaction_id"),
        ("transaction_id bigint primary key", "no column is_fraudulent"),
        ("transaction_id varchar(20) primary key, is_fraudulent boolean", "transaction_id is varchar(20) instead of bigint"),
        ("transaction_id bigint primary key, is_fraudulent date", "is_fraudulent is date"),
        ("transaction_id bigint primary key, is_fraudulent boolean, who int not null", "demands a value for its column who"),
    ],
)
def test_a_table_of_labels_that_is_something_else_is_refused(db, shape, word):
    db.run(*TRANSACTIONS)
    db.sql(f"CREATE TABLE labeled_transactions ({shape})")
    before = label_columns(db)
    refused(db, ["labels"], "labeled_transactions", "incompatible shape", word)
    assert label_columns(db) == before
    assert db.sql("SELECT count(*) FROM labeled_transactions") == ((0,),)


def test_labels_without_any_transactions_say_what_to_do(db):
    refused(db, ["labels"], "no table", "write transactions first")
    assert db.sql("SHOW TABLES") == ()
