"""A Hugging Face hub on this machine, with the repositories of a test."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

CHUNK = 4096


@dataclass
class Hub:
    """The content of a hub, and its faults.

    Attributes
    ----------
    repositories : dict
        The bytes of each file by its path, by the name of the repository.
    gated : set
        Repositories that want the token ``"good"``.
    altered : dict
        The bytes to send instead of a file, by its path.
    promised : int
        The number of bytes by which a Content-Length exceeds the body.
    on_chunk : callable
        Called before each chunk with its number.
    sent : int
        The number of chunks sent so far.
    requests : list of str
        The method and path of each request.
    """

    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    altered: dict[str, bytes] = field(default_factory=dict)
    promised: int = 0
    on_chunk: Callable[[int], None] = lambda sent: None
    sent: int = 0
    requests: list[str] = field(default_factory=list)
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> None:
        """Count a chunk and call `on_chunk`; files are sent at once by several threads."""
        with self._lock:
            self.sent += 1
            number = self.sent
        self.on_chunk(number)

    @property
    def url(self) -> str:
        """The value for ``HF_ENDPOINT``."""
        return f"http://127.0.0.1:{self.port}"


def commit_of(name: str) -> str:
    """Return the only commit of a repository."""
    return hashlib.sha1(name.encode()).hexdigest()


def _entry(path: str, content: bytes) -> dict[str, object]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    entry: dict[str, object] = {"type": "file", "path": path, "size": len(content), "oid": blob}
    if path.endswith((".bin", ".safetensors")):
        entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 100}
    return entry


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        self.hub.requests.append(f"{self.command} {path}")
        words = path.removeprefix("api/models/").split("/")
        name, rest = "/".join(words[:2]), words[2:]
        files = self.hub.repositories.get(name)
        if files is None:
            return self._refuse(404, "RepoNotFound")
        if name in self.hub.gated and self.headers.get("Authorization") != "Bearer good":
            return self._refuse(403, "GatedRepo")
        if not path.startswith("api/"):
            return self._file(commit_of(name), files, "/".join(rest[2:]), with_body)
        revision = rest[1] if rest else "main"
        if revision not in ("main", commit_of(name)):
            return self._refuse(404, "RevisionNotFound")
        if rest and rest[0] == "tree":
            return self._json([_entry(*item) for item in files.items()])
        return self._json({"id": name, "sha": commit_of(name), "siblings": [{"rfilename": path} for path in files]})

    def _file(self, commit: str, files: dict[str, bytes], path: str, with_body: bool) -> None:
        if path not in files:
            return self._refuse(404, "EntryNotFound")
        entry = _entry(path, files[path])
        lfs = entry.get("lfs")
        body = self.hub.altered.get(path, files[path])
        start = int(self.headers.get("Range", "bytes=0-")[6:].partition("-")[0] or 0)
        self.send_response(206 if start else 200)
        self.send_header("X-Repo-Commit", commit)
        self.send_header("ETag", f'"{lfs["oid"] if isinstance(lfs, dict) else entry["oid"]}"')
        self.send_header("Content-Length", str(len(body) - start + self.hub.promised))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        for place in range(start, len(body) if with_body else 0, CHUNK):
            self.hub.count()
            self.wfile.write(body[place : place + CHUNK])
        return None

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore errors: killed clients leave connections behind."""


@contextmanager
def running_hub() -> Iterator[Hub]:
    hub = Hub()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
