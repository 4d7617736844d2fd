"""The summary says what both tables say: after any order of runs, at once, killed or cut off, and with every password."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import signal
import subprocess
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import servers
from cutting_proxy import CuttingProxy
from eventually import eventually

from fraud import environment
from fraud.transactions_table import LOCK

NINE = "2026-01-31T09:30:00+00:00/2026-01-31T10:00:00+00:00"
TEN = "2026-01-31T10:00:00+00:00/2026-01-31T10:30:00+00:00"
FILE = "fraud/fraud_summary.csv"
Rows = list[tuple[Any, ...]]


@pytest.fixture
def both(db: Any, s3_env: servers.Settings) -> Any:
    """Both databases, empty, and an object store without the file."""
    db.postgres.execute("DROP TABLE IF EXISTS fraud_summary")
    servers.s3_client(s3_env).delete_object(Bucket="outputs", Key=FILE)
    return dataclasses.replace(db, env=db.env | s3_env)


@pytest.fixture
def file(s3_env: servers.Settings) -> Callable[[], Rows]:
    """Reads the file's rows."""

    def read() -> Rows:
        content = servers.s3_client(s3_env).get_object(Bucket="outputs", Key=FILE)["Body"].read().decode()
        header, *lines = csv.reader(io.StringIO(content))
        assert header == ["hour", "stock_symbol", "transactions", "amount", "fraudulent_transactions", "fraudulent_amount"]
        return [(hour, symbol, int(n), Decimal(amount), int(m), Decimal(fraud)) for hour, symbol, n, amount, m, fraud in lines]

    return read


def table(db: Any) -> Rows:
    columns = "hour::text, stock_symbol, transactions, amount, fraudulent_transactions, fraudulent_amount"
    return list(db.postgres.execute(f"SELECT {columns} FROM fraud_summary ORDER BY 1, 2"))


def expected(db: Any) -> Rows:
    """The same, added up here."""
    labels = db.labels()
    sums: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0, Decimal(0), 0, Decimal(0)])
    for row in db.postgres.execute("SELECT transaction_id, transaction_date::text, stock_symbol, amount FROM customer_transactions"):
        for number in (0, 2) if labels.get(row[0]) else (0,):
            sums[f"{row[1][:13]}:00:00", row[2]][number] += 1
            sums[f"{row[1][:13]}:00:00", row[2]][number + 1] += row[3]
    return [(*key, *sums[key]) for key in sorted(sums)]


def fill(db: Any, *starts: str) -> None:
    for start in starts:
        assert db.run("transactions", f"--interval-start={start}").code == 0
    assert db.run("labels").code == 0


def two_intervals(db: Any) -> None:
    fill(db, "2026-01-31T09:30:00Z", "2026-01-31T10:00:00Z")


def test_table_and_file_say_what_both_tables_say(both: Any, file: Callable[[], Rows], tmp_path: Any) -> None:
    two_intervals(both)
    result = both.run("summary", f"--result-file={tmp_path / 'return.json'}")
    assert (result.code, result.err) == (0, "")
    assert table(both) == file() == expected(both)
    rows = len(table(both))
    transactions = len(both.transactions())
    assert json.loads((tmp_path / "return.json").read_text()) == {
        "hours": 2,
        "rows": rows,
        "transactions": transactions,
        "fraudulent_transactions": sum(both.labels().values()),
        "uri": "s3://outputs/fraud/fraud_summary.csv",
        "file_rows": rows,
        "interval_start": None,
        "interval_end": None,
    }
    assert f"summarised {transactions:,} transactions of 2 hours in {rows} rows" in result.out


def test_only_the_hours_of_the_intervals_are_renewed(both: Any, file: Callable[[], Rows], tmp_path: Any) -> None:
    two_intervals(both)
    both.run("summary")
    before = table(both)
    both.postgres.execute("UPDATE fraud_summary SET amount = 0")
    assert both.run("summary", f"--intervals={TEN}", f"--result-file={tmp_path / 'return.json'}").code == 0
    assert [row for row in table(both) if "10:00:00" in row[0]] == [row for row in before if "10:00:00" in row[0]]
    assert {row[3] for row in table(both) if "09:00:00" in row[0]} == {0}
    assert file() == table(both)
    said = json.loads((tmp_path / "return.json").read_text())
    assert (said["hours"], said["interval_start"], said["interval_end"]) == (1, "2026-01-31T10:00:00+00:00", "2026-01-31T10:30:00+00:00")
    assert both.run("summary", f"--intervals={NINE},{TEN}").code == 0
    assert table(both) == before


