"""Upkeep of the lake: small files are merged, old snapshots forgotten, and files that nobody needs any more deleted."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from taxi import lake
from taxi.catalog import TABLES
from taxi.errors import TaxiError
from taxi.lake import Lake
from taxi.settings import Settings
from taxi.store import Store, split

logger = logging.getLogger("taxi")

SNAPSHOTS_OLDER_THAN = timedelta(days=7)
FILES_OLDER_THAN = timedelta(days=1)


@dataclass(frozen=True)
class Maintained:
    """What was tidied up: files made by merging, snapshots forgotten, files deleted that only those needed, files deleted that
    no snapshot ever held, and uploads that somebody began and never ended."""

    merged: int
    expired: int
    cleaned: int
    orphans: int
    uploads: int
    seconds: float


def run(
    settings: Settings, *, snapshots_older_than: timedelta = SNAPSHOTS_OLDER_THAN, files_older_than: timedelta = FILES_OLDER_THAN
) -> Maintained:
    """Tidy up. Loads and readers may go on meanwhile, as long as none takes longer than `files_older_than`.

    A file that a load has written and not committed yet looks like one that a killed load left behind; only its age tells
    them apart. In the same way a reader may still read files of a snapshot that has just been forgotten.
    """
    begun = time.monotonic()
    with lake.connect(settings) as opened, lake.table_lock(settings, "maintenance"):
        merged = sum(merge(settings, opened, table) for table in TABLES)
        expired = lake.retrying(lambda: call(opened, "ducklake_expire_snapshots", snapshots_older_than))
        cleaned = lake.retrying(lambda: call(opened, "ducklake_cleanup_old_files", files_older_than))
        orphans = lake.retrying(lambda: call(opened, "ducklake_delete_orphaned_files", files_older_than))
        data_path = opened.rows("SELECT data_path FROM ducklake_settings('lake')")[0][0]
    uploads = sum(end_uploads(settings, prefix, datetime.now(UTC) - files_older_than) for prefix in (data_path, settings.raw))
    done = Maintained(merged, len(expired), len(cleaned), len(orphans), uploads, time.monotonic() - begun)
    logger.info("maintenance: %s", done)
    return done


def merge(settings: Settings, opened: Lake, table: str) -> int:
    """Merge a table's small files of each partition, and rewrite those with many deleted rows. Returns the files made."""

    def work() -> int:
        rewritten = opened.rows(f"CALL ducklake_rewrite_data_files('lake', '{table}')")
        return count(rewritten) + count(opened.rows(f"CALL ducklake_merge_adjacent_files('lake', '{table}')"))

    # It replaces files as a load does, so it waits for its turn as a load does.
    with lake.commit_lock(settings):
        return lake.retrying(work)


def count(made: list[tuple[Any, ...]]) -> int:
    """Files that a compaction made; its answer has a line for each table, with the number of files at its end."""
    return sum(int(row[-1]) for row in made)


def call(opened: Lake, function: str, age: timedelta) -> list[tuple[Any, ...]]:
    """Run one of DuckLake's functions on what is older than this; its answer has a row for each thing that went."""
    return opened.rows(f"CALL {function}('lake', older_than => TIMESTAMPTZ '{(datetime.now(UTC) - age).isoformat()}')")


def end_uploads(settings: Settings, prefix: str, older_than: datetime) -> int:
    """End the uploads below a prefix that were begun and never completed; returns how many. Stores that cannot list them have none."""
    store = Store(settings)
    bucket, key = split(prefix)
    try:
        with store.telling("list uploads to", prefix):
            pages = store.client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=key)
            found = [upload for page in pages for upload in page.get("Uploads", []) if upload["Initiated"] < older_than]
            for upload in found:
                store.client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    except TaxiError as error:
        logger.warning("uploads that nobody ended stay: %s", error)
        return 0
    return len(found)
