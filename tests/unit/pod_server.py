"""The part of a Kubernetes API server that deals with one pod, over real HTTP, so that the real client is used."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local_server import serving

NAME, NAMESPACE = "a-pod", "jobs"
SIDECAR = "airflow-xcom-sidecar"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


def status(phase: str, **containers: int | None) -> dict[str, Any]:
    """A pod's status; a container is given with its exit code, or None while it runs."""

    def state(code: int | None) -> dict[str, Any]:
        return {"running": {}} if code is None else {"terminated": {"exitCode": code, "reason": "Completed"}}

    named = {name.replace("_", "-"): code for name, code in containers.items()}
    return {
        "phase": phase,
        "containerStatuses": [
            {"name": name, "image": "i", "imageID": "i", "ready": True, "restartCount": 0, "state": state(code)}
            for name, code in named.items()
        ],
    }


class PodServer(ThreadingHTTPServer):
    """Answers by script.

    `reads` are the states that reads of the pod find, one after the other; the last one stays. `watches` holds a list for each
    watch: states to report, functions to call, or "deleted", "cut" (the connection breaks) or "refused". A watch then stays
    silent for its time.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reads: list[dict[str, Any] | None] = []
        self.watches: list[list[Any]] = []
        self.logs = ["one", "two"]
        self.requests: list[tuple[str, Any]] = []
        self.version = 1
        self.closing = threading.Event()

    def pod(self, state: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        labels = {"try_number": "1"}
        metadata = {"name": NAME, "namespace": NAMESPACE, "resourceVersion": str(self.version), "labels": labels}
        spec = {"restartPolicy": "Never", "containers": [{"name": "base"}, {"name": SIDECAR}]}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": state}

    def read(self) -> dict[str, Any] | None:
        state = self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]
        return None if state is None else self.pod(state)

    def count(self, what: str) -> int:
        return [name for name, _ in self.requests].count(what)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PodServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if query.get("watch"):
            self.note("watch", query)
            self.watch(query)
        elif url.path == f"{PODS}/{NAME}/log":
            self.note("log", query)
            self.chunks("".join(f"2026-01-31T10:00:0{i}.000000000Z {line}\n" for i, line in enumerate(self.server.logs)))
            self.chunks("", last=True)
        elif url.path == f"{PODS}/{NAME}":
            self.note("read", query)
            pod = self.server.read()
            self.answer(200 if pod else 404, pod or {"kind": "Status", "reason": "NotFound"})
        else:
            self.note("list", query)
            pod = self.server.pod(self.server.reads[0] or {})
            self.answer(200, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [pod]})

    def do_POST(self) -> None:
        self.with_body("create")

    def do_PATCH(self) -> None:
        self.with_body("patch")

    def do_DELETE(self) -> None:
        self.with_body("delete")

    def with_body(self, what: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.note(what, (json.loads(body) if body else None) or query)
        self.answer(200, self.server.pod(self.server.reads[0] or {}))

    def watch(self, query: dict[str, str]) -> None:
        script = self.server.watches.pop(0) if self.server.watches else []
        if script == ["refused"]:
            self.answer(403, {"kind": "Status", "message": "cannot watch pods"})
            return
        self.chunks("")
        for entry in script:
            if entry == "cut":
                self.close_connection = True
                return
            if callable(entry):
                entry()
                continue
            state = {} if entry == "deleted" else entry
            self.server.reads = [None if entry == "deleted" else entry]
            self.chunks(json.dumps({"type": "DELETED" if entry == "deleted" else "MODIFIED", "object": self.server.pod(state)}) + "\n")
        self.server.closing.wait(float(query["timeoutSeconds"]))
        self.chunks("", last=True)

    def chunks(self, text: str, *, last: bool = False) -> None:
        """A piece of an answer without a known length; the head goes out with the first one."""
        if not getattr(self, "streaming", False):
            self.streaming = True
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
        data = text.encode()
        try:
            if data:
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            if last:
                self.wfile.write(b"0\r\n\r\n")
                self.streaming = False
        except OSError:  # The client has seen enough.
            self.close_connection = True

    def answer(self, code: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def note(self, what: str, detail: Any) -> None:
        self.server.requests.append((what, detail))

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serve() -> Iterator[PodServer]:
    server = PodServer()
    with serving(server, server.closing):
        yield server
