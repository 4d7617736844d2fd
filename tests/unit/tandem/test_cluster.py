"""What becomes of a cluster in every state, and which images its nodes are given."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tandem import bases, cluster, engine, node_images, tools
from tandem.errors import TandemError

Program = Callable[[str, str], Path]
NODES = ("tandem-control-plane", "tandem-worker")
READY = json.dumps(
    {"items": [{"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}} for name in NODES]}
)


@pytest.fixture
def calls(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """kind and kubectl that work, and what was asked of kind and docker so far."""
    log = tmp_path / "calls"
    log.touch()
    program("kind", f'echo "kind $*" >> {log}; case "$*" in create*) touch {tmp_path}/created;; esac')
    program("kubectl", f"case $* in *nodes*) echo '{READY}';; *storageclass*) echo standard;; esac")
    monkeypatch.setattr(tools, "find", lambda name: tmp_path / "bin" / name)
    monkeypatch.setattr(tools, "installed", lambda _name: True)
    monkeypatch.setattr(engine, "reachable", lambda: True)
    return lambda: [line for line in log.read_text().splitlines() if " kubeconfig " not in line]


def docker(program: Program, tmp_path: Path, states: dict[str, str], joined: int = 2) -> None:
    """An engine with these containers as nodes, so many of which have joined the cluster."""
    lines = "\\n".join(f"{node} {state}" for node, state in states.items())
    have = "|".join(f"{node}:*" for node in list(states)[:joined]) or "none"
    created = "\\n".join(f"{node} running" for node in NODES)
    program(
        "docker",
        f"""
        case "$1" in
          start|exec) echo "docker $*" >> {tmp_path}/calls ;;
          cp) case "$2" in {have}) exit 0;; *) exit 1;; esac ;;
          container) if [ -f {tmp_path}/created ]; then printf '{created}\\n'; else printf '{lines}\\n' | grep . ; fi; exit 0 ;;
        esac""",
    )


def test_without_a_cluster_one_is_created(program: Program, tmp_path: Path, calls: Callable[[], list[str]]) -> None:
    docker(program, tmp_path, {})
    cluster.up()
    assert len(calls()) == 1
    assert calls()[0].startswith("kind create cluster --config")
    assert "--image kindest/node:v" in calls()[0]


def test_a_running_cluster_is_left_alone(program: Program, tmp_path: Path, calls: Callable[[], list[str]]) -> None:
    docker(program, tmp_path, dict.fromkeys(NODES, "running"))
    cluster.up()
    assert calls() == []


def test_stopped_nodes_are_started_again(program: Program, tmp_path: Path, calls: Callable[[], list[str]]) -> None:
    docker(program, tmp_path, {"tandem-worker": "exited", "tandem-control-plane": "exited"})
    cluster.up()
    # Docker gives addresses in the order of starting, so that every node gets back its own.
    assert calls() == ["docker start tandem-control-plane", "docker start tandem-worker"]


def test_a_cluster_without_storage_gets_it(program: Program, tmp_path: Path, calls: Callable[[], list[str]]) -> None:
    docker(program, tmp_path, dict.fromkeys(NODES, "running"))
    program("kubectl", f"case $* in *nodes*) echo '{READY}';; esac")
    cluster.up()
    assert len(calls()) == 1
    assert calls()[0].startswith("docker exec tandem-control-plane kubectl")
    assert calls()[0].endswith("default-storage.yaml")


@pytest.mark.parametrize(("states", "joined"), [({NODES[0]: "running"}, 1), (dict.fromkeys(NODES, "running"), 1)])
def test_a_cluster_left_half_made_is_made_anew(
    program: Program, tmp_path: Path, calls: Callable[[], list[str]], states: dict[str, str], joined: int
) -> None:
    docker(program, tmp_path, states, joined)
    cluster.up()
    assert [call.split(" --")[0] for call in calls()] == ["kind delete cluster", "kind create cluster"]


def test_a_node_that_never_gets_ready_is_named(
    program: Program, tmp_path: Path, calls: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(program, tmp_path, dict.fromkeys(NODES, "running"))
    program("kubectl", f"case $* in *nodes*) echo '{READY.replace('True', 'False', 1)}';; esac")
    monkeypatch.setattr(cluster, "READY_SECONDS", 0)
    with pytest.raises(TandemError, match="node tandem-control-plane"):
        cluster.up()
    assert calls() == []


def test_nothing_to_remove_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "reachable", lambda: False)
    cluster.down()
    assert not cluster.exists()


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("debian:sid-slim", "docker.io/library/debian:sid-slim"),
        ("tandem/postgres:0.1.0", "docker.io/tandem/postgres:0.1.0"),
        ("registry.invalid/a/b:1", "registry.invalid/a/b:1"),
        ("localhost/a:1", "localhost/a:1"),
        ("host:5000/a:1", "host:5000/a:1"),
    ],
)
def test_images_have_the_names_that_containerd_gives_them(image: str, name: str) -> None:
    assert node_images.full_name(image) == name


def test_only_lacking_images_go_to_the_nodes_that_lack_them(program: Program, tmp_path: Path) -> None:
    """a is everywhere, b is an older one in the worker, c is nowhere; the worker's listing changes when it gets a stream."""

    def row(tag: str, content: str) -> str:
        return f'docker.io/tandem/{tag}:1 sha256:m{content} {{"config":{{"digest":"sha256:{content}"}}}}'

    program(
        "docker",
        f"""
        case "$*" in
          *inspect*) printf 'sha256:a\\nsha256:b\\nsha256:c\\n' ;;
          *"container ls"*) printf 'one running\\ntwo running\\n' ;;
          *"exec one sh"*) echo '{row("a", "a")}'; echo '{row("b", "b")}'; echo '{row("c", "c")}' ;;
          *"exec two sh"*) echo '{row("a", "a")}'
             if [ -f {tmp_path}/two ]; then echo '{row("b", "b")}'; echo '{row("c", "c")}'; else echo '{row("b", "old")}'; fi ;;
          *save*) echo "$*" ;;
          *"exec --interactive"*) cat > {tmp_path}/"$3" ;;
        esac""",
    )
    cluster.load(["tandem/a:1", "tandem/b:1", "tandem/c:1"])
    assert (tmp_path / "two").read_text() == "image save tandem/b:1 tandem/c:1\n"
    assert not (tmp_path / "one").exists()


def test_a_node_image_of_another_definition_is_built_again(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    monkeypatch.setattr(bases, "ensure", lambda: None)
    monkeypatch.setattr(engine, "build", lambda _file, *, tags, **_: built.extend(tags))
    program("docker", "echo")
    cluster.ensure_node_image()
    assert built == [], "one without our label was pulled, or is the user's own"
    program("docker", "echo 0123456789ab")
    cluster.ensure_node_image()
    assert len(built) == 1
