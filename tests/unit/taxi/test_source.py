"""Files come whole from their source, or not at all; the reason is a sentence."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import months_of_trips as files
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from months_of_trips import MARCH

from taxi import sample_zones, source, trips_file, zones_file
from taxi.errors import NotPublishedYet, TaxiError
from taxi.settings import Settings
from taxi.store import Store

PATH = "/yellow_tripdata_2023-03.parquet"
PAGE = b"<!DOCTYPE html><html><body>Sign in to this network</body></html>"


class Site(ThreadingHTTPServer):
    """A web server whose answers a test has planned; the last one is repeated."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.asked: list[str] = []
        self.scheme = "http"

    def plan(self, *answers: tuple[int, bytes], **headers: str) -> None:
        self.answers = [(code, {name.replace("_", "-"): value for name, value in headers.items()}, body) for code, body in answers]

    @property
    def address(self) -> str:
        return f"{self.scheme}://localhost:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        code, headers, body = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        self.send_response(code)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(source, "FIRST_PAUSE", 0.01)
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        yield site
        site.shutdown()
        thread.join()


@pytest.fixture
def web(empty: Settings, site: Site) -> Settings:
    """Settings whose source is the web server."""
    return replace(empty, source=site.address, zones_source=f"{site.address}/taxi_zones.csv")


@pytest.fixture(scope="module")
def month_file() -> bytes:
    """A real file of 10,000 rows."""
    return files.REAL_2023_03.read_bytes()


def test_a_file_of_the_web_arrives_as_it_is(web: Settings, site: Site, month_file: bytes) -> None:
    site.plan((200, month_file))
    fetched = trips_file.fetch(web, MARCH)
    assert site.asked == [PATH]
    assert Store(web).get(fetched.uri) == month_file
    assert fetched.uri == f"{web.raw}{PATH}"
    assert (fetched.size, fetched.rows, fetched.source) == (len(month_file), 10_000, site.address + PATH)
    assert [column.name for column in fetched.columns][-1] == "Airport_fee"
    assert source.Column("trip_distance", "DOUBLE") in fetched.columns


def test_a_file_of_a_bucket_arrives_as_it_is(empty: Settings, month_file: bytes) -> None:
    Store(empty).put(f"{empty.source}{PATH}", month_file)
    fetched = trips_file.fetch(empty, MARCH)
    assert (fetched.rows, Store(empty).get(fetched.uri)) == (10_000, month_file)
    with pytest.raises(NotPublishedYet, match=r"^month 2023-04 is not published yet at s3://raw/.*/yellow_tripdata_2023-04.parquet$"):
        trips_file.fetch(empty, MARCH.next)


@pytest.mark.parametrize(("code", "doubt"), [(404, ""), (403, ", or not for everybody,")])
def test_a_month_that_is_not_there_is_not_published_yet(web: Settings, site: Site, code: int, doubt: str) -> None:
    site.plan((code, b"<Error><Code>AccessDenied</Code></Error>"))
    with pytest.raises(NotPublishedYet) as refused:
        trips_file.fetch(web, MARCH)
    assert str(refused.value) == f"month 2023-03 is not published yet{doubt} at {site.address}{PATH} (HTTP {code})"
    assert len(site.asked) == 1, "it was asked again for what is not there"


def test_a_server_that_fails_is_asked_again(web: Settings, site: Site, month_file: bytes) -> None:
    site.plan((500, b""), (503, b""), (200, month_file))
    assert trips_file.fetch(web, MARCH).rows == 10_000
    assert len(site.asked) == 3


def test_a_server_that_keeps_failing_is_named(web: Settings, site: Site) -> None:
    site.plan((502, b""))
    with pytest.raises(TaxiError) as refused:
        trips_file.fetch(web, MARCH)
    assert str(refused.value) == f"{site.address}{PATH} answered HTTP 502 Bad Gateway (5 attempts)"
    assert len(site.asked) == 5


def test_a_transfer_that_broke_off_is_repeated(web: Settings, site: Site, month_file: bytes) -> None:
    half = (200, {"Content-Length": str(len(month_file))}, month_file[:100_000])
    site.answers = [half, (200, {}, month_file)]
    assert trips_file.fetch(web, MARCH).size == len(month_file)


def test_half_a_file_is_not_taken_for_a_whole_one(web: Settings, site: Site, month_file: bytes) -> None:
    old = month_file
    Store(web).put(trips_file.uri(web, MARCH), old)
    site.plan((200, month_file[:100_000]))
    with pytest.raises(TaxiError, match=r"ended before the end of the Parquet file \(5 attempts\)$"):
        trips_file.fetch(web, MARCH)
    assert Store(web).get(trips_file.uri(web, MARCH)) == old
    assert len(Store(web).list(web.raw)) == 1


def test_a_broken_footer_is_noticed(web: Settings, site: Site, month_file: bytes) -> None:
    site.plan((200, month_file[:-2000] + b"\0" * 1996 + b"PAR1"))
    with pytest.raises(TaxiError, match="is not a readable Parquet file"):
        trips_file.fetch(web, MARCH)
    assert Store(web).list(web.raw) == []


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_web_page_is_not_taken_for_a_file(web: Settings, site: Site, kind: str) -> None:
    site.plan((200, PAGE), Content_Type=kind)
    with pytest.raises(TaxiError, match=r"a web page .*instead of .*; check TAXI_SOURCE and the way to it$"):
        trips_file.fetch(web, MARCH)
    assert len(site.asked) == 1
    assert Store(web).list(web.raw) == []


def test_an_unreachable_server_is_named(web: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "FIRST_PAUSE", 0.01)
    with pytest.raises(TaxiError, match=r"^cannot reach http://127.0.0.1:1/.*: .*[Rr]efused.* \(5 attempts\)$"):
        trips_file.fetch(replace(web, source="http://127.0.0.1:1"), MARCH)


def test_zones_arrive_whole(web: Settings, site: Site) -> None:
    body = sample_zones.packaged()
    site.plan((200, body))
    fetched = zones_file.fetch(web)
    assert (fetched.rows, fetched.size, Store(web).get(fetched.uri)) == (263, len(body), body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"a,b\n1,2\n", "is not a file of taxi zones: it has no column LocationID, zone, borough, the_geom"),
        (b"LocationID,zone,borough,the_geom\n", "holds no zones"),
        (sample_zones.packaged()[:100_000], r"cells in row 5|not a whole CSV file"),
        (b"\xff\xfe\x00", "is not a CSV file in UTF-8"),
    ],
)
def test_other_files_are_not_taken_for_zones(web: Settings, site: Site, body: bytes, reason: str) -> None:
    site.plan((200, body))
    with pytest.raises(TaxiError, match=reason):
        zones_file.fetch(web)
    assert Store(web).list(web.raw) == []


def test_a_certificate_of_a_private_authority_is_trusted_when_named(web: Settings, site: Site, month_file: bytes, tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    site.scheme = "https"
    site.plan((200, month_file))
    with pytest.raises(
        TaxiError, match=r"^the certificate of localhost:\d+ is not trusted .*; name a file with the authority's .* SSL_CERT_FILE$"
    ):
        trips_file.fetch(replace(web, source=site.address), MARCH)
    assert trips_file.fetch(replace(web, source=site.address, s3=replace(web.s3, ca_file=str(pem))), MARCH).rows == 10_000


def certificate(folder: Path) -> Path:
    """A file with a key and a certificate of `localhost`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "localhost.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path
