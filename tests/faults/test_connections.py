"""Clients that are silent, slow or too many."""

from __future__ import annotations

import contextlib
import http.client
import json
import resource
import select
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.running_server import SECONDS, Pipes, RunningServer, serving
from tests.serving.test_server import GUNICORN, answer, ask

POST = b"POST /v1/images/generations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(autouse=True)
def many_descriptors() -> Iterator[None]:
    """Let this process have as many connections as the tests open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connected(server: RunningServer, sent: bytes = b"") -> socket.socket:
    """Return a connection on which these bytes were sent."""
    client = socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS)
    client.sendall(sent)
    return client


def received(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Return the status, headers and content of the answer, before which the connection was not closed."""
    response = http.client.HTTPResponse(client)
    response.begin()
    content = response.read()
    client.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, content


def stream(server: RunningServer, prompt: str) -> http.client.HTTPConnection:
    """Send a request for a stream of events, and wait until it has begun."""
    connection = server.connect()
    body = json.dumps({"prompt": prompt, "stream": True})
    connection.request("POST", "/v1/images/generations", body, {"Content-Type": "application/json"})
    assert connection.sock.recv(1, socket.MSG_PEEK)
    return connection


def code_of(content: bytes) -> str:
    code: str = json.loads(content)["error"]["code"]
    return code


def drip(client: socket.socket, piece: bytes) -> None:
    """Send a byte now and then, until there is an answer."""
    while not select.select([client], [], [], 0.05)[0]:
        client.sendall(piece)


@pytest.fixture
def impatient(model: Path) -> Iterator[RunningServer]:
    with serving(model, "--client_timeout=2", "--metrics_enable") as server:
        yield server


def test_a_client_that_sends_nothing(impatient: RunningServer) -> None:
    assert connected(impatient).recv(1) == b""


@pytest.mark.parametrize("sent", [b"G", b"GET /v2 HTTP/1.1\r\nHost: x\r\n"])
def test_half_of_the_headers(impatient: RunningServer, sent: bytes) -> None:
    status, headers, content = received(connected(impatient, sent))
    assert (status, headers["connection"]) == (408, "close")
    assert "did not arrive within 2 seconds" in json.loads(content)["error"]["message"]
    impatient.wait_for_log("status=408")


def test_headers_that_drip(impatient: RunningServer) -> None:
    client = connected(impatient, b"GET /v2 HTTP/1.1\r\n")
    drip(client, b"a: b\r\n")
    assert received(client)[0] == 408


@pytest.mark.parametrize("sent", [b"", b'{"prompt": '])
def test_a_body_that_does_not_arrive(impatient: RunningServer, sent: bytes) -> None:
    client = connected(impatient, POST + b"Content-Length: 500\r\n\r\n" + sent)
    status, headers, content = received(client)
    assert (status, headers["connection"], code_of(content)) == (408, "close", "request_timeout")
    line = impatient.wait_for_log("status=408")
    assert "/v1/images/generations" in line


@pytest.mark.parametrize("framing", ["Content-Length: 999999", "Transfer-Encoding: chunked"])
def test_a_body_that_drips(impatient: RunningServer, framing: str) -> None:
    client = connected(impatient, POST + framing.encode() + b"\r\n\r\n")
    drip(client, b"1\r\n \r\n" if "chunked" in framing else b" ")
    assert received(client)[0] == 408


def test_an_answer_that_is_not_read(impatient: RunningServer) -> None:
    body = json.dumps({"prompt": "x" * 30_000, "n": 10}).encode()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", impatient.port))
        client.sendall(20 * (POST + b"Content-Length: %d\r\n\r\n" % len(body) + body))  # more than the kernel holds
        impatient.wait_for_log("a client did not read its answer for 2 s")
        assert impatient.request("GET", "/v2/health/live")[0] == 200


def test_a_long_generation_is_not_silence(impatient: RunningServer, pipes: Pipes) -> None:
    connection = ask(impatient, f"wait {pipes.folder}")
    pipes.wait_until_started()
    for _ in range(3):
        assert connected(impatient).recv(1) == b""  # after the time in which a client must send
    pipes.let_go()
    assert answer(connection).status == 200


