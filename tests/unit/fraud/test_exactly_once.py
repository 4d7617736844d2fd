"""Whatever is killed or broken, however often it is repeated, and whoever works at the same time: the same rows, once."""

import signal
import time

import psycopg
import pytest
import servers
from cutting_proxy import CuttingProxy
from eventually import eventually
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud.labels import is_fraudulent
from fraud.transactions_table import LOCK

START = "2026-01-31T09:30:00+00:00"
TRANSACTIONS = ["transactions", "--interval-start", START, "--users=30", "--rows-per-user=5-20"]
MANY = ["transactions", "--interval-start", START, "--users=2000", "--rows-per-user=20"]
# The databases are shared by the examples; each example begins with cleaning them.
each_example = settings(max_examples=25, database=None)
directions = st.sampled_from(["requests", "answers"])


@pytest.fixture(scope="module")
def expected(databases):
    """All rows of one undisturbed run of both commands, and how many bytes such a run exchanges with each database."""
    databases.clean()
    traffic = {}
    for command, server in ((TRANSACTIONS, "PGPORT"), (["labels"], "PGPORT"), (["labels"], "MYSQL_PORT")):
        databases.sql("DROP TABLE IF EXISTS labeled_transactions")
        with CuttingProxy(int(databases.env[server])) as proxy:
            assert databases.run(*command, **{server: proxy.port}).code == 0
        traffic[command[0], server] = proxy.passed
    return databases.transactions(), databases.labels(), traffic


def all_or_nothing(databases, expected) -> None:
    exists = databases.postgres.execute("SELECT to_regclass('customer_transactions')").fetchone()[0]
    assert not exists or databases.transactions() in ([], expected[0])


