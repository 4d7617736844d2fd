"""The command line's arguments: names, defaults, help, and what they may be."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from common.answers import FORMATS
from taxi.errors import UsageError
from taxi.months import Month, parse_range

PROGRAM = "python -m taxi"
SAMPLE_ROWS = 100_000
EPILOG = """exit codes:
  0    done
  1    it could not be done
  2    wrong usage
  3    the month is not published yet, or cannot be mapped to the table: trying again is no use
  143  stopped by SIGTERM

environment:
  LAKE_PGHOST LAKE_PGPORT LAKE_PGDATABASE LAKE_PGUSER LAKE_PGPASSWORD   Postgres database of the lake's catalog
  AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_ENDPOINT_URL              object store (AWS itself without the last)
  PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD                            where figures are published as tables, if set
  PGSSLMODE PGSSLROOTCERT, LAKE_PGSSLMODE LAKE_PGSSLROOTCERT            how to trust each of them (default: prefer)
  TAXI_SOURCE TAXI_ZONES_SOURCE                                         where the files come from: https://… or s3://…
  TAXI_RAW TAXI_OUTPUTS TAXI_REQUESTS LAKE_DATA_PATH                    where they and the results go: s3://…
  LAKE_THREADS LAKE_MEMORY                                              what DuckDB may use of the machine"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and that takes no abbreviated flags."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}; see {self.prog} --help\n")


def parsed(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """An argparse type from a function that raises UsageError or ValueError with a reason for the user."""

    def convert_or_refuse(text: str) -> Any:
        try:
            return convert(text)
        except (UsageError, ValueError) as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert_or_refuse


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"a day is written like 2023-01-31, got {text!r}") from None


def whole_number(text: str) -> int:
    if not text.replace("_", "").isascii() or not text.replace("_", "").isdigit():
        raise UsageError(f"must be a whole number above 0, got {text!r}")
    return int(text)


def s3_folder(text: str) -> str:
    if not text.startswith("s3://") or not text.removeprefix("s3://").split("/")[0]:
        raise UsageError(f"must be like s3://bucket/folder, got {text!r}")
    return text


def parser() -> Parser:
    """The whole command line."""
    main = Parser(prog=PROGRAM, description="Taxi trips of New York in a lakehouse.", epilog=EPILOG)
    commands = main.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    month = parsed(Month.parse)

    add(commands, "migrate", "make the lake's catalog and tables where they are missing")
    command = add(commands, "sample", "make synthetic sample months, and put them and the zones file into the object store")
    command.add_argument("--months", type=parsed(parse_range), required=True, metavar="FIRST:LAST", help="such as 2023-01:2023-03")
    command.add_argument("--rows", type=parsed(whole_number), default=SAMPLE_ROWS, metavar="N", help="of each month (default %(default)s)")
    command.add_argument("--into", type=parsed(s3_folder), default="s3://raw/samples", metavar="URI", help="(default %(default)s)")
    command.add_argument("--force", action="store_true", help="also replace what is there already")
    command = add(commands, "fetch-file", "bring the file of a month from the source into the object store")
    command.add_argument("month", type=month, metavar="MONTH", help="such as 2023-03")
    for name, text in (
        ("load-month", "fetch the file of a month and load it into the lake, in the place of what was there of it"),
        ("month", "do what a month needs: fetch, load, and the figures of its weeks"),
    ):
        command = add(commands, name, text)
        command.add_argument("month", type=month, metavar="MONTH", help="such as 2023-03")
        command.add_argument("--keep-file", action="store_true", help="load the file that is in the object store; fetch none")
    command = add(commands, "load-zones", "fetch the file of the taxi zones and load it")
    command.add_argument("--keep-file", action="store_true", help="load the file that is in the object store; fetch none")
    command = add(commands, "weeks", "compute the figures of weeks, which begin on Sundays")
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("--month", type=month, metavar="MONTH", help="every week that touches the month")
    which.add_argument("--week", type=parsed(day), metavar="DATE", help="the week that begins on this Sunday")
    add(commands, "manhattan", "count the trips of Manhattan's zones and draw the map")
    add(commands, "report", "write a page about the lake: its months, the newest weeks, the zones where most trips begin")
    command = add(commands, "adhoc", "answer how many trips began in a borough, by hour and weekday")
    command.add_argument("--borough", required=True, metavar="NAME", help="such as Manhattan")
    command.add_argument("--start-date", type=parsed(day), required=True, metavar="DATE", help="first day")
    command.add_argument("--end-date", type=parsed(day), required=True, metavar="DATE", help="last day")
    command.add_argument("--filename", metavar="NAME", help="of the chart and the table, without an ending")
    add(commands, "maintain", "merge small files, forget old snapshots, delete files that nobody needs")
    command = add(commands, "sql", "run a query; the tables are taxi_trips and taxi_zones")
    command.add_argument("statement", metavar="SQL", help='such as "SELECT count(*) FROM taxi_trips"')
    command.add_argument("--format", choices=FORMATS, default="table", help="(default %(default)s)")
    command.add_argument("--write", action="store_true", help="allow the statement to change the lake")
    return main


def add(commands: Any, name: str, text: str) -> Parser:
    command: Parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", epilog=EPILOG)
    command.add_argument("--result-file", type=Path, metavar="PATH", help="also write the result to this file, as JSON")
    return command
