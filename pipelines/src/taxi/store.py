"""Objects in S3, addressed by URIs such as `s3://raw/taxi/taxi_zones.csv`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from common.s3 import S3Login
from taxi.errors import TaxiError, one_line
from taxi.settings import Settings

LINK_SECONDS = 7 * 24 * 3600  # the longest that a presigned link may live


@dataclass(frozen=True)
class Object:
    """What a listing tells of an object; its size is in bytes."""

    uri: str
    size: int
    modified: datetime
    etag: str


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of a URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise TaxiError(f"not the address of an object: {uri!r}; it should look like s3://bucket/key")
    return bucket, key


def client(login: S3Login, endpoint: str | None = None, attempts: int = 5) -> Any:
    """A boto3 client. `endpoint` replaces the login's, for links that a browser elsewhere can open."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=endpoint or login.endpoint,
        region_name=login.region,
        aws_access_key_id=login.key,
        aws_secret_access_key=login.secret,
        aws_session_token=login.token,
        verify=login.ca_file,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint or login.endpoint else "auto"},
            connect_timeout=10,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": attempts},
            # Other stores than AWS's need not know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


class Store:
    """The object store. Its errors are TaxiErrors that name the object.

    :param attempts: how often a request is tried that gets no answer
    """

    def __init__(self, settings: Settings, attempts: int = 5) -> None:
        self.settings = settings
        self.client = client(settings.s3, attempts=attempts)

    def get(self, uri: str) -> bytes:
        """The whole content."""
        bucket, key = split(uri)
        with self.telling("read", uri):
            return bytes(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def put(self, uri: str, content: bytes, content_type: str = "application/octet-stream") -> None:
        """Make or replace an object; readers see the old content or the new."""
        bucket, key = split(uri)
        with self.telling("write", uri):
            self.client.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)

    def upload(self, source: Path | BinaryIO, uri: str, content_type: str = "application/octet-stream") -> None:
        """Make or replace an object from a file of any size, which appears only when all of it has arrived."""
        bucket, key = split(uri)
        with self.telling("write", uri):
            if isinstance(source, Path):
                with source.open("rb") as file:
                    self.client.upload_fileobj(file, bucket, key, ExtraArgs={"ContentType": content_type})
            else:
                self.client.upload_fileobj(source, bucket, key, ExtraArgs={"ContentType": content_type})

    def open(self, uri: str) -> tuple[BinaryIO, int]:
        """A stream of the content, and its size."""
        bucket, key = split(uri)
        with self.telling("read", uri):
            answer = self.client.get_object(Bucket=bucket, Key=key)
            return answer["Body"], int(answer["ContentLength"])

    def head(self, uri: str) -> dict[str, Any] | None:
        """The answer to a HEAD request; None if there is no such object."""
        from botocore.exceptions import ClientError

        bucket, key = split(uri)
        with self.telling("read", uri):
            try:
                return dict(self.client.head_object(Bucket=bucket, Key=key))
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    return None
                raise

    def exists(self, uri: str) -> bool:
        return self.head(uri) is not None

    def size(self, uri: str) -> int:
        """Size in bytes."""
        found = self.head(uri)
        if found is None:
            raise TaxiError(f"there is no object {uri} in {self.settings.s3.place}")
        return int(found["ContentLength"])

    def list(self, prefix: str) -> list[Object]:
        """All objects whose URI begins with the prefix, sorted by URI."""
        bucket, key = split(prefix)
        with self.telling("list", prefix):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
            return [
                Object(f"s3://{bucket}/{item['Key']}", int(item["Size"]), item["LastModified"], item["ETag"].strip('"'))
                for page in pages
                for item in page.get("Contents", [])
            ]

    def move(self, source: str, target: str, etag: str | None = None) -> bool:
        """Copy within the store, then delete the source: what is at the target is whole at every moment.

        :param etag: move the object only as long as it is this version of it
        Returns False, with the source as it was, if it is another one by now, or gone.
        """
        from botocore.exceptions import ClientError

        bucket, key = split(source)
        target_bucket, target_key = split(target)
        only = {"CopySourceIfMatch": f'"{etag}"'} if etag else {}
        with self.telling("move", source):
            try:
                self.client.copy_object(CopySource={"Bucket": bucket, "Key": key}, Bucket=target_bucket, Key=target_key, **only)
            except ClientError as error:
                if etag and error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 412):
                    return False
                raise
            if etag and not self.is_version(source, etag):
                return False
            self.client.delete_object(Bucket=bucket, Key=key)
        return True

    def is_version(self, uri: str, etag: str) -> bool:
        """Whether an object is there and is still this version of it."""
        found = self.head(uri)
        return found is not None and str(found["ETag"]).strip('"') == etag

    def delete(self, uri: str) -> None:
        """Remove an object; that it is gone already is no error."""
        bucket, key = split(uri)
        with self.telling("delete", uri):
            self.client.delete_object(Bucket=bucket, Key=key)

    def link(self, uri: str) -> str | None:
        """An address that a browser can open for seven days without a login; None unless settings name a base for links."""
        if self.settings.links is None:
            return None
        bucket, key = split(uri)
        public = client(self.settings.s3, self.settings.links)
        return str(public.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=LINK_SECONDS))

    @contextmanager
    def telling(self, verb: str, uri: str) -> Iterator[None]:
        """Turn the client's errors into sentences."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error) as error:
            raise TaxiError(f"cannot {verb} {uri} in {self.settings.s3.place}: {one_line(error)}") from error