def test_hours_that_no_interval_names_are_renewed_when_they_are_not_up_to_date(both: Any, file: Callable[[], Rows]) -> None:
    two_intervals(both)
    both.run("summary")
    both.postgres.execute("DELETE FROM customer_transactions WHERE transaction_date < '2026-01-31 09:45'")
    both.sql("DELETE FROM labeled_transactions")
    assert both.run("transactions", "--interval-start=2026-01-31T12:00:00Z").code == 0
    assert both.run("summary", f"--intervals={TEN}").code == 0
    assert table(both) == file() == expected(both)
    assert {row[4] for row in table(both)} == {0}
    assert both.run("labels").code == 0
    assert both.run("summary", f"--intervals={TEN}").code == 0
    assert table(both) == expected(both)
    assert all(any(row[4] for row in table(both) if hour in row[0]) for hour in ("09:00:00", "10:00:00", "12:00:00"))


def test_very_many_scattered_hours_are_renewed_as_all_hours(both: Any, file: Callable[[], Rows]) -> None:
    both.run("transactions")
    both.run("labels")
    both.postgres.execute("DELETE FROM customer_transactions")
    both.postgres.execute(
        "INSERT INTO customer_transactions (transaction_id, user_id, transaction_date, amount, stock_symbol) "
        "SELECT i, 1, '2026-01-31'::timestamp + i * interval '2 hours', 1.25, 'BTC' FROM generate_series(1, 150) i"
    )
    assert both.run("summary", f"--intervals={NINE}").out.startswith("summarised 150 transactions of 150 hours in 150 rows")
    assert table(both) == file() == expected(both)


def test_an_interval_without_transactions_gives_nothing_and_is_no_failure(both: Any, file: Callable[[], Rows]) -> None:
    two_intervals(both)
    both.postgres.execute("DELETE FROM customer_transactions")
    both.sql("DELETE FROM labeled_transactions")
    assert both.run("summary", f"--intervals={NINE}").out.startswith("summarised 0 transactions of 1 hours in 0 rows")
    assert (table(both), file()) == ([], [])


def test_sums_of_amounts_without_a_scale_are_exact(both: Any, file: Callable[[], Rows]) -> None:
    both.postgres.execute(
        "CREATE TABLE customer_transactions (transaction_id bigint, transaction_date timestamp, amount numeric, stock_symbol text)"
    )
    both.postgres.execute(
        "INSERT INTO customer_transactions SELECT i, '2026-01-31 09:59:59.999999', 0.1, NULL FROM generate_series(1, 1000) i"
    )
    both.sql("CREATE TABLE labeled_transactions (transaction_id int PRIMARY KEY, is_fraudulent int)")
    both.sql("INSERT INTO labeled_transactions VALUES (1, 1), (2, 2), (3, 0), (4, NULL)")
    assert both.run("summary").code == 0
    assert table(both) == file() == [("2026-01-31 09:00:00", "", 1000, Decimal(100), 2, Decimal("0.2"))]


def test_several_at_once_leave_the_rows_of_all(both: Any, file: Callable[[], Rows]) -> None:
    two_intervals(both)
    results = both.together([["summary", f"--intervals={NINE}"], ["summary", f"--intervals={TEN}"], ["summary"]])
    assert [result.code for result in results] == [0, 0, 0], results
    assert table(both) == file() == expected(both)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.8, 0.95])
@pytest.mark.parametrize("server", ["PGPORT", "MYSQL_PORT"])
def test_a_connection_that_breaks_leaves_the_old_rows_or_the_new(both: Any, file: Callable[[], Rows], server: str, share: float) -> None:
    two_intervals(both)
    both.run("summary")
    before = table(both)
    with CuttingProxy(int(both.env[server])) as proxy:
        assert both.run("summary", **{server: proxy.port}).code == 0
    fill(both, "2026-01-31T10:30:00Z")
    with CuttingProxy(int(both.env[server]), int(share * proxy.passed["requests"])) as cut:
        result = both.run("summary", **{server: cut.port})
    assert result.code in (0, 1)
    assert result.err.count("\n") == result.code, result.err
    assert table(both) in (before, expected(both))
    assert both.run("summary", f"--intervals={TEN}").code == 0
    assert table(both) == file() == expected(both)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_one_that_is_killed_while_it_waits_or_works_leaves_the_old_rows(both: Any, postgres_env: servers.Settings, number: int) -> None:
    two_intervals(both)
    both.run("summary")
    before = table(both)
    fill(both, "2026-01-31T11:00:00Z")
    with psycopg.connect(servers.postgres_url(postgres_env)) as other:
        # The lock of the table holds it up in the middle: it has summarised, and is about to replace.
        other.execute("LOCK TABLE fraud_summary IN ACCESS EXCLUSIVE MODE")
        with both.start("summary") as process:
            waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'fraud_summary'::regclass"
            eventually(lambda: both.postgres.execute(waiting).fetchone(), "waiting for the table")
            process.send_signal(number)
            _, err = process.communicate(timeout=20)
    assert err == ("" if number == signal.SIGKILL else "python -m fraud summary: stopped by SIGTERM; running it again completes the work\n")
    assert table(both) == before
    assert both.run("summary", f"--intervals={TEN}").code == 0
    assert table(both) == expected(both)


