"""`python -m fraud`: from arguments to an exit code. The databases' drivers are imported by the commands that need them."""

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from common import stopping
from common.errors import PipelineError
from fraud import arguments, environment
from fraud.interval import Interval
from fraud.output import Progress, ResultFile


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns its exit code; raises SystemExit for wrong usage and when a signal stops it."""
    parser = arguments.parser()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.error(f"choose a command: {', '.join(COMMANDS)}")
    program = f"{parser.prog} {options.command}"
    stopped = f"{program}: stopped by {{name}}; running it again completes the work"
    with stopping.on_signals(stopped):
        try:
            COMMANDS[options.command](options)
        except BaseException as error:
            # DuckDB makes an error of its own of a signal.
            if cause := stopping.behind(error):
                print(stopped.format(name=signal.Signals(int(str(cause.code)) - 128).name), file=sys.stderr)
                raise cause from None
            if not isinstance(error, PipelineError):
                raise
            print(f"{program}: error: {error}", file=sys.stderr)
            return 1
    return 0


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


def summary(options: argparse.Namespace) -> None:
    from common.s3 import place
    from fraud.hours import spans

    intervals = options.intervals
    settings = environment.settings(environment.POSTGRES, environment.MYSQL, environment.STORE)
    folder = place(settings, "FRAUD_OUTPUTS", "s3://outputs/fraud", "s3")
    result = ResultFile(options.result_file)

    from fraud import mysql, postgres
    from fraud.engine import engine
    from fraud.summary import renew

    progress = Progress("hours")
    timeout = options.connect_timeout
    with mysql.session(settings, timeout) as labels, postgres.session(settings, timeout) as source, engine(settings) as joined:
        done = renew(source, labels, joined, spans(intervals) if intervals else None, folder)
    whole = Interval(min(i.start for i in intervals), max(i.end for i in intervals)) if intervals else None
    result.write(whole, **done._asdict())
    print(f"summarised {done.transactions:,} transactions of {done.hours:,} hours in {done.rows:,} rows, {progress.seconds:.1f} s")
    print(f"wrote {done.uri}: {done.file_rows:,} rows")


def run_sql(options: argparse.Namespace) -> None:
    settings = environment.settings(environment.POSTGRES)

    from common.answers import formatted
    from fraud import postgres
    from fraud.look import look

    with postgres.session(settings, options.connect_timeout) as conn:
        answer = look(conn, options.statement)
    print(formatted(answer, options.format), end="")


COMMANDS = {"transactions": transactions, "labels": labels, "summary": summary, "sql": run_sql}
