"""Mistakes and outages: exit code 2 for wrong usage and 1 for the rest, one clear line, nothing written."""

import contextlib
import dataclasses
import socket
import subprocess
import threading
import time

import pytest
import servers

from fraud import environment

START = "--interval-start=2026-01-31T09:30:00+00:00"
VARIABLES = [variable for variable in (*environment.POSTGRES, *environment.MYSQL) if variable.default is None]


def finish(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def nothing_written(db):
    assert db.postgres.execute("SELECT to_regclass('customer_transactions')").fetchone() == (None,)
    assert db.sql("SHOW TABLES") == ()


USAGE = {
    "no command": ([], "choose a command"),
    "unknown command": (["trade"], "trade"),
    "unknown flag": (["transactions", "--colour=red"], "--colour"),
    "abbreviated flag": (["transactions", "--user=3"], "--user"),
    "negative users": (["transactions", "--users=-5"], "--users: must be from 1"),
    "negative users apart": (["transactions", "--users", "-5"], "--users"),
    "no users": (["transactions", "--users=0"], "--users: must be from 1"),
    "users in words": (["transactions", "--users=many"], "--users: must be a whole number, got 'many'"),
    "half a user": (["transactions", "--users=1.5"], "--users"),
    "negative rows": (["transactions", "--rows-per-user=-5"], "--rows-per-user"),
    "reversed rows": (["transactions", "--rows-per-user=9-3"], "--rows-per-user"),
    "too many rows": (["transactions", "--users=1000001", "--rows-per-user=1-10"], "at most 10,000,000 rows"),
    "empty rows": (["transactions", "--rows-per-user="], "--rows-per-user"),
    "no time": (["transactions", "--interval-start=today"], "--interval-start"),
    "no offset": (["transactions", "--interval-start=2026-01-31T09:30:00"], "offset"),
    "seconds": (["transactions", "--interval-start=2026-01-31T09:30:01Z"], "whole minute"),
    "too early": (["transactions", "--interval-start=1969-01-31T09:30:00Z"], "2000-01-01"),
    "too late": (["transactions", "--interval-start=9999-12-31T23:45:00Z"], "out of range"),
    "reversed interval": (["transactions", START, "--interval-end=2026-01-31T09:00:00Z"], "start before it ends"),
    "empty interval": (["transactions", START, "--interval-end=2026-01-31T09:30:00Z"], "start before it ends"),
    "end alone": (["labels", "--interval-end=2026-01-31T09:30:00Z"], "--interval-start"),
    "rate above one": (["labels", "--fraud-rate=1.01"], "--fraud-rate: must be a number from 0 to 1"),
    "negative rate": (["labels", "--fraud-rate=-0.1"], "--fraud-rate"),
    "rate not a number": (["labels", "--fraud-rate=nan"], "--fraud-rate"),
    "infinite rate": (["labels", "--fraud-rate=inf"], "--fraud-rate"),
    "rate in words": (["labels", "--fraud-rate=half"], "--fraud-rate"),
    "negative seed": (["labels", "--seed=-1"], "--seed"),
    "no patience": (["labels", "--connect-timeout=0"], "--connect-timeout"),
    "flag of the other command": (["labels", "--users=3"], "--users"),
    "surplus word": (["transactions", "now"], "now"),
    "missing value": (["transactions", "--users"], "--users"),
}


@pytest.mark.parametrize(("arguments", "word"), USAGE.values(), ids=USAGE)
def test_wrong_usage(db, arguments, word):
    result = db.run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1, result.err
    assert word in result.err
    nothing_written(db)


@pytest.mark.parametrize("variable", [variable.name for variable in VARIABLES])
def test_a_missing_variable_is_named(db, variable):
    for command in ("transactions", "labels"):
        if command == "transactions" and variable.startswith("MYSQL"):
            continue
        env = {name: value for name, value in db.env.items() if name != variable}
        result = dataclasses.replace(db, env=env).run(command)
        assert (result.code, result.out) == (1, "")
        assert result.err == f"python -m fraud {command}: error: missing environment variable {variable}\n"
    nothing_written(db)


OUTAGES = {
    "Postgres is down": ("transactions", {"PGPORT": "1"}, "cannot connect to Postgres at 127.0.0.1:1"),
    "Postgres is down for labels": ("labels", {"PGPORT": "1"}, "cannot connect to Postgres at 127.0.0.1:1"),
    "MySQL is down": ("labels", {"MYSQL_PORT": "1"}, "cannot connect to MySQL at 127.0.0.1:1"),
    "unknown host": ("transactions", {"PGHOST": "no-such-host.invalid"}, "no-such-host.invalid"),
    "unknown MySQL host": ("labels", {"MYSQL_HOST": "no-such-host.invalid"}, "no-such-host.invalid"),
    "wrong password": ("transactions", {"PGPASSWORD": "wrong"}, "password authentication failed"),
    "empty password": ("transactions", {"PGPASSWORD": ""}, "password"),
    "wrong MySQL password": ("labels", {"MYSQL_PASSWORD": "wrong"}, "Access denied"),
    "unknown role": ("transactions", {"PGUSER": "nobody"}, "nobody"),
    "unknown database": ("transactions", {"PGDATABASE": "nothing"}, "nothing"),
    "unknown MySQL database": ("labels", {"MYSQL_DATABASE": "nothing"}, "nothing"),
    "no rights": ("transactions", {"PGDATABASE": "template1"}, "permission denied"),
    "port in words": ("transactions", {"PGPORT": "five"}, "PGPORT must be a port number"),
    "MySQL port out of range": ("labels", {"MYSQL_PORT": "70000"}, "MYSQL_PORT must be a port number"),
}


@pytest.mark.parametrize(("command", "changed", "word"), OUTAGES.values(), ids=OUTAGES)
def test_an_outage_is_one_line(db, command, changed, word):
    code, out, err = finish(db.start(command, **changed))
    assert (code, out) == (1, "")
    assert err.count("\n") == 1, err
    assert err.startswith(f"python -m fraud {command}: error: ")
    assert word in err
    nothing_written(db)


@pytest.fixture
def silent_port():
    """A port that takes connections and never says a word, as a hanging server or a swallowing firewall."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[object] = []

        def accept() -> None:
            with contextlib.suppress(OSError):  # the listener is closed
                while True:
                    kept.append(listener.accept())

        threading.Thread(target=accept, daemon=True).start()
        yield str(listener.getsockname()[1])


def test_a_database_that_does_not_answer_is_given_up(db, silent_port):
    begun = time.monotonic()
    cases = [("transactions", "PGPORT"), ("labels", "PGPORT"), ("labels", "MYSQL_PORT")]
    for process in [db.start(command, "--connect-timeout=2", **{variable: silent_port}) for command, variable in cases]:
        code, out, err = finish(process)
        assert (code, out) == (1, "")
        assert err.count("\n") == 1, err
        assert "cannot connect to" in err
    assert time.monotonic() - begun < 10
    nothing_written(db)


def test_a_statement_may_take_longer_than_a_connection(db, mysql_env):
    db.run("transactions")
    db.run("labels")
    with servers.mysql_connection(mysql_env) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLES labeled_transactions WRITE")
        process = db.start("labels", "--connect-timeout=1")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        cursor.execute("UNLOCK TABLES")
        assert finish(process)[0] == 0


@pytest.mark.parametrize("place", ["missing/return.json", "."])
def test_an_unwritable_result_file_is_noticed_before_anything_is_written(db, tmp_path, place):
    result = db.run("transactions", f"--result-file={tmp_path / place}")
    assert result.code == 1
    assert str(tmp_path) in result.err
    assert result.err.count("\n") == 1
    nothing_written(db)


def test_help_names_every_flag_default_and_variable(db):
    for command, groups in {"transactions": environment.POSTGRES, "labels": environment.POSTGRES + environment.MYSQL}.items():
        result = db.run(command, "--help")
        assert result.code == 0
        for variable in groups:
            assert variable.name in result.out
        assert "examples:" in result.out
    assert "(default 10)" in db.run("transactions", "--help").out
    assert "(default 5-20)" in db.run("transactions", "--help").out
    assert "(default 0.5)" in db.run("labels", "--help").out
    assert {"transactions", "labels"} <= set(db.run("--help").out.split())
