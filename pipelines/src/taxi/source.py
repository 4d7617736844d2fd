"""Files from where they are published: an http(s) address or an object store. Streamed, checked, and whole or not there at all."""

from __future__ import annotations

import http.client
import logging
import random
import ssl
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from taxi.errors import NotPublishedYet, TaxiError, one_line
from taxi.settings import Settings

logger = logging.getLogger("taxi")

ATTEMPTS = 5
FIRST_PAUSE = 0.5  # seconds, doubled after every attempt
SILENCE = 60  # seconds without a byte after which a server counts as gone
CHUNK = 1 << 20
# A content network over a private bucket says 403 of a file that it does not have: it may not tell anybody what exists.
NOT_THERE = (403, 404, 410)


@dataclass(frozen=True)
class Column:
    """A column of a file or a table, and its type as DuckDB names it."""

    name: str
    type: str


@dataclass(frozen=True)
class FetchedFile:
    """A file that now lies in the object store. Its size is in bytes."""

    uri: str
    size: int
    rows: int
    source: str
    columns: tuple[Column, ...]
    seconds: float


class Interrupted(TaxiError):  # noqa: N818 - it names what happened
    """A transfer that may well succeed when it is tried again."""


Check = Callable[[Path], tuple[int, tuple[Column, ...]]]


def fetch(settings: Settings, address: str, target: str, content_type: str, check: Check, missing: str) -> FetchedFile:
    """Bring a file into the object store, replacing what was there.

    It goes through a local temporary file: only what has passed the check is uploaded, and an object appears, or replaces
    another, at the moment when all of it has arrived. So a reader sees the old file or the new one, whoever dies when.

    :param check: counts the rows of the local file and names its columns; raises Interrupted if the file is not whole
    :param missing: what it means that the source has no such file
    """
    from taxi.store import Store

    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="taxi-download-") as folder:
        path = Path(folder) / "download"
        rows, columns = patiently(lambda: download(settings, address, path, check, missing))
        Store(settings).upload(path, target, content_type)
        fetched = FetchedFile(target, path.stat().st_size, rows, address, columns, time.monotonic() - begun)
    logger.info("fetched %s from %s: %s rows, %s bytes, %.1f s", target, address, f"{rows:,}", f"{fetched.size:,}", fetched.seconds)
    return fetched


def patiently(work: Callable[[], tuple[int, tuple[Column, ...]]]) -> tuple[int, tuple[Column, ...]]:
    """Try again after a pause when a transfer was interrupted."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work()
        except Interrupted as error:
            if attempt == ATTEMPTS:
                raise TaxiError(f"{error} ({ATTEMPTS} attempts)") from error
            pause = FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)
            logger.warning("%s; trying again in %.1f s", error, pause)
            time.sleep(pause)
    raise AssertionError("unreachable")


def download(settings: Settings, address: str, path: Path, check: Check, missing: str) -> tuple[int, tuple[Column, ...]]:
    """One attempt: all bytes into a local file, then the check."""
    with opened(settings, address, missing) as (stream, size), path.open("wb") as file:
        try:
            while chunk := stream.read(CHUNK):
                file.write(chunk)
        except Exception as error:
            raise Interrupted(f"the transfer of {address} broke off: {one_line(error)}") from error
        received = file.tell()
    if size is not None and received != size:
        raise Interrupted(f"{address} is {size:,} bytes long, but only {received:,} arrived")
    try:
        return check(path)
    except TaxiError as error:
        raise type(error)(f"{address} {error}") from error


@contextmanager
def opened(settings: Settings, address: str, missing: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """A stream of the file's bytes and its size, if the source tells it."""
    if address.startswith("s3://"):
        from taxi.store import Store

        store = Store(settings)
        if not store.exists(address):
            raise NotPublishedYet(f"{missing} at {address}")
        stream, size = store.open(address)
        with stream:
            yield stream, size
        return
    with answer(settings, address, missing) as response:
        kind = response.headers.get_content_type()
        if kind in ("text/html", "application/xhtml+xml"):
            raise TaxiError(f"{address} answered with a web page ({kind}) instead of the file; check TAXI_SOURCE and the way to it")
        length = response.headers.get("Content-Length", "")
        yield response, int(length) if length.isdigit() else None


def answer(settings: Settings, address: str, missing: str) -> http.client.HTTPResponse:
    """The successful answer to a GET request."""
    context = None
    if urlsplit(address).scheme == "https":
        context = ssl.create_default_context()
        if settings.s3.ca_file:
            context.load_verify_locations(settings.s3.ca_file)
    request = urllib.request.Request(address, headers={"User-Agent": "tandem-taxi", "Accept-Encoding": "identity"})
    try:
        response = urllib.request.urlopen(request, timeout=SILENCE, context=context)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in NOT_THERE:
            refused = ", or not for everybody," if error.code == 403 else ""
            raise NotPublishedYet(f"{missing}{refused} at {address} (HTTP {error.code})") from error
        sentence = f"{address} answered HTTP {error.code} {error.reason}"
        raise (Interrupted if error.code >= 500 or error.code in (408, 425, 429) else TaxiError)(sentence) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            advice = "name a file with the authority's certificate in SSL_CERT_FILE"
            raise TaxiError(f"the certificate of {urlsplit(address).netloc} is not trusted ({reason.verify_message}); {advice}") from error
        raise Interrupted(f"cannot reach {address}: {one_line(error)}") from error
    assert isinstance(response, http.client.HTTPResponse)
    return response
