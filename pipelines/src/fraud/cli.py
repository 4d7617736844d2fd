"""`python -m fraud`: from arguments to an exit code. The databases' drivers are imported by the commands that need them."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from fraud import arguments, environment
from fraud.errors import FraudError, Stopped
from fraud.interval import Interval
from fraud.output import Progress, ResultFile


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns its exit code; raises SystemExit for wrong usage and when a signal stops it."""
    parser = arguments.parser()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.error("choose a command: transactions or labels")
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
    try:
        {"transactions": transactions, "labels": labels}[options.command](options)
    except FraudError as error:
        print(f"{parser.prog} {options.command}: error: {error}", file=sys.stderr)
        return 1
    except Stopped as stopped:
        name = signal.Signals(int(str(stopped.code)) - 128).name
        print(f"{parser.prog} {options.command}: stopped by {name}; running it again completes the work", file=sys.stderr)
        raise
    return 0


def stop(number: int, _frame: object) -> NoReturn:
    """End through the exception handlers, so that open transactions are rolled back. Also needed because the process is
    number 1 of its container, which the kernel protects from signals that it does not handle."""
    for further in (signal.SIGTERM, signal.SIGINT):
        signal.signal(further, signal.SIG_IGN)
    raise Stopped(128 + number)


def usage_error(options: argparse.Namespace, error: ValueError) -> NoReturn:
    arguments.Parser(prog=f"{arguments.PROGRAM} {options.command}").error(str(error))


def transactions(options: argparse.Namespace) -> None:
    from fraud.generate import Content

    try:
        interval = arguments.interval_of(options, required=True)
        assert interval is not None
        content = Content(interval, options.users, options.rows_per_user, options.seed)
    except ValueError as error:
        usage_error(options, error)
    settings = environment.settings(environment.POSTGRES)
    result = ResultFile(options.result_file)

    from fraud import postgres
    from fraud.transactions import write

    progress = Progress("transactions")
    with postgres.session(settings, options.connect_timeout) as conn:
        outcome = write(conn, content, progress)
    result.write(interval, rows=outcome.rows, written=outcome.written)
    if outcome.written:
        print(f"wrote {outcome.written:,} transactions of {interval} in {progress.seconds:.1f} s")
    else:
        print(f"already there: {outcome.rows:,} transactions of {interval}")


def labels(options: argparse.Namespace) -> None:
    interval: Interval | None
    try:
        interval = arguments.interval_of(options, required=False)
    except ValueError as error:
        usage_error(options, error)
    settings = environment.settings(environment.POSTGRES, environment.MYSQL)
    result = ResultFile(options.result_file)

    from fraud import mysql, postgres
    from fraud.labels import write

    progress = Progress("labels")
    timeout = options.connect_timeout
    with mysql.session(settings, timeout) as target, postgres.session(settings, timeout) as source:
        outcome = write(source, target, options.fraud_rate, options.seed, interval, progress)
    result.write(interval, rows=outcome.rows, written=outcome.written, **({"fraudulent": outcome.fraudulent} if interval else {}))
    if outcome.written:
        print(f"wrote {outcome.written:,} labels in {progress.seconds:.1f} s")
    else:
        print("already there: every transaction has its label")
    if interval:
        print(f"{interval} has {outcome.rows:,} labels, {outcome.fraudulent:,} of them fraudulent")
