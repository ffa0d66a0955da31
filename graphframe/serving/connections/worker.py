"""gunicorn's worker for graphframe."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
from typing import Any

from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.asgi.lifespan import LifespanManager  # type: ignore[import-untyped]
from gunicorn.workers.gasgi import ASGIWorker  # type: ignore[import-untyped]

from graphframe.serving.connections.connection import ClientConnection
from graphframe.serving.connections.descriptors import allowed_connections
from graphframe.serving.connections.listener import Listener
from graphframe.serving.lifecycle.drain import RETRY_SECONDS
from graphframe.serving.observation.exchange import Exchange

ENDING_SECONDS = 5
"""Seconds at the end of gunicorn's ``graceful_timeout`` in which requests that still run are answered with an error."""

_LINGER_SECONDS = 1.0
_BUSY = (
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n"
    f"Retry-After: {RETRY_SECONDS}\r\n\r\n"
).encode()


class Worker(ASGIWorker):  # type: ignore[misc]
    """gunicorn's ASGI worker with limits for connections, an orderly end, and reloading on SIGHUP.

    The lifespan state has what it needs of its application (see `Lifespan`).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.open: set[ClientConnection] = set()
        self.waiting: dict[ClientConnection, None] = {}
        self._woken = asyncio.Event()
        self._ends_at: float | None = None
        self._log_refusals_from = 0.0
        self._ssl: ssl.SSLContext | None = None
        self._listeners: list[Listener] = []

    def report(self, exchange: Exchange) -> None:
        """Log and count an exchange that did not reach the application."""
        self.state["report"](exchange)

    def init_signals(self) -> None:
        """Handle SIGHUP, too."""
        super().init_signals()
        self.loop.add_signal_handler(signal.SIGHUP, self.handle_hang_up_signal)

    def handle_hang_up_signal(self) -> None:
        """Load what changed, beside what is served; read TLS' certificate again, and reopen log files."""
        self.log.reopen_files()
        if self.cfg.is_ssl:
            self._ssl = self._get_ssl_context() or self._ssl
        if "watcher" in self.state:
            self.state["watcher"].reload_soon()

    def handle_exit_signal(self) -> None:
        """Announce the end, and begin it after the delay of the server's options."""
        if self._ends_at is not None:
            return
        self._ends_at = self._end_of_grace()
        if "drain" not in self.state:
            self._end()
            return
        self.state["drain"].announced = True
        self.loop.call_later(self.state["options"].drain_delay, self._end)

    def handle_quit_signal(self) -> None:
        """End at once."""
        super().handle_quit_signal()
        self._woken.set()

    async def _serve(self) -> None:
        self.draining: asyncio.Future[None] = self.loop.create_future()
        self.lifespan = LifespanManager(self.asgi, self.log, self.state)
        try:
            await self.lifespan.startup()
        except Exception as error:
            self.log.error("the application did not start: %s", error)
            raise SystemExit(Arbiter.WORKER_BOOT_ERROR) from error
        self._ssl = self._get_ssl_context()
        if self.cfg.is_ssl and self._ssl is None:
            raise SystemExit(Arbiter.APP_LOAD_ERROR)
        self.client_timeout: float = self.state["options"].client_timeout
        self._most = allowed_connections(self.cfg.worker_connections)
        for listening in self.sockets:
            self._listeners.append(Listener(listening.sock, self._connect, self._make_room))
            self._listeners[-1].start()
            self.log.info("ASGI server listening on %s", listening)
        while self.alive:
            self._tick()
            if self.ppid != os.getppid():
                self.log.info("gunicorn's master has ended")
                self._close_listeners()
                break
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._woken.wait(), 1)
        await self._shutdown()

    async def _shutdown(self) -> None:
        """Close idle connections, finish requests and, when the time is over, answer them with an error."""
        self.alive, drain = False, self.state["drain"]
        drain.announced = drain.refusing = True
        self.draining.set_result(None)
        for connection in [each for each in self.open if not each.busy]:
            connection.close()
        if not self._quick_shutdown:
            ends_at = self._ends_at or self._end_of_grace()
            self.log.info("Waiting for %d connections to finish", self._busy())
            await self._until_idle(ends_at - ENDING_SECONDS)
            if self._busy():
                self.log.warning("%d requests did not finish within the graceful timeout", self._busy())
                drain.fail_requests()
                await self._until_idle(ends_at - _LINGER_SECONDS)
        self._close_listeners()
        for connection in [*self.open]:
            connection.close()
        if not self._quick_shutdown:
            lingers_until = self.loop.time() + _LINGER_SECONDS
            while self.open and self.loop.time() < lingers_until:
                await asyncio.sleep(0.01)
            await self.lifespan.shutdown()

    async def _until_idle(self, deadline: float) -> None:
        while self._busy() and not self._quick_shutdown and self.loop.time() < deadline:
            self._tick()
            await asyncio.sleep(0.05)

    def _busy(self) -> int:
        return sum(connection.busy for connection in self.open)

    def _end_of_grace(self) -> float:
        """Return the time at which gunicorn's master kills this worker, if the end begins now."""
        return float(self.loop.time() + self.cfg.graceful_timeout)

    def _end(self) -> None:
        self.alive = False
        self._woken.set()

    def _tick(self) -> None:
        self.notify()
        now = self.loop.time()
        for connection in [*self.open]:
            connection.check(now)

    def _connect(self, client: socket.socket) -> None:
        if len(self.open) >= self._most and not self._make_room():
            self._refuse(client)
            return
        connection = ClientConnection(self)
        connection.accepting = self.loop.create_task(self._open_connection(connection, client))
        connection.accepting.add_done_callback(lambda _: self._accepted(connection, client))

    async def _open_connection(self, connection: ClientConnection, client: socket.socket) -> None:
        seconds = self.client_timeout if self._ssl else None
        with contextlib.suppress(OSError):  # in TLS' handshake
            await self.loop.connect_accepted_socket(
                lambda: connection, client, ssl=self._ssl, ssl_handshake_timeout=seconds
            )

    def _accepted(self, connection: ClientConnection, client: socket.socket) -> None:
        if connection.transport is None:
            connection.forget()
            client.close()

    def _refuse(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            client.send(_BUSY)
        client.close()
        if self.loop.time() >= self._log_refusals_from:
            self._log_refusals_from = self.loop.time() + 1
            self.log.warning("connections are refused: %d are open, and all have requests", len(self.open))

    def _make_room(self) -> bool:
        """Close the connection that has waited for its client longest; return false if all have requests."""
        for connection in self.waiting:
            connection.close()
            return True
        return False

    def _close_listeners(self) -> None:
        while self._listeners:
            self._listeners.pop().close()
