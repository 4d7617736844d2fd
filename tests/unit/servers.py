"""Servers for the tests: from the host's packages where it has them, else in containers of our images."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pymysql

START_SECONDS = 60
# Any character must work in a password, so the tests' one has the awkward ones.
PASSWORD = "p@ss w'o\"rd%:/#?&=\\$ü"
BUCKETS = ("raw", "lake", "outputs", "requests", "dagster")
Settings = dict[str, str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find(program: str, *folders: str) -> str | None:
    """The newest version of a server program of the host."""
    found = sorted((path for folder in folders for path in Path("/").glob(f"{folder}/{program}")), key=lambda path: path.parts)
    return str(found[-1]) if found else shutil.which(program)


def unprivileged(*names: str) -> dict[str, str | int]:
    """How to start a server that refuses to run as root: as the first of these users that exists, else as nobody."""
    if os.getuid() != 0:
        return {}
    known = {line.split(":")[0] for line in Path("/etc/passwd").read_text().splitlines()}
    return {"user": next((name for name in (*names, "nobody") if name in known), "nobody"), "group": 65534, "umask": 0o077}


@contextmanager
def private_folder(owner: dict[str, str | int]) -> Iterator[Path]:
    """A short path that the server may write to (pytest's own folders are closed to other users), removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tandem-"))
    try:
        if owner:
            shutil.chown(folder, owner["user"], owner["group"])
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(command: list[str], log: Path, owner: dict[str, str | int]) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **owner)  # type: ignore[call-overload]
        try:
            yield process
        finally:
            # Both servers end at once and cleanly enough for data that is thrown away.
            process.send_signal(signal.SIGQUIT if "postgres" in command[0] else signal.SIGKILL)
            process.wait(START_SECONDS)


def until_answering(connect: Callable[[], object], process: subprocess.Popen[bytes] | None, log: Path | None) -> None:
    """Wait until a connection can be made."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            connect()
            return
        except (psycopg.Error, pymysql.MySQLError, OSError) as error:
            if time.monotonic() > deadline or (process is not None and process.poll() is not None):
                raise RuntimeError(f"the server did not start: {error}\n{log.read_text() if log else ''}") from error
        time.sleep(0.05)


def run(command: list[str], **options: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **options)  # type: ignore[call-overload]
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return str(done.stdout).strip()


@contextmanager
def container(image: str, port: int, variables: Settings, *arguments: str, user: int = 999) -> Iterator[int]:
    """A container of one of our images with its data in memory; gives the port of 127.0.0.1 at which its port is reached.

    :param variables: the administrator's login, as the image takes it
    :param arguments: of the server
    :param user: number of the user that the server runs as
    """
    options = [f"--publish=127.0.0.1::{port}", f"--tmpfs=/data:uid={user},gid={user},mode=0700"]
    options += [f"--env={name}={value}" for name, value in variables.items()]
    try:
        name = run(["docker", "run", "--detach", "--rm", *options, image, *arguments])
    except (OSError, RuntimeError) as error:
        raise RuntimeError(f"the host has no such server, and image {image} does not run (try `make images`): {error}") from error
    try:
        yield int(run(["docker", "port", name, f"{port}/tcp"]).splitlines()[0].rpartition(":")[2])
    finally:
        run(["docker", "rm", "--force", "--volumes", name])


@contextmanager
def postgres() -> Iterator[Settings]:
    """A Postgres server; gives the superuser's variables, with PGDATABASE postgres."""
    settings = {"PGHOST": "127.0.0.1", "PGUSER": "postgres", "PGPASSWORD": secrets.token_hex(), "PGDATABASE": "postgres"}

    def connect() -> None:
        psycopg.connect(postgres_url(settings), connect_timeout=5).close()

    initdb = find("initdb", "usr/lib/postgresql/*/bin", "usr/local/opt/postgresql*/bin", "opt/homebrew/opt/postgresql*/bin")
    if initdb is None:
        with container("tandem/postgres:0.1.0", 5432, {"POSTGRES_PASSWORD": settings["PGPASSWORD"]}, "-c", "fsync=off") as port:
            settings["PGPORT"] = str(port)
            until_answering(connect, None, None)
            yield settings
        return
    owner = unprivileged("postgres")
    with private_folder(owner) as folder:
        password, data, log = folder / "password", folder / "data", folder / "log"
        password.write_text(settings["PGPASSWORD"])
        password.chmod(0o644)
        setup = ["--auth=scram-sha-256", "--username=postgres", f"--pwfile={password}", "--encoding=UTF8", "--locale=C", "--no-sync"]
        run([initdb, f"--pgdata={data}", *setup], cwd=folder, **owner)
        settings["PGPORT"] = str(free_port())
        flags = {"listen_addresses": "127.0.0.1", "port": settings["PGPORT"], "unix_socket_directories": folder, "fsync": "off"}
        command = [str(Path(initdb).with_name("postgres")), "-D", str(data)]
        command += [part for name, value in flags.items() for part in ("-c", f"{name}={value}")]
        with running(command, log, owner) as process:
            until_answering(connect, process, log)
            yield settings