def test_a_refusal_of_gunicorn_is_logged_and_counted(impatient: RunningServer) -> None:
    status, headers, content = received(connected(impatient, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"))
    assert (status, json.loads(content)["error"]["type"]) == (400, "invalid_request_error")
    assert headers["x-request-id"] in impatient.wait_for_log("status=400")
    with contextlib.closing(impatient.connect()) as connection:
        connection.request("GET", "/metrics")
        metrics = connection.getresponse().read().decode()
    assert 'graphframe_requests_total{method="GET",model="",route="",status="400"} 1.0' in metrics


def test_a_refusal_needs_no_body(model: Path) -> None:
    with serving(model) as server:
        client = connected(server, POST.replace(b"application/json", b"text/plain") + b"Content-Length: 500\r\n\r\n")
        assert received(client)[0] == 415


def test_idle_connections_make_room(model: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200)); "
    command = [sys.executable, "-c", limit + GUNICORN]
    command += ["-c", "examples/deploy/gunicorn.conf.py"]
    with serving(model, command=command) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(server)) for _ in range(300)]
        clients += [stack.enter_context(connected(server, POST + b"Content-Length: 9\r\n\r\n")) for _ in range(100)]
        for _ in range(20):
            assert server.request("GET", "/v2/health/live")[0] == 200
        assert server.generate(prompt="a cat")[0] == 200
        assert clients[0].recv(1) == b""  # the oldest
        assert len(server.log) < 50
        assert any("connections are allowed instead of 1000" in line for line in server.log)


def test_connections_with_requests_are_kept(model: Path, pipes: Pipes) -> None:
    with serving(model, "--max_connections=2", "--max_running=1") as server:
        running = ask(server, f"wait {pipes.folder}")
        pipes.wait_until_started()
        waiting = stream(server, "a cat")
        with connected(server) as refused:
            assert refused.recv(20) == b"HTTP/1.1 503 Service"
        server.wait_for_log("connections are refused: 2 are open")
        pipes.let_go()
        assert answer(running).status == 200
        assert "image_generation.completed" in waiting.getresponse().read().decode()


def test_the_soft_limit_is_raised(model: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (128, {})); "
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    command = [sys.executable, "-c", limit.format(hard) + GUNICORN]
    command += ["-c", "examples/deploy/gunicorn.conf.py"]
    with serving(model, command=command) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(server)) for _ in range(500)]
        assert server.request("GET", "/v2/health/live")[0] == 200
        assert not select.select(clients, [], [], 0)[0]  # none was closed


def test_a_thousand_idle_connections_do_not_delay_the_end(model: Path) -> None:
    with serving(model, "--max_connections=2000") as server, contextlib.ExitStack() as stack:
        for sent in (
            b"",
            b"GET /v2 HT",
            b"GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n",
            POST + b"Content-Length: 9\r\n\r\n",
        ):
            for _ in range(250):
                stack.enter_context(connected(server, sent))
        assert server.request("GET", "/v2/health/live")[0] == 200
        assert server.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_comes_while_the_server_drains(model: Path, pipes: Pipes, number: int) -> None:
    with serving(model) as server:
        running = ask(server, f"wait {pipes.folder}")
        pipes.wait_until_started()
        uploading = connected(server, POST + b"Content-Length: 500\r\n\r\n{")
        idle = connected(server)
        server.process.send_signal(number)
        server.wait_for_log("Waiting for")
        assert idle.recv(1) == b""
        for late in (uploading, connected(server, POST + b"Content-Length: 2\r\n\r\n{}")):
            status, headers, content = received(late)
            assert (status, code_of(content)) == (503, "shutting_down")
            assert headers["connection"] == "close"
            assert int(headers["retry-after"]) > 0
        assert server.request("GET", "/v2/health/live")[0] == 200
        for path in ("/v2/health/ready", "/v2/models/toy/ready"):
            assert server.request("GET", path)[0] == 503
        pipes.let_go()
        last = answer(running)
        assert (last.status, last.headers["connection"]) == (200, "close")
        assert server.wait() == 0


def test_the_end_is_announced_first(model: Path) -> None:
    with serving(model, "--drain_delay=1000") as server, contextlib.closing(server.connect()) as kept:
        kept.request("GET", "/v2/health/ready")
        assert kept.getresponse().read() == b""
        server.process.send_signal(signal.SIGINT)
        while server.request("GET", "/v2/health/ready")[0] == 200:
            pass
        kept.request("GET", "/v2/health/live")
        assert kept.getresponse().status == 200
        assert server.generate(prompt="a cat")[0] == 200
        server.process.send_signal(signal.SIGINT)  # a second signal does not wait
        assert server.wait() == 0


def test_requests_that_outlast_the_grace(model: Path, pipes: Pipes) -> None:
    with serving(model, "--graceful_timeout=0", "--max_running=1") as server:
        running = ask(server, f"wait for cancel {pipes.folder}")
        pipes.wait_until_started()
        streamed = stream(server, "a cat")
        server.process.send_signal(signal.SIGTERM)
        assert pipes.read_news() == "cancelled"
        for connection, status in ((running, 503), (streamed, 200)):
            response = connection.getresponse()
            text = response.read().decode()
            assert response.status == status
            assert "the server shut down before the request was finished" in text
            assert ("event: error" in text) == (status == 200)
        assert server.wait() == 0
        assert sum("status=503" in line for line in server.log) == 2
