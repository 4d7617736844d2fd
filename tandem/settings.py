"""What this machine's owner has set up for programs that fetch packages, so that builds in containers fetch the same way."""

from __future__ import annotations

import contextlib
import os
import sys
from configparser import ConfigParser, Error
from pathlib import Path

CERTIFICATES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/cert.pem"),
)
"""Where systems keep the certificates that they trust, in one file."""


def certificates() -> Path | None:
    """The file of certificates that this machine trusts, a company's own among them; None if there is none."""
    named = os.environ.get("SSL_CERT_FILE")
    places = (Path(named), *CERTIFICATES) if named else CERTIFICATES
    return next((path for path in places if path.is_file()), None)


def package_indexes() -> dict[str, str]:
    """GOPROXY, GOSUMDB and PIP_INDEX_URL, as far as the environment or the programs' own settings give them."""
    found = {name: os.environ.get(name) or go_settings().get(name, "") for name in ("GOPROXY", "GOSUMDB")}
    found["PIP_INDEX_URL"] = os.environ.get("PIP_INDEX_URL") or pip_index()
    return {name: value for name, value in found.items() if value}


def go_settings() -> dict[str, str]:
    """What `go env -w` has written. Read from its file, because the programs are built here without Go on the machine."""
    folder = Path.home() / ("Library/Application Support" if sys.platform == "darwin" else ".config")
    path = Path(os.environ.get("GOENV") or Path(os.environ.get("XDG_CONFIG_HOME") or folder) / "go" / "env")
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    return {name: value for name, equals, value in (line.partition("=") for line in lines) if equals}


def pip_index() -> str:
    """The package index in pip's settings; empty if they name none. A user's file counts more than the machine's."""
    parser = ConfigParser(interpolation=None)
    named = os.environ.get("PIP_CONFIG_FILE")
    places = [Path("/etc/pip.conf"), Path.home() / ".pip/pip.conf", Path.home() / ".config/pip/pip.conf"]
    with contextlib.suppress(Error, OSError, UnicodeDecodeError):
        parser.read([*places, Path(named)] if named else places)
    return parser.get("global", "index-url", fallback="")
