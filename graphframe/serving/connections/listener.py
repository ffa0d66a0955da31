"""Accepting connections."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

_AT_ONCE = 16
"""Connections accepted in one turn of the event loop: those closed to make room for them are gone only after it."""

_PAUSE = 1.0
"""Seconds without accepting after an error, which is logged as often as that."""

_log = logging.getLogger(__name__)


class Listener:
    """A listening socket whose connections are given to a callable.

    Parameters
    ----------
    listening : socket.socket
    connect : callable
        Takes a connected socket.
    make_room : callable
        Closes a connection, if one is idle.
    """

    def __init__(
        self, listening: socket.socket, connect: Callable[[socket.socket], None], make_room: Callable[[], bool]
    ) -> None:
        self._listening = listening
        self._connect = connect
        self._make_room = make_room
        self._loop = asyncio.get_running_loop()
        self._paused: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Accept connections from now on."""
        self._paused = None
        self._listening.setblocking(False)
        self._loop.add_reader(self._listening, self._accept)

    def close(self) -> None:
        """Accept no more connections; new ones are refused by the kernel."""
        if self._paused is not None:
            self._paused.cancel()
        self._loop.remove_reader(self._listening)
        self._listening.close()

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                client, _address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # NOTE: out of descriptors or memory: the kernel would report it again at once
                _log.warning("no connections are accepted for %g s: %s", _PAUSE, error.strerror)
                self._make_room()
                self._loop.remove_reader(self._listening)
                self._paused = self._loop.call_later(_PAUSE, self.start)
                return
            client.setblocking(False)
            self._connect(client)
