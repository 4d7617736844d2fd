"""The object store, from environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from common.errors import PipelineError

REQUIRED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True)
class S3Login:
    """An object store and a key for it. Without an endpoint it is AWS itself."""

    key: str
    secret: str = field(repr=False)
    endpoint: str | None
    region: str
    token: str | None = field(repr=False, default=None)
    ca_file: str | None = None
    """A file of further certificate authorities to trust."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> S3Login:
        """Those of REQUIRED must be there. Raises PipelineError about malformed variables."""
        endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or None
        if endpoint and not is_address(endpoint, "http", "https"):
            raise PipelineError(f"environment variable AWS_ENDPOINT_URL must be a URL like http://host:7070, got {endpoint!r}")
        ca_file = environ.get("SSL_CERT_FILE") or environ.get("AWS_CA_BUNDLE") or None
        if ca_file and not Path(ca_file).is_file():
            raise PipelineError(f"environment variable SSL_CERT_FILE or AWS_CA_BUNDLE names {ca_file}, which is no file")
        return cls(
            key=environ["AWS_ACCESS_KEY_ID"],
            secret=environ["AWS_SECRET_ACCESS_KEY"],
            endpoint=endpoint,
            region=environ.get("AWS_DEFAULT_REGION") or environ.get("AWS_REGION") or "us-east-1",
            token=environ.get("AWS_SESSION_TOKEN") or None,
            ca_file=ca_file,
        )

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"the object store at {self.endpoint or 'AWS'}"


def is_address(value: str, *schemes: str) -> bool:
    """Whether this is a URL of one of the schemes."""
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.netloc) and (parts.port or 1) > 0
    except ValueError:
        return False


def place(environ: Mapping[str, str], name: str, default: str, *schemes: str) -> str:
    """A URL or URI of one of the schemes, without a slash at its end; an empty variable counts as unset.

    Raises PipelineError about another one.
    """
    value = (environ.get(name) or default).rstrip("/")
    if not is_address(value, *schemes):
        wanted = " or ".join(f"{scheme}://…" for scheme in schemes)
        raise PipelineError(f"environment variable {name} must be {wanted}, got {value!r}")
    return value
