"""The command line's arguments: names, defaults, help, and what they may be."""

import argparse
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from fraud import environment
from fraud.generate import DEFAULT_ROWS_PER_USER, DEFAULT_USERS, MAX_CENTS, MIN_CENTS, RowRange
from fraud.interval import DEFAULT_LENGTH, IDS_PER_INTERVAL, Interval, last_complete, parse_moment

PROGRAM = "python -m fraud"
DEFAULT_RATE = 0.5
DEFAULT_CONNECT_TIMEOUT = 10
DESCRIPTION = "Random transactions in Postgres, and fraud labels for them in MySQL."
COMMANDS = """commands:
  transactions   write the random transactions of one data interval, exactly once
  labels         give every transaction that has none a fraud label"""
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


def parsed(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """An argparse type from a function that raises ValueError with a reason for the user."""

    def convert_or_refuse(text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert_or_refuse


def whole_number(least: int, most: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d[\d_]*", text, re.ASCII) or len(text) > 20:
            raise ValueError(f"must be a whole number, got {text!r}")
        number = int(text.replace("_", ""))
        if not least <= number <= most:
            raise ValueError(f"must be from {least:,} to {most:,}, got {text}")
        return number

    return convert


def row_range(text: str) -> RowRange:
    """`12` or `5-20`."""
    match = re.fullmatch(r"(\d[\d_]*)(?:-(\d[\d_]*))?", text, re.ASCII)
    if not match:
        raise ValueError(f"must be a number or a range like 5-20, got {text!r}")
    convert = whole_number(1, IDS_PER_INTERVAL)
    least, most = convert(match[1]), convert(match[2] or match[1])
    if least > most:
        raise ValueError(f"must not end below its start, got {text}")
    return RowRange(least, most)


def rate(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 <= number <= 1:  # which refuses not-a-number, too
        raise ValueError(f"must be a number from 0 to 1, got {text!r}")
    return number


def parser() -> Parser:
    """The whole command line."""
    main = Parser(prog=PROGRAM, description=f"{DESCRIPTION}\n\n{COMMANDS}", epilog=EXIT_CODES)
    commands = main.add_subparsers(dest="command", metavar="COMMAND", help="one of the above; COMMAND --help tells more")
    add_transactions(commands)
    add_labels(commands)
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
    command.add_argument(
        "--connect-timeout",
        type=parsed(whole_number(1, 600)),
        default=DEFAULT_CONNECT_TIMEOUT,
        metavar="SECONDS",
        help="how long to wait for a database to answer (default %(default)s)",
    )
    command.add_argument("--result-file", type=Path, metavar="PATH", help="also write the row count and the interval to this file, as JSON")


def epilog(examples: str, *variables: tuple[environment.Variable, ...]) -> str:
    lines = [
        f"  {variable.name:<15} {variable.meaning}" + (f" (default {variable.default})" if variable.default else "")
        for group in variables
        for variable in group
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
