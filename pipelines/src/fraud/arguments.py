"""The command line's arguments: names, defaults, help, and what they may be."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from common.answers import FORMATS
from fraud import environment
from fraud.generate import DEFAULT_ROWS_PER_USER, DEFAULT_USERS, MAX_CENTS, MIN_CENTS
from fraud.hours import parse_intervals
from fraud.interval import DEFAULT_LENGTH, IDS_PER_INTERVAL, Interval, last_complete, parse_moment
from fraud.values import parsed, rate, row_range, whole_number

PROGRAM = "python -m fraud"
DEFAULT_RATE = 0.5
DEFAULT_CONNECT_TIMEOUT = 10
DESCRIPTION = "Random transactions in Postgres, fraud labels for them in MySQL, and a summary of both."
COMMANDS = """commands:
  transactions   write the random transactions of one data interval, exactly once
  labels         give every transaction that has none a fraud label
  summary        summarise transactions and labels by hour and symbol, as a table and a file
  sql            look at the tables in Postgres"""
EXIT_CODES = """exit codes:
  0    done, or already there
  1    it could not be done
  2    wrong usage
  143  stopped by SIGTERM"""


class Layout(argparse.RawDescriptionHelpFormatter):
    """Help with room for the longest flag, so that each takes one line on a usual terminal."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and that takes no abbreviated flags."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=Layout, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}; see {self.prog} --help\n")


def parser() -> Parser:
    """The whole command line."""
    main = Parser(prog=PROGRAM, description=f"{DESCRIPTION}\n\n{COMMANDS}", epilog=EXIT_CODES)
    commands = main.add_subparsers(dest="command", metavar="COMMAND", help="one of the above; COMMAND --help tells more")
    add_transactions(commands)
    add_labels(commands)
    add_summary(commands)
    add_sql(commands)
    return main


def add_transactions(commands: Any) -> None:
    command = commands.add_parser(
        "transactions",
        description="Write the random transactions of one data interval to Postgres, exactly once:\n"
        "the same interval and parameters always give the same rows.\n"
        f"Amounts are from {MIN_CENTS / 100:.2f} to {MAX_CENTS / 100:.2f}, dates lie inside the interval.\n"
        "The table customer_transactions is made or migrated when needed.",
        epilog=epilog(
            "python -m fraud transactions\n"
            "  python -m fraud transactions --interval-start 2026-01-31T09:30:00Z\n"
            "  python -m fraud transactions --users 50000 --rows-per-user 20   # a million rows",
            environment.POSTGRES,
        ),
    )
    count = parsed(whole_number(1, IDS_PER_INTERVAL))
    command.add_argument("--users", type=count, default=DEFAULT_USERS, metavar="N", help="users 1 to N (default %(default)s)")
    command.add_argument(
        "--rows-per-user",
        type=parsed(row_range),
        default=DEFAULT_ROWS_PER_USER,
        metavar="N|MIN-MAX",
        help="transactions of each user, a number or a range to choose from (default %(default)s)",
    )
    add_interval(command, "the last complete half hour")
    add_common(command, "chooses other rows")


def add_labels(commands: Any) -> None:
    command = commands.add_parser(
        "labels",
        description="Give every transaction in Postgres that has none a fraud label in MySQL.\n"
        "A label depends on the transaction's id, the rate and the seed alone;\n"
        "labels that are there stay as they are.\n"
        "The table labeled_transactions is made or migrated when needed.",
        epilog=epilog(
            "python -m fraud labels\n  python -m fraud labels --fraud-rate 0.02",
            environment.POSTGRES,
            environment.MYSQL,
        ),
    )
    command.add_argument(
        "--fraud-rate", type=parsed(rate), default=DEFAULT_RATE, metavar="RATE", help="share of fraud, 0 to 1 (default %(default)s)"
    )
    add_interval(command, "none; it only says whose labels the result counts")
    add_common(command, "chooses other labels")


def add_summary(commands: Any) -> None:
    command = commands.add_parser(
        "summary",
        description="Join the transactions in Postgres with the labels in MySQL, in one statement of DuckDB,\n"
        "and write per hour and symbol how many there are, of which amount, and the same of those\n"
        "whose label says fraud: to the table fraud_summary in Postgres, which is made when needed,\n"
        "and as fraud_summary.csv. Hours are replaced, so that running it again changes nothing.",
        epilog=epilog(
            "python -m fraud summary\n  python -m fraud summary --intervals 2026-01-31T09:30:00Z/2026-01-31T10:00:00Z",
            environment.POSTGRES,
            environment.MYSQL,
            environment.STORE,
        ),
    )
    command.add_argument(
        "--intervals",
        type=parsed(parse_intervals),
        default=(),
        metavar="START/END,…",
        help="renew the hours of these data intervals, ISO 8601 with offset, and hours that are not up to date (default all hours)",
    )
    add_connect_timeout(command)
    add_result_file(command, "the number of rows and hours")


def add_sql(commands: Any) -> None:
    command = commands.add_parser(
        "sql",
        description="Run one statement that changes nothing in Postgres, and print its rows.",
        epilog=epilog('python -m fraud sql "SELECT * FROM fraud_summary ORDER BY hour DESC LIMIT 7"', environment.POSTGRES),
    )
    command.add_argument("statement", metavar="SQL", help="a SELECT")
    command.add_argument("--format", choices=FORMATS, default="table", help="(default %(default)s)")
    add_connect_timeout(command)


def add_interval(command: Parser, default: str) -> None:
    moment = parsed(parse_moment)
    length = DEFAULT_LENGTH.seconds // 60
    command.add_argument(
        "--interval-start", type=moment, metavar="TIME", help=f"start of the data interval, ISO 8601 with offset (default {default})"
    )
    command.add_argument("--interval-end", type=moment, metavar="TIME", help=f"its end (default {length} minutes after its start)")


def add_common(command: Parser, seed_effect: str) -> None:
    command.add_argument(
        "--seed", type=parsed(whole_number(0, 2**63 - 1)), default=0, metavar="N", help=f"{seed_effect} (default %(default)s)"
    )
    add_connect_timeout(command)
    add_result_file(command, "the row count and the interval")


def add_connect_timeout(command: Parser) -> None:
    command.add_argument(
        "--connect-timeout",
        type=parsed(whole_number(1, 600)),
        default=DEFAULT_CONNECT_TIMEOUT,
        metavar="SECONDS",
        help="how long to wait for a database to answer (default %(default)s)",
    )


def add_result_file(command: Parser, what: str) -> None:
    command.add_argument("--result-file", type=Path, metavar="PATH", help=f"also write {what} to this file, as JSON")


def epilog(examples: str, *groups: tuple[environment.Variable, ...]) -> str:
    variables = [variable for group in groups for variable in group]
    width = max(15, *(len(variable.name) + 1 for variable in variables))
    lines = [
        f"  {variable.name:<{width}} {variable.meaning}" + (f" (default {variable.default})" if variable.default else "")
        for variable in variables
    ]
    return f"examples:\n  {examples}\n\nenvironment:\n" + "\n".join(lines) + f"\n\n{EXIT_CODES}"


def interval_of(options: argparse.Namespace, *, required: bool) -> Interval | None:
    """The interval that the arguments mean. Raises ValueError with a reason."""
    start, end = options.interval_start, options.interval_end
    if start is None and end is not None:
        raise ValueError("argument --interval-end: needs --interval-start as well")
    if start is None:
        return last_complete(datetime.now(UTC)) if required else None
    try:
        return Interval(start, end or start + DEFAULT_LENGTH)
    except OverflowError:
        raise ValueError("argument --interval-start: is out of range") from None
