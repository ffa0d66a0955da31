"""nginx and Caddy with the examples' configurations, in front of a server."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.examples.deploy.conftest import Certificate
from tests.examples.deploy.examples import edited, run, tool, uncommented
from tests.serving.running_server import SECONDS, free_port


@dataclass
class Proxy:
    """A port that speaks TLS, and the certificate to trust there."""

    port: int
    certificate: Certificate

    def connect(self) -> http.client.HTTPSConnection:
        """Return a connection."""
        context = ssl.create_default_context(cafile=str(self.certificate.certificate))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=SECONDS, context=context)

    def ask(self, path: str, **fields: object) -> http.client.HTTPSConnection:
        """Post JSON and return the connection, which still has to read the answer."""
        connection = self.connect()
        connection.request("POST", path, json.dumps(fields), {"Content-Type": "application/json"})
        return connection

    def answer(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Return the status of an answer, and its content: JSON is decoded."""
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            content = response.read()
            is_json = response.headers.get_content_type() == "application/json"
            return response.status, json.loads(content) if content and is_json else content


RunProxy = Callable[[Path, int, Certificate], "contextlib.AbstractContextManager[Proxy]"]


@contextlib.contextmanager
def nginx(folder: Path, upstream: int, certificate: Certificate) -> Iterator[Proxy]:
    """Run nginx in `folder`, which it may write to, in front of a port."""
    port = free_port()
    site = edited(
        "nginx.conf",
        {
            "127.0.0.1:8000": f"127.0.0.1:{upstream}",
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            "/etc/nginx/tls/images.example.com.crt": str(certificate.certificate),
            "/etc/nginx/tls/images.example.com.key": str(certificate.key),
        },
    )
    (folder / "graphframe.conf").write_text(uncommented(site, "location /sd/ {"))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    main = f"daemon off; pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {temporary}"
    (folder / "main.conf").write_text(f"{main} include {folder}/graphframe.conf; }}")
    command = [tool("nginx"), "-p", str(folder), "-c", str(folder / "main.conf"), "-g", "user root;"]
    run([*command, "-t"])
    with running(command, port):
        yield Proxy(port, certificate)


@contextlib.contextmanager
def caddy(folder: Path, upstream: int, certificate: Certificate) -> Iterator[Proxy]:
    """Run Caddy in front of a port."""
    port = free_port()
    text = edited(
        "Caddyfile",
        {
            "127.0.0.1:8000": f"127.0.0.1:{upstream}",
            "\n{\n": "\n{\nadmin off\nauto_https disable_redirects\n",
            "images.example.com {\n": f"https://127.0.0.1:{port} {{\ntls {certificate.certificate} {certificate.key}\n",
        },
    )
    (folder / "Caddyfile").write_text(uncommented(text, "handle_path /sd/* {"))
    command = [tool("caddy"), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with running(command, port):
        yield Proxy(port, certificate)


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """Run a command, from when something listens on `port`."""
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + SECONDS
            while True:
                assert process.poll() is None, f"{command} has ended"
                assert time.monotonic() < until, f"{command} does not listen"
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
