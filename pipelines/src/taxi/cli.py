"""`python -m taxi`: from arguments to an exit code. Everything heavy is imported by the commands that need it."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from common import stopping
from common.errors import PipelineError
from taxi import arguments
from taxi.errors import NotPublishedYet, UnmappableMonth, UsageError
from taxi.results import ResultFile
from taxi.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns its exit code; raises SystemExit for wrong usage and when a signal stops it."""
    parser = arguments.parser()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.error("choose a command")
    program = f"{parser.prog} {options.command}"
    stopped = f"{program}: stopped by {{name}}; running it again completes the work"
    with stopping.on_signals(stopped):
        try:
            return run(program, options)
        except BaseException as error:
            cause = stopping.behind(error)
            if cause is None:
                raise
            print(stopped.format(name=signal.Signals(int(str(cause.code)) - 128).name), file=sys.stderr)
            raise cause from None


def run(program: str, options: argparse.Namespace) -> int:
    """Do what a command asks and tell it. Returns the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        result_file = ResultFile(options.result_file)
        result, line = COMMANDS[options.command](Settings.from_environment(), options)
        result_file.write(result)
        if line:
            print(line)
        sys.stdout.flush()
    except PipelineError as error:
        if stopping.behind(error):
            raise
        print(f"{program}: error: {error}", file=sys.stderr)
        return exit_code(error)
    except BrokenPipeError:  # `… | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def exit_code(error: PipelineError) -> int:
    """Callers that repeat what failed need to know when that is no use."""
    if isinstance(error, UsageError):
        return 2
    return 3 if isinstance(error, NotPublishedYet | UnmappableMonth) else 1


Outcome = tuple[Any, str]
"""The result, for the result file, and the line that tells it to a person."""


def migrate(settings: Settings, _: argparse.Namespace) -> Outcome:
    from taxi import catalog

    done = catalog.migrate(settings)
    return done, f"made {' and '.join(done.created)}" if done.created else f"the lake is there: {' and '.join(done.tables)}"


def sample(settings: Settings, options: argparse.Namespace) -> Outcome:
    from taxi import sample

    done = sample.make(settings, options.months, options.rows, options.into, force=options.force)
    return done, f"made {len(done.made)} files in {options.into} in {done.seconds:.1f} s, {len(done.kept)} were there already"


def fetch_file(settings: Settings, options: argparse.Namespace) -> Outcome:
    from taxi import trips_file

    done = trips_file.fetch(settings, options.month)
    return done, f"fetched {done.uri}: {done.rows:,} trips, {done.size:,} bytes, in {done.seconds:.1f} s"


def load_month(settings: Settings, options: argparse.Namespace) -> Outcome:
    from taxi import trips

    if not options.keep_file:
        fetch_file(settings, options)
    done = trips.load(settings, options.month)
    line = f"loaded {done.month}: {done.rows:,} trips, {done.outside_month:,} of them began outside the month"
    return (
        done,
        f"{line}; {done.write_seconds:.1f} s to write, {done.lock_wait_seconds:.1f} s waiting, {done.commit_seconds:.1f} s to commit",
    )


def load_zones(settings: Settings, options: argparse.Namespace) -> Outcome:
    from taxi import zones, zones_file

    if not options.keep_file:
        zones_file.fetch(settings)
    done = zones.load(settings)
    return done, f"loaded {done.rows:,} zones of {done.file_rows:,} rows in {done.seconds:.1f} s"


def update_weeks(settings: Settings, options: argparse.Namespace) -> Outcome:
    from taxi import weeks

    done = weeks.update_all(settings, [options.week] if options.week else weeks.of_month(options.month))
    return done, "\n".join(f"week of {week.period}: {week.num_trips:,} trips, {week.total_amount:,.2f} dollars" for week in done)


def month(settings: Settings, options: argparse.Namespace) -> Outcome:
    loaded, line = load_month(settings, options)
    options.week = None
    updated, lines = update_weeks(settings, options)
    return {"loaded": loaded, "weeks": updated}, f"{line}\n{lines}"


def draw_manhattan(settings: Settings, _: argparse.Namespace) -> Outcome:
    from taxi import manhattan

    stats, drawn = manhattan.stats(settings), manhattan.draw(settings)
    line = f"counted {stats.trips:,} trips in {stats.zones} zones: {stats.uri}\ndrew {drawn.uri} in {drawn.seconds:.1f} s"
    return {"stats": stats, "map": drawn}, line


def write_report(settings: Settings, _: argparse.Namespace) -> Outcome:
    from taxi import report

    done = report.write(settings)
    return done, f"reported {done.trips:,} trips of {done.months} months: {done.uri}, in {done.seconds:.1f} s"


def adhoc(settings: Settings, options: argparse.Namespace) -> Outcome:
    import json

    from taxi import adhoc, requests

    fields = {"borough": options.borough, "start_date": str(options.start_date), "end_date": str(options.end_date)}
    if options.filename is not None:
        fields["filename"] = options.filename
    done = adhoc.answer(settings, requests.parse(json.dumps(fields).encode(), f"{options.borough} {options.start_date} {options.end_date}"))
    return done, f"{done.trips:,} trips: {done.png_uri} and {done.csv_uri}, in {done.seconds:.1f} s"


def maintain(settings: Settings, _: argparse.Namespace) -> Outcome:
    from taxi import maintenance

    done = maintenance.run(settings)
    files = f"deleted {done.cleaned} files that are superseded and {done.orphans} that were left over"
    return done, f"merged into {done.merged} files, forgot {done.expired} snapshots, {files}, in {done.seconds:.1f} s"


def run_sql(settings: Settings, options: argparse.Namespace) -> Outcome:
    from common.answers import formatted
    from taxi import sql

    answer = sql.run(settings, options.statement, write=options.write)
    return answer, formatted(answer, options.format).rstrip("\n")


COMMANDS: dict[str, Callable[[Settings, argparse.Namespace], Outcome]] = {
    "migrate": migrate,
    "sample": sample,
    "fetch-file": fetch_file,
    "load-month": load_month,
    "load-zones": load_zones,
    "weeks": update_weeks,
    "month": month,
    "manhattan": draw_manhattan,
    "report": write_report,
    "adhoc": adhoc,
    "maintain": maintain,
    "sql": run_sql,
}
