"""Reading the lock file of the tests."""

from __future__ import annotations

import pytest

from tandem import venv
from tandem.errors import TandemError

LOCK = """\
urllib3==2.0 \\
    --hash=sha256:aa
uv==0.9.11 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via -r requirements.in
uvicorn==1.0 \\
    --hash=sha256:dd
"""


def test_one_package_is_taken_with_all_its_hashes() -> None:
    assert venv.requirement(LOCK, "uv") == "uv==0.9.11 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"


def test_a_lock_file_without_the_package_says_what_to_do() -> None:
    with pytest.raises(TandemError, match=r"uv is not in tests/requirements\.txt") as problem:
        venv.requirement("", "uv")
    assert problem.value.hint == "run `make lock`"


def test_the_lock_file_names_no_host_and_every_package_has_a_hash() -> None:
    text = venv.LOCK.read_text()
    assert "://" not in text
    for package in [line.split("==")[0] for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]:
        assert "--hash=sha256:" in venv.requirement(text, package)
