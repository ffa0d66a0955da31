"""Requests that are not HTTP, or that a proxy may read as others than the server does."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.serving import toys
from tests.serving.running_server import SECONDS, RunningServer, serving

pytestmark = pytest.mark.timeout(120)

BODY = b'{"prompt": "a cat"}'
POST = b"POST /v1/images/generations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
NEXT = b"GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
GET = b"GET /v2 HTTP/1.1\r\nHost: x\r\n"

REFUSED = {
    "a length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT,
    "two encodings": CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" + NEXT,
    "an unknown encoding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + NEXT,
    "a space before a colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + NEXT,
    "chunks in HTTP/1.0": CHUNKED.replace(b"1.1", b"1.0") + b"\r\n0\r\n\r\n" + NEXT,
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 19\r\n\r\n" + BODY,
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\n" + BODY,
    "a length with a sign": POST + b"Content-Length: +19\r\n\r\n" + BODY,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + BODY,
    "a hexadecimal length": POST + b"Content-Length: 0x13\r\n\r\n" + BODY,
    "a length with an underscore": POST + b"Content-Length: 1_9\r\n\r\n" + BODY,
    "a carriage return in a header": GET + b"A: b\rc: d\r\n\r\n",
    "a zero byte in a header": GET + b"A: b\0c\r\n\r\n",
    "a folded header": GET + b"A: b\r\n c\r\n\r\n",
    "two hosts": GET + b"Host: y\r\n\r\n",
    "an unknown version": GET.replace(b"1.1", b"3.7") + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 200 + b"\r\n\r\n",
    "a chunk of a wrong size": CHUNKED + b"\r\nzz\r\n" + BODY,
    "a chunk of a negative size": CHUNKED + b"\r\n-1\r\n" + BODY,
    "a chunk of a prefixed size": CHUNKED + b"\r\n0x13\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk without an end": CHUNKED + b"\r\n13\r\n" + BODY + b"XX0\r\n\r\n",
    "a large header": GET + b"A: " + b"a" * 9000 + b"\r\n\r\n",
    "many headers": GET + b"".join(b"A%d: b\r\n" % number for number in range(200)) + b"\r\n",
    "a long path": b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.fixture(scope="module")
def raw_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("model")
    (folder / "graph.pbtxt").write_text(toys.GRAPH)
    with serving(folder) as server:
        yield server


def answers(server: RunningServer, sent: bytes) -> list[bytes]:
    """Return the statuses of all answers to what a client sends, until the server closes the connection."""
    received = b""
    client = socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS)
    with client, contextlib.suppress(ConnectionError):
        client.sendall(sent)
        while piece := client.recv(65536):
            received += piece
    return [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(raw_server: RunningServer, name: str) -> None:
    [status] = answers(raw_server, REFUSED[name])  # the rest is part of the request, or dropped
    assert b"400" <= status < b"500" or status in (b"501", b"505")
    assert raw_server.request("GET", "/v2/health/live")[0] == 200


def test_five_hundred_requests_in_a_row(raw_server: RunningServer) -> None:
    last = GET + b"Connection: close\r\n\r\n"
    assert answers(raw_server, 499 * NEXT + last) == 500 * [b"200"]


def test_no_request_left_a_traceback(raw_server: RunningServer) -> None:
    assert not any("Traceback" in line for line in raw_server.log)
