"""One client's connection, with limits of time."""

from __future__ import annotations

import asyncio
import fcntl
import struct
import termios
import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Protocol, TypeAlias

import msgspec
from gunicorn.asgi.protocol import ASGIProtocol  # type: ignore[import-untyped]

from graphframe.serving.api.responses import ErrorResponse
from graphframe.serving.errors import APIError, details
from graphframe.serving.lifecycle.drain import shutting_down
from graphframe.serving.observation.exchange import Exchange

Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]

_LEAST_RATE = 1000
"""Bytes a second of a body, averaged over the time that the server waits for it."""


class Owner(Protocol):
    """A worker, as its connections see it.

    Attributes
    ----------
    asgi : callable
        The application.
    client_timeout : float
        Seconds.
    open : set of ClientConnection
    waiting : dict with keys of type ClientConnection
        The connections that wait for their clients, the one that has waited longest first.
    draining : asyncio.Future
        Done once the server takes no new requests.
    """

    asgi: Any
    client_timeout: float
    open: set[ClientConnection]
    waiting: dict[ClientConnection, None]
    draining: asyncio.Future[None]

    def report(self, exchange: Exchange) -> None:
        """Log and count an exchange that did not reach the application."""


class ClientConnection(ASGIProtocol):  # type: ignore[misc]
    """gunicorn's connection, whose client must send headers, send a body and read an answer in time.

    Parameters
    ----------
    worker : Owner
        Also a worker of gunicorn.

    Attributes
    ----------
    accepting : asyncio.Task or None
        The task that opens it, which includes TLS' handshake.
    """

    def __init__(self, worker: Owner) -> None:
        super().__init__(worker)
        self.accepting: asyncio.Task[None] | None = None
        self._owner = worker
        self._application = worker.asgi
        self.app = self._serve
        self._under_way = 0
        self._lost = False
        self._since = 0.0
        self._heard: float | None = None
        self._unsent = 0
        self._last_taken = 0.0
        worker.open.add(self)
        self._wait()

    @property
    def busy(self) -> bool:
        """Whether a request is under way, or a part of an answer is not sent."""
        return self._under_way > 0 or self._unsent_bytes() > 0

    def check(self, now: float) -> None:
        """Close it if its client is late with headers, or with reading an answer. Call it once a second.

        Parameters
        ----------
        now : float
            On the event loop's clock.
        """
        unsent = self._unsent_bytes()
        if not self._unsent or unsent < self._unsent:
            self._last_taken = now
        self._unsent = unsent
        limit = self._owner.client_timeout
        if unsent and now - self._last_taken > limit:
            self.log.info("a client did not read its answer for %g s; its connection is closed", limit)
            self.transport.abort()
        elif self.transport is None or self._under_way or self._closed:
            return  # NOTE: the event loop limits the time of TLS' handshake
        elif self._heard is not None and now - self._heard > limit:
            self._send_error_response(408, f"the headers of the request did not arrive within {limit:g} seconds")
            self.close()
        elif self._heard is None and self.req_count < 2 and now - self._since > limit:
            self.close()  # NOTE: from the second request on, gunicorn's keepalive is the limit

    def close(self) -> None:
        """Close it once the rest of an answer is sent."""
        if self.transport is not None:
            self._close_transport()
            if self._request_ready is not None:
                self._request_ready.set()
        elif self.accepting is not None:
            self.accepting.cancel()
        self._owner.waiting.pop(self, None)

    def forget(self) -> None:
        """Note that it is closed."""
        self._lost = True
        self._owner.open.discard(self)
        self._owner.waiting.pop(self, None)

    def connection_lost(self, exc: Exception | None) -> None:
        """End it."""
        self.forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what the client sent."""
        self._heard = self._heard or self.worker.loop.time()
        super().data_received(data)

    def _wait(self) -> None:
        """Note that the client's next bytes are awaited from now on."""
        self._since = self.worker.loop.time()
        self._heard = None
        self._owner.waiting.pop(self, None)
        self._owner.waiting[self] = None

    async def _serve(self, scope: dict[str, Any], receive: Receive, send: Any) -> None:
        self._under_way += 1
        if _has_body(scope):
            self._wait()
            receive = self._in_time(receive)
        else:
            self._owner.waiting.pop(self, None)
        try:
            await self._application(scope, receive, send)
        finally:
            self._under_way -= 1
            if not (self._under_way or self._lost):
                self._wait()

    def _in_time(self, receive: Receive) -> Receive:
        """Return a `receive` that raises APIError once the body is late, or the server drains before it is complete."""
        limit = self._owner.client_timeout
        first, complete = True, False
        received, waited = 0, 0.0

        async def receive_in_time() -> dict[str, Any]:
            nonlocal first, complete, received, waited
            if complete:
                return await receive()
            if first:  # NOTE: Falcon waits for a first event before it checks the headers
                first = False
                return {"type": "http.request", "body": b"", "more_body": True}
            began = self.worker.loop.time()
            event: asyncio.Future[Any] = asyncio.ensure_future(receive())
            seconds = max(min(limit, limit + received / _LEAST_RATE - waited), 0)
            try:
                await asyncio.wait({event, self._owner.draining}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            finally:
                arrived = event.done()
                event.cancel()
            if not arrived and self._owner.draining.done():
                raise shutting_down()
            if not arrived:
                raise APIError(
                    408,
                    f"the body of the request did not arrive in time: {received} bytes came in {waited + seconds:.0f}"
                    f" seconds; {limit:g} seconds of silence and {_LEAST_RATE} bytes a second are the limits",
                    code="request_timeout",
                    headers={"connection": "close"},
                )
            waited += self.worker.loop.time() - began
            message: dict[str, Any] = event.result()
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if complete:
                self._owner.waiting.pop(self, None)
            return message

        return receive_in_time

    def _unsent_bytes(self) -> int:
        """Return the size of what the client has not taken, while a part of it is not with the kernel; else 0."""
        if self.transport is None or not (here := self.transport.get_write_buffer_size()):
            return 0
        number = self.transport.get_extra_info("socket").fileno()
        if number < 0:
            return 0
        [in_kernel] = struct.unpack("i", fcntl.ioctl(number, termios.TIOCOUTQ, b"\0\0\0\0"))
        return int(here + in_kernel)

    def _send_error_response(self, status: int, message: str, extra_headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Answer a request that does not reach the application, in the envelope of its errors."""
        parser = self._callback_parser
        exchange = Exchange(_text(getattr(parser, "method", None)), _text(getattr(parser, "path", None)))
        exchange.id, exchange.status = f"req_{uuid.uuid4().hex}", status
        body = msgspec.json.encode(ErrorResponse(error=details(APIError(status, message), exchange.id)))
        headers = {
            "Content-Type": "application/json",
            "Content-Length": len(body),
            "Connection": "close",
            "x-request-id": exchange.id,
            **dict(extra_headers),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._safe_write(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{head}\r\n".encode("latin-1") + body)
        self.log.debug("%s: refused: %s", exchange.id, message)
        if not self._under_way:
            exchange.end(left=False)
            self._owner.report(exchange)


def _has_body(scope: dict[str, Any]) -> bool:
    """Return whether a request has a body to wait for."""
    framing = {
        name: value for name, value in scope.get("headers", ()) if name in (b"content-length", b"transfer-encoding")
    }
    return bool(scope["type"] == "http") and framing.get(b"content-length", b"1" if framing else b"0") != b"0"


def _text(part: bytes | str | None) -> str:
    return part.decode("latin-1") if isinstance(part, bytes) else part or "-"
