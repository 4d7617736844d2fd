"""`python -m taxi` as a person or an orchestrator uses it: what it prints, and how it ends."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import months_of_trips as files
import pyarrow
import pytest
import servers
from months_of_trips import MARCH, one_trip

from taxi import cli, lake, locks
from taxi.settings import Settings


@dataclass(frozen=True)
class Result:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def taxi(environment: dict[str, str], clean_environment: dict[str, str]) -> Run:
    """The command line in this process. Keyword arguments are environment variables, None for those to leave out."""

    def run(*arguments: str, **changed: str | None) -> Result:
        variables = clean_environment | environment | changed
        out, err = io.StringIO(), io.StringIO()
        kept = {name: value for name, value in variables.items() if value is not None}
        env = mock.patch.dict(os.environ, kept, clear=True)
        with env, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = cli.main(arguments)
            except SystemExit as exit_:
                code = int(str(exit_.code))
        return Result(code, out.getvalue(), err.getvalue())

    return run


def test_from_nothing_to_an_answer(taxi: Run, environment: dict[str, str], tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    assert taxi("migrate") == Result(0, "made taxi_trips and taxi_zones\n", "")
    assert taxi("migrate") == Result(0, "the lake is there: taxi_trips and taxi_zones\n", "")
    made = taxi("sample", "--months", "2023-01:2023-02", "--rows", "1_000", "--into", environment["TAXI_SOURCE"])
    assert (made.code, made.err) == (0, "")
    assert made.out.startswith(f"made 4 files in {environment['TAXI_SOURCE']} in ")
    assert taxi("fetch-file", "2023-02").out.startswith(f"fetched {environment['TAXI_RAW']}/yellow_tripdata_2023-02.parquet: 1,000 trips, ")
    loaded = taxi("load-month", "2023-01", "--result-file", str(result))
    assert (loaded.code, loaded.err) == (0, "")
    assert loaded.out.startswith("loaded 2023-01: 1,000 trips, ")
    told = json.loads(result.read_text())
    assert (told["month"], told["rows"], told["file_rows"]) == ("2023-01", 1_000, 1_000)
    assert taxi("load-month", "--keep-file", "2023-02").code == 0
    asked = taxi("sql", "SELECT partition_date AS month, count(*) AS n FROM taxi_trips GROUP BY 1 ORDER BY 1")
    assert asked == Result(0, "month          n\n----------  ----\n2023-01-01  1000\n2023-02-01  1000\n(2 rows)\n", "")


def test_one_command_does_what_a_month_needs(taxi: Run, environment: dict[str, str], tmp_path: Path) -> None:
    taxi("migrate")
    taxi("sample", "--months", "2023-03", "--rows", "1000", "--into", environment["TAXI_SOURCE"])
    done = taxi("month", "2023-03", "--result-file", str(tmp_path / "result"))
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["loaded 2023-03", *(f"week of {day}" for day in WEEKS_OF_MARCH)]
    weeks = json.loads((tmp_path / "result").read_text())["weeks"]
    assert [week["period"] for week in weeks] == WEEKS_OF_MARCH
    assert taxi("report").out.startswith(f"reported 1,000 trips of 1 months: {environment['TAXI_OUTPUTS']}/report.md, in ")


WEEKS_OF_MARCH = ["2023-02-26", "2023-03-05", "2023-03-12", "2023-03-19", "2023-03-26"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "choose a command"),
        (("frob",), "invalid choice: 'frob'"),
        (("load-month",), "required: MONTH"),
        (("load-month", "2023-13"), "a month is written like 2023-03, got '2023-13'"),
        (("load-month", "9999-12"), "a month is written like 2023-03, got '9999-12'"),
        (("load-month", "2023-3"), "a month is written like 2023-03, got '2023-3'"),
        (("load-month", "2023-03-02"), "a month is written like 2023-03, got '2023-03-02'"),
        (("sample", "--months", "2023-03:2023-01"), "the first month 2023-03 lies after the last one 2023-01"),
        (("sample", "--months", "2023-03", "--rows", "-1"), "must be a whole number above 0, got '-1'"),
        (("sample", "--months", "2023-03", "--rows", "0"), "a sample month has from 1 to 100,000,000 rows, not 0"),
        (("sample", "--months", "2023-03", "--into", "raw/samples"), "must be like s3://bucket/folder, got 'raw/samples'"),
        (("weeks",), "one of the arguments --month --week is required"),
        (("weeks", "--week", "soon"), "a day is written like 2023-01-31, got 'soon'"),
        (("sql",), "required: SQL"),
        (("sql", "SELECT 1", "--format", "xml"), "invalid choice: 'xml'"),
        (("maintain", "--frob"), "unrecognized arguments: --frob"),
    ],
)
def test_wrong_usage_is_one_line_and_ends_with_2(taxi: Run, arguments: tuple[str, ...], reason: str) -> None:
    result = taxi(*arguments)
    assert (result.code, result.out) == (2, "")
    assert reason in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"LAKE_PGHOST": None, "AWS_SECRET_ACCESS_KEY": None}, "missing environment variables LAKE_PGHOST, AWS_SECRET_ACCESS_KEY"),
        ({"LAKE_PGPORT": "many"}, "environment variable LAKE_PGPORT must be a port number, got 'many'"),
        ({"PGDATABASE": None, "PGUSER": ""}, "missing environment variables PGDATABASE, PGUSER"),
        ({"LAKE_PGPASSWORD": "", "PGPASSWORD": servers.PASSWORD}, 'password authentication failed for user "lake"'),
        (
            {"LAKE_PGSSLMODE": "verify"},
            "environment variable LAKE_PGSSLMODE must be one of disable, allow, prefer, require, verify-ca, verify-full",
        ),
        ({"LAKE_PGSSLMODE": "require"}, "server does not support SSL, but SSL was required"),
        ({"SSL_CERT_FILE": "/no/such/file"}, "SSL_CERT_FILE or AWS_CA_BUNDLE names /no/such/file, which is no file"),
        ({"TAXI_SOURCE": "http://[x"}, "environment variable TAXI_SOURCE must be http://… or https://… or s3://…, got 'http://[x'"),
        ({"LAKE_PGPASSWORD": "wrong"}, 'password authentication failed for user "lake"'),
        ({"LAKE_PGPORT": "1"}, "of Postgres at 127.0.0.1:1"),
        ({"TAXI_RAW": "raw/taxi"}, "environment variable TAXI_RAW must be s3://…, got 'raw/taxi'"),
        ({"TAXI_SOURCE": "ftp://tlc"}, "environment variable TAXI_SOURCE must be http://… or https://… or s3://…, got 'ftp://tlc'"),
        ({"AWS_ENDPOINT_URL": "objectstore:7070"}, "environment variable AWS_ENDPOINT_URL must be a URL like http://host:7070"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "in the object store at http://127.0.0.1:1: "),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "in the object store at http://127.0.0.1"),
        ({"LAKE_THREADS": "two"}, "environment variable LAKE_THREADS must be a whole number above 0, got 'two'"),
        ({"LAKE_MEMORY": "lots"}, "cannot start DuckDB with LAKE_MEMORY lots"),
    ],
)
def test_wrong_surroundings_are_one_line_and_end_with_1(taxi: Run, settings: Settings, changed: dict[str, str | None], reason: str) -> None:
    files.put(settings, MARCH, pyarrow.Table.from_pylist([one_trip()]))
    result = taxi("load-month", "2023-03", "--keep-file", **changed)
    assert (result.code, result.out) == (1, "")
    assert reason in result.err
    assert len(result.err.splitlines()) == 1
    assert result.err.startswith("python -m taxi load-month: error: ")


def test_what_is_no_use_to_try_again_ends_with_3(taxi: Run, settings: Settings) -> None:
    missing = taxi("load-month", "2023-05")
    assert (missing.code, missing.out) == (3, "")
    assert "error: month 2023-05 is not published yet at s3://raw/" in missing.err
    files.put(settings, MARCH, pyarrow.Table.from_pylist([one_trip(drone_fee=1.0)]))
    strange = taxi("load-month", "2023-03", "--keep-file")
    assert (strange.code, strange.out) == (3, "")
    assert "taxi_trips has no place for the file's column drone_fee" in strange.err


def test_a_lake_that_nobody_made_says_what_to_do(taxi: Run) -> None:
    result = taxi("sql", "SELECT 1")
    assert result.code == 1
    assert "holds no lake yet; make it with `python -m taxi migrate`" in result.err


def test_a_catalog_keeps_its_place(taxi: Run, settings: Settings) -> None:
    result = taxi("migrate", LAKE_DATA_PATH="s3://lake/elsewhere")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "s3://lake/elsewhere/" in result.err


def test_answers_come_as_table_csv_or_json(taxi: Run, settings: Settings) -> None:
    query = (
        "SELECT 1 AS n, NULL AS nothing, 'a, \"b\"' AS text, DATE '2023-03-01' AS day, "
        "1.50::DECIMAL(5, 2) AS amount, 'ü' || chr(10) AS line"
    )
    assert taxi("sql", query).out.splitlines()[2] == '1     NULL  a, "b"  2023-03-01    1.50  ü'
    rows = list(csv.reader(io.StringIO(taxi("sql", query, "--format", "csv").out)))
    assert rows[0] == ["n", "nothing", "text", "day", "amount", "line"]
    assert rows[1][:5] == ["1", "", 'a, "b"', "2023-03-01", "1.50"]
    told = json.loads(taxi("sql", query, "--format", "json").out)
    assert told == [{"n": 1, "nothing": None, "text": 'a, "b"', "day": "2023-03-01", "amount": 1.5, "line": "ü\n"}]
    wide = taxi("sql", "SELECT repeat('x', 300000) AS geometry").out
    assert max(map(len, wide.splitlines())) == 60


def test_a_query_changes_nothing_unless_it_may(taxi: Run, settings: Settings) -> None:
    insert = "INSERT INTO taxi_zones VALUES (1, 'a', 'b', 'c')"
    refused = taxi("sql", insert)
    assert refused.code == 1
    assert "read-only" in refused.err
    assert "give --write to change the lake" in refused.err
    assert taxi("sql", insert, "--write").code == 0
    assert taxi("sql", "SELECT zone_id FROM taxi_zones", "--format", "csv").out == "zone_id\n1\n"
    mistake = taxi("sql", "SELEC 1")
    assert (mistake.code, mistake.err.splitlines()[0][:57]) == (1, "python -m taxi sql: error: Parser Error: syntax error at ")


def test_a_result_file_that_cannot_be_written_is_known_before_the_work(taxi: Run, settings: Settings, tmp_path: Path) -> None:
    files.put(settings, MARCH, pyarrow.Table.from_pylist([one_trip()]))
    result = taxi("load-month", "2023-03", "--keep-file", "--result-file", str(tmp_path / "no/such"))
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert files.totals(settings) == {}


def test_a_signal_ends_a_waiting_load_at_once_and_cleans_up(
    settings: Settings, environment: dict[str, str], clean_environment: dict[str, str]
) -> None:
    files.put(settings, MARCH, files.REAL_2023_03)
    command = [sys.executable, "-m", "taxi", "load-month", "2023-03", "--keep-file"]
    with (
        lake.commit_lock(settings),
        subprocess.Popen(command, env=clean_environment | environment, stderr=subprocess.PIPE, text=True) as process,
    ):
        deadline = time.monotonic() + 60
        while not files.stored_files(settings) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 143
    assert errors == "python -m taxi load-month: stopped by SIGTERM; running it again completes the work\n"
    assert files.stored_files(settings) == set()


@pytest.mark.parametrize(
    "endless",
    [
        "SELECT count(*) FROM range(100000000000) a WHERE hash(a.range) = 1",
        # DuckDB does not look up from this one: only the end of the process ends it.
        "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range, b.range) = 1",
    ],
)
def test_a_signal_amid_a_query_ends_it(
    settings: Settings, environment: dict[str, str], clean_environment: dict[str, str], endless: str
) -> None:
    command = [sys.executable, "-m", "taxi", "sql", endless]
    with subprocess.Popen(command, env=clean_environment | environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            with locks.postgres(settings.lake) as conn:
                deadline = time.monotonic() + 60
                while conn.execute(ATTACHED, [settings.lake.database]).fetchone() == (0,) and time.monotonic() < deadline:
                    time.sleep(0.1)
            time.sleep(2)
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 143
    assert time.monotonic() - begun < 20
    assert errors == "python -m taxi sql: stopped by SIGTERM; running it again completes the work\n"


ATTACHED = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


def test_nothing_heavy_is_imported_for_the_help() -> None:
    heavy = {"duckdb", "boto3", "psycopg", "shapely", "matplotlib"}
    code = f"import sys; from taxi import arguments, cli; print(sorted({heavy} & set(sys.modules)))"
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=path)
    assert done.stdout == "[]\n"
