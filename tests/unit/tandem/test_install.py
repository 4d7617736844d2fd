"""What is installed, and what happens to a release that an earlier helm left half-made."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tandem import console, helm, images, install, kube, source
from tandem.errors import TandemError


def test_a_missing_values_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("{}")
    monkeypatch.setenv("TANDEM_VALUES", f"{tmp_path}/mine.yaml, {tmp_path}/absent.yaml")
    with pytest.raises(TandemError, match=r"TANDEM_VALUES names .*/absent.yaml, which is not a file"):
        install.user_values()
    monkeypatch.setenv("TANDEM_VALUES", f"{tmp_path}/mine.yaml")
    assert install.user_values() == [tmp_path / "mine.yaml"]
    monkeypatch.delenv("TANDEM_VALUES")
    assert install.user_values() == []


def revision(number: int, status: str, content: str = "") -> Any:
    record = base64.b64encode(
        base64.b64encode(gzip.compress(json.dumps({"info": {"status": status}, "version": number}).encode()))
    ).decode()
    labels = {"version": str(number), "status": status, install.LABEL: content, source.LABEL: source.SAMPLES}
    return {"metadata": {"name": f"sh.helm.release.v1.tandem.v{number}", "labels": labels}, "data": {"release": record}}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """The revisions that the cluster holds; tests append to it."""
    found: list[Any] = []
    monkeypatch.setattr(helm, "revisions", lambda: found)
    values = tmp_path / "images.yaml"
    values.write_text("{}")
    monkeypatch.setattr(images, "write_values", lambda: values)
    monkeypatch.setattr(source, "VALUES", tmp_path / "taxi.yaml")
    monkeypatch.setattr(source, "reachable", lambda _url: False)
    return found


def test_a_release_is_current_only_if_its_last_revision_went_well_with_this_content(
    installed: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not install.is_current()
    assert install.revision() == 0
    installed.append(revision(9, "superseded", install.content()))
    installed.append(revision(10, "deployed", install.content()))
    assert install.is_current()
    assert install.revision() == 10
    (tmp_path / "mine.yaml").write_text("a: 1")
    monkeypatch.setenv("TANDEM_VALUES", str(tmp_path / "mine.yaml"))
    assert not install.is_current()
    monkeypatch.delenv("TANDEM_VALUES")
    installed.append(revision(11, "failed", install.content()))
    assert not install.is_current()


def test_a_release_of_before_there_were_taxi_months_is_not_current(installed: list[Any]) -> None:
    older = revision(1, "deployed", install.content())
    del older["metadata"]["labels"][source.LABEL]
    installed.append(older)
    assert not install.is_current()


def test_helm_is_given_the_decision_on_taxi_months_before_the_users_values(
    installed: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text("a: 1")
    monkeypatch.setenv("TANDEM_VALUES", str(tmp_path / "mine.yaml"))
    called: list[str] = []
    monkeypatch.setattr(helm, "stream", lambda *words: called.extend(words))
    monkeypatch.setattr(kube, "kubectl", lambda *_, **__: "")
    monkeypatch.setattr("tandem.code_servers.read_at_start", dict)
    monkeypatch.setattr(helm, "over_changes_by_hand", lambda: [])
    install.apply(console.Phase("install"))
    assert [called[i + 1] for i, word in enumerate(called) if word == "--values"] == [
        str(tmp_path / name) for name in ("images.yaml", "taxi.yaml", "mine.yaml")
    ]
    assert called[-1] == f"{install.LABEL}={install.content()},{source.LABEL}={source.SAMPLES}"


@pytest.mark.parametrize(("version", "words"), [("v3.19.0", []), ("v4.3.1", ["--server-side=true", "--force-conflicts"])])
def test_what_was_changed_by_hand_does_not_stop_an_upgrade(
    version: str, words: list[str], program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program("helm", f"echo {version}")
    monkeypatch.setattr("tandem.tools.find", lambda _name: path)
    assert helm.over_changes_by_hand() == words


def test_a_pending_revision_is_marked_as_failed_and_others_are_left(installed: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    installed += [revision(1, "deployed"), revision(2, "pending-upgrade")]
    patches: list[tuple[str, Any]] = []
    monkeypatch.setattr(kube, "kubectl", lambda *words, input: patches.append((words[2], json.loads(input))))
    helm.release_stuck_revision()
    ((name, patch),) = patches
    assert name == "sh.helm.release.v1.tandem.v2"
    assert patch["metadata"]["labels"]["status"] == "failed"
    release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(patch["data"]["release"]))))
    assert release == {"info": {"status": "failed"}, "version": 2}