def postgres_url(settings: Settings) -> str:
    return psycopg.conninfo.make_conninfo(
        host=settings["PGHOST"],
        port=settings["PGPORT"],
        user=settings["PGUSER"],
        password=settings["PGPASSWORD"],
        dbname=settings["PGDATABASE"],
    )


@contextmanager
def mysql() -> Iterator[Settings]:
    """A MySQL server; gives root's variables, with MYSQL_DATABASE mysql."""
    settings = {"MYSQL_HOST": "127.0.0.1", "MYSQL_USER": "root", "MYSQL_PASSWORD": secrets.token_hex(), "MYSQL_DATABASE": "mysql"}

    def connect() -> None:
        mysql_connection(settings).close()

    small_and_fast = ["--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=OFF"]
    small_and_fast += ["--innodb-buffer-pool-size=64M", "--innodb-redo-log-capacity=32M", "--performance-schema=OFF"]
    mysqld = find("mysqld", "usr/sbin", "usr/local/opt/mysql*/bin", "opt/homebrew/opt/mysql*/bin")
    if mysqld is None or "MariaDB" in run([mysqld, "--version"]):
        with container("tandem/mysql:0.1.0", 3306, {"MYSQL_ROOT_PASSWORD": settings["MYSQL_PASSWORD"]}, *small_and_fast) as port:
            settings["MYSQL_PORT"] = str(port)
            until_answering(connect, None, None)
            yield settings
        return
    owner = unprivileged("mysql")
    with private_folder(owner) as folder:
        data, log, init = folder / "data", folder / "log", folder / "init.sql"
        init.write_text(f"ALTER USER root@localhost IDENTIFIED BY '{settings['MYSQL_PASSWORD']}';")
        init.chmod(0o644)
        settings["MYSQL_PORT"] = str(free_port())
        common = [mysqld, "--no-defaults", f"--datadir={data}", "--secure-file-priv=NULL", "--mysqlx=OFF", *small_and_fast]
        run([*common, "--initialize-insecure"], cwd=folder, **owner)
        flags = [f"--port={settings['MYSQL_PORT']}", f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"]
        with running([*common, *flags, f"--init-file={init}", "--bind-address=127.0.0.1"], log, owner) as process:
            until_answering(connect, process, log)
            yield settings


def mysql_connection(settings: Settings) -> pymysql.Connection:
    return pymysql.connect(
        host=settings["MYSQL_HOST"],
        port=int(settings["MYSQL_PORT"]),
        user=settings["MYSQL_USER"],
        password=settings["MYSQL_PASSWORD"].encode(),
        database=settings["MYSQL_DATABASE"],
        autocommit=True,
        connect_timeout=5,
    )


@contextmanager
def objectstore() -> Iterator[Settings]:
    """An S3 server with the buckets of the pipelines; gives the variables of a key that may do everything."""
    settings = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(), "AWS_DEFAULT_REGION": "us-east-1"}
    root = {"ROOT_ACCESS_KEY": settings["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_KEY": settings["AWS_SECRET_ACCESS_KEY"]}
    with container("tandem/objectstore:0.1.0", 7070, root, user=1000) as port:
        settings["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
        until_answering(lambda: urllib.request.urlopen(f"{settings['AWS_ENDPOINT_URL']}/healthz", timeout=5).close(), None, None)
        client = s3_client(settings)
        for bucket in BUCKETS:
            client.create_bucket(Bucket=bucket)
        yield settings


def s3_client(settings: Settings) -> Any:
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=settings["AWS_ENDPOINT_URL"],
        region_name=settings["AWS_DEFAULT_REGION"],
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
    )