def test_a_second_one_waits_for_the_first(both: Any, postgres_env: servers.Settings) -> None:
    two_intervals(both)
    with psycopg.connect(servers.postgres_url(postgres_env), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, -1)", [LOCK])
        with both.start("summary") as process:
            with pytest.raises(subprocess.TimeoutExpired):
                process.communicate(timeout=4)
            other.execute("SELECT pg_advisory_unlock(%s, -1)", [LOCK])
            process.communicate(timeout=30)
            assert process.returncode == 0
    assert table(both) == expected(both)


@pytest.mark.parametrize("variable", [v.name for v in environment.POSTGRES + environment.MYSQL + environment.STORE if v.default is None])
def test_a_missing_variable_is_named(both: Any, variable: str) -> None:
    env = {name: value for name, value in both.env.items() if name != variable}
    result = dataclasses.replace(both, env=env).run("summary")
    assert (result.code, result.out) == (1, "")
    assert result.err == f"python -m fraud summary: error: missing environment variable {variable}\n"


MISTAKES = {
    "no interval": (["--intervals=yesterday"], {}, 2, "must be intervals like 2026-01-31T09:30:00+00:00/2026-01-31T10:00:00+00:00"),
    "reversed": (["--intervals=2026-01-31T10:00:00Z/2026-01-31T09:00:00Z"], {}, 2, "start before it ends"),
    "the end of time": (["--intervals=9999-12-31T22:00:00Z/9999-12-31T23:30:00Z"], {}, 2, "last hour of the calendar"),
    "no offset": (["--intervals=2026-01-31T10:00:00/2026-01-31T11:00:00"], {}, 2, "offset from UTC"),
    "Postgres is down": ([], {"PGPORT": "1"}, 1, "cannot connect to Postgres at 127.0.0.1:1"),
    "MySQL is down": ([], {"MYSQL_PORT": "1"}, 1, "cannot connect to MySQL at 127.0.0.1:1"),
    "no object store": (
        [],
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        1,
        "the table is renewed, but s3://outputs/fraud/fraud_summary.csv",
    ),
    "wrong key": ([], {"AWS_SECRET_ACCESS_KEY": "wrong"}, 1, "cannot be written"),
    "no such bucket": ([], {"FRAUD_OUTPUTS": "s3://nowhere/fraud"}, 1, "s3://nowhere/fraud/fraud_summary.csv cannot be written"),
    "no folder": ([], {"FRAUD_OUTPUTS": "/tmp"}, 1, "environment variable FRAUD_OUTPUTS must be s3://…, got '/tmp'"),
    "no address": ([], {"AWS_ENDPOINT_URL": "store:7070"}, 1, "AWS_ENDPOINT_URL must be a URL"),
}


@pytest.mark.parametrize(("arguments", "changed", "code", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line(both: Any, arguments: list[str], changed: dict[str, str], code: int, words: str) -> None:
    two_intervals(both)
    result = both.run("summary", *arguments, **changed)
    assert (result.code, result.out) == (code, "")
    assert result.err.count("\n") == 1, result.err
    assert words in result.err
    assert servers.PASSWORD not in result.err


def test_tables_that_are_not_there_yet_are_named(both: Any) -> None:
    assert both.run("summary").err.endswith("Postgres has no table public.customer_transactions yet; write transactions first\n")
    both.run("transactions")
    assert both.run("summary").err.endswith("MySQL has no table labeled_transactions yet; write labels first\n")


def test_help_names_every_flag_and_variable(both: Any) -> None:
    text = both.run("summary", "--help").out
    for variable in environment.POSTGRES + environment.MYSQL + environment.STORE:
        assert variable.name in text
    assert "--intervals" in text
    assert "examples:" in text
