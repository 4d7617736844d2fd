"""The content of an interval: random to look at, and a pure function of the interval and the parameters."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from fraud.interval import IDS_PER_INTERVAL, Interval

SYMBOLS = ("BTC", "ETH", "XRP", "ADA", "SOL", "DOGE", "BNB")
MIN_CENTS, MAX_CENTS = 500, 50_000
DEFAULT_USERS = 10
CHUNK_ROWS = 5_000


class RowRange(NamedTuple):
    """How many rows a user may have, both ends included."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"{self.least}-{self.most}"


DEFAULT_ROWS_PER_USER = RowRange(5, 20)


class Checksum(NamedTuple):
    """What tells the rows of one content from those of another without comparing each: all are exact integers."""

    rows: int
    user_ids: int
    cents: int
    seconds: int  # of the transaction dates, counted from the interval's start


@dataclass(frozen=True)
class Content:
    """The transactions of one interval."""

    interval: Interval
    users: int = DEFAULT_USERS
    rows_per_user: RowRange = DEFAULT_ROWS_PER_USER
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise ValueError when the interval has too few ids for so many rows."""
        if self.users * self.rows_per_user.most > IDS_PER_INTERVAL:
            raise ValueError(
                f"an interval holds at most {IDS_PER_INTERVAL:,} rows, "
                f"but {self.users:,} users with up to {self.rows_per_user.most:,} rows each may need more"
            )

    def rows(self) -> Iterator[tuple[int, int, int, str]]:
        """User id, seconds after the interval's start, cents and symbol of each row, in the order of `interval_seq`.

        Only `Random.random()` is used, because it alone promises the same numbers in every version of Python.
        """
        span, (least, most) = self.interval.seconds, self.rows_per_user
        choices, cent_values = len(SYMBOLS), MAX_CENTS - MIN_CENTS + 1
        draw = Random(
            f"{self.interval.start.isoformat()} {self.interval.end.isoformat()} {self.users} {self.rows_per_user} {self.seed}"
        ).random
        for user_id in range(1, self.users + 1):
            for _ in range(least + int(draw() * (most - least + 1))):
                yield user_id, int(draw() * span), MIN_CENTS + int(draw() * cent_values), SYMBOLS[int(draw() * choices)]

    def checksum(self) -> Checksum:
        rows = user_ids = cents = seconds = 0
        for user_id, second, cent, _ in self.rows():
            rows, user_ids, cents, seconds = rows + 1, user_ids + user_id, cents + cent, seconds + second
        return Checksum(rows, user_ids, cents, seconds)

    def copy_chunks(self) -> Iterator[tuple[int, str]]:
        """The rows as text for COPY, in the order of `COLUMNS` of the table: (number of rows, their lines)."""
        start = self.interval.start.isoformat()
        naive_start = self.interval.start.replace(tzinfo=None)

        # The few different seconds of a short interval are formatted once each; a long interval stays bounded in memory.
        @lru_cache(maxsize=4096)
        def date_of(second: int) -> str:
            return (naive_start + timedelta(seconds=second)).isoformat(" ")

        first_id, lines = self.interval.first_id, list[str]()
        for seq, (user_id, second, cent, symbol) in enumerate(self.rows()):
            lines.append(f"{first_id + seq}\t{user_id}\t{date_of(second)}\t{cent // 100}.{cent % 100:02d}\t{symbol}\t{start}\t{seq}\n")
            if len(lines) == CHUNK_ROWS:
                yield CHUNK_ROWS, "".join(lines)
                lines = []
        if lines:
            yield len(lines), "".join(lines)