@each_example
@given(directions, st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_transactions_survive_a_connection_that_breaks_at_any_byte(databases, expected, direction, moments):
    databases.clean()
    total = expected[2]["transactions", "PGPORT"][direction]
    for moment in moments:
        with CuttingProxy(int(databases.env["PGPORT"]), int(moment * total), direction) as proxy:
            result = databases.run(*TRANSACTIONS, PGPORT=proxy.port)
        assert result.code in (0, 1), result.err
        assert result.err.count("\n") == result.code, result.err
        all_or_nothing(databases, expected)
    assert databases.run(*TRANSACTIONS).code == 0
    assert databases.transactions() == expected[0]


@settings(each_example, max_examples=15)
@given(st.sampled_from(["PGPORT", "MYSQL_PORT"]), directions, st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_labels_survive_a_connection_that_breaks_at_any_byte(databases, expected, server, direction, moments):
    databases.clean()
    assert databases.run(*TRANSACTIONS).code == 0
    total = expected[2]["labels", server][direction]
    for moment in moments:
        with CuttingProxy(int(databases.env[server]), int(moment * total), direction) as proxy:
            result = databases.run("labels", **{server: proxy.port})
        assert result.code in (0, 1), result.err
        assert result.err.count("\n") == result.code, result.err
    assert databases.run("labels").code == 0
    assert databases.labels() == expected[1]


@settings(each_example, max_examples=3)
@given(st.lists(st.floats(0.1, 0.5), min_size=1, max_size=2))
def test_both_survive_a_kill_at_any_moment(databases, moments):
    """Real processes that write forty thousand rows, killed without a chance to clean up."""
    databases.clean()
    for command in (MANY, ["labels"]):
        for moment in moments:
            with databases.start(*command) as process:
                time.sleep(moment)  # not a wait for something: the moment of the kill, in seconds, is what varies
                process.kill()
        assert databases.run(*command).code == 0
    rows, ids, first, last = databases.postgres.execute(
        "SELECT count(*), count(DISTINCT transaction_id), min(interval_seq), max(interval_seq) FROM customer_transactions"
    ).fetchone()
    assert (rows, ids, first, last) == (40_000, 40_000, 0, 39_999)
    assert databases.sql("SELECT count(*), sum(transaction_id) FROM labeled_transactions") == tuple(
        databases.postgres.execute("SELECT count(*), sum(transaction_id) FROM customer_transactions").fetchall()
    )


@settings(each_example, max_examples=8)
@given(st.lists(st.sampled_from(["transactions", "labels"]), min_size=2, max_size=8))
def test_any_order_and_number_of_repetitions(databases, expected, commands):
    databases.clean()
    for command in [*commands, "transactions", "labels"]:
        databases.run(*(TRANSACTIONS if command == "transactions" else ["labels"]))
        all_or_nothing(databases, expected)
    assert databases.transactions() == expected[0]
    assert databases.labels() == expected[1]


def test_several_at_once_on_empty_databases(db, expected):
    """Four processes that all find no table write one set of rows; four more give each one label."""
    results = db.together([TRANSACTIONS] * 4)
    assert [result.code for result in results] == [0] * 4, results
    assert sum("wrote" in result.out for result in results) == 1
    assert db.transactions() == expected[0]
    results = db.together([["labels"]] * 4)
    assert [result.code for result in results] == [0] * 4, results
    assert db.labels() == expected[1]


@pytest.fixture
def admin(db, postgres_admin):
    """The superuser in the same database, who sees what other sessions do."""
    with psycopg.connect(servers.postgres_url(postgres_admin | {"PGDATABASE": db.env["PGDATABASE"]}), autocommit=True) as conn:
        yield conn


def copying(admin):
    return admin.execute("SELECT 1 FROM pg_stat_progress_copy WHERE tuples_processed > 5000").fetchone()


def test_a_second_writer_of_the_interval_waits_for_the_first_and_finds_its_rows(db, admin):
    with db.start(*MANY) as first:
        eventually(lambda: copying(admin), "rows on their way")
        second = db.run(*MANY)
        assert first.wait(30) == 0
    assert (second.code, second.out) == (0, "already there: 40,000 transactions of 2026-01-31 09:30 – 10:00 UTC\n")


def test_labels_that_another_writer_commits_meanwhile_stay_also_after_a_deadlock(db, mysql_admin):
    """The other's rows are not visible when the labels are chosen, and are there when they are written."""
    db.run(*TRANSACTIONS)
    db.run("labels", "--fraud-rate=0")
    ids = list(db.labels())
    db.sql(f"DELETE FROM labeled_transactions WHERE transaction_id > {ids[50]}")
    db.sql("CREATE TABLE heavy (number int)")
    with servers.mysql_connection(mysql_admin | {"MYSQL_DATABASE": "data"}) as other, other.cursor() as cursor:
        other.begin()
        # The server ends a deadlock at the cost of whoever has changed less.
        cursor.execute("INSERT INTO heavy VALUES " + ",".join(["(1)"] * 5000))
        cursor.execute(f"INSERT INTO labeled_transactions VALUES ({ids[70]}, 1)")
        with db.start("labels", "--fraud-rate=0") as process:
            waiting = "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
            # The server renews that view only when nobody has looked at it for a tenth of a second.
            eventually(lambda: cursor.execute(waiting), "waiting for the other's row", every=0.2)
            cursor.execute(f"INSERT INTO labeled_transactions VALUES ({ids[60]}, 1)")
            other.commit()
            assert process.wait(30) == 0
    assert db.labels() == {transaction_id: transaction_id in (ids[60], ids[70]) for transaction_id in ids}


def test_different_intervals_and_labels_at_once(db):
    starts = [f"2026-01-31T{hour:02}:00:00Z" for hour in range(3)]
    commands = [["transactions", "--users=200", "--interval-start", start] for start in starts]
    results = db.together([*commands, TRANSACTIONS, TRANSACTIONS])
    assert [result.code for result in results] == [0] * 5, results
    label = ["labels", "--fraud-rate=0.3"]
    results = db.together([label, label, ["transactions", "--interval-start", "2026-02-01T00:00Z"]])
    assert [result.code for result in results] == [0] * 3, results
    db.run(*label)
    assert db.labels() == {row[0]: is_fraudulent(row[0], 0.3) for row in db.transactions()}


def test_a_session_that_the_server_ends_is_one_line_and_nothing_is_written(db, admin):
    with db.start(*MANY, "--users=400000") as process:
        eventually(lambda: copying(admin), "rows on their way")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fraud'")
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (1, "")
    assert err.count("\n") == 1, err
    assert "lost the connection to Postgres" in err
    assert db.transactions() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_the_write_rolls_back_at_once(db, admin, number):
    with db.start(*MANY, "--users=400000") as process:
        eventually(lambda: copying(admin), "rows on their way")
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (128 + number, "")
    assert err == f"python -m fraud transactions: stopped by {signal.Signals(number).name}; running it again completes the work\n"
    sessions = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'fraud'"
    eventually(lambda: not admin.execute(sessions).fetchone(), "the session is over")
    assert db.transactions() == []


def test_a_signal_while_waiting_for_another_writer(db, postgres_env):
    """Ends at once although the server is busy with a lock."""
    db.run(*TRANSACTIONS)
    with psycopg.connect(servers.postgres_url(postgres_env)) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, 29497530)", [LOCK])
        with db.start(*TRANSACTIONS) as process:
            waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            eventually(lambda: db.postgres.execute(waiting).fetchone(), "waiting for the lock")
            process.terminate()
            assert process.wait(5) == 143
