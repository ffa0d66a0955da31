from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket

import pytest

from graphframe.serving.connections.listener import Listener


class FullSocket(socket.socket):
    """A listening socket for whose connections the process has no descriptors."""

    def accept(self) -> tuple[socket.socket, object]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def test_a_lack_of_descriptors_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """An event loop that asked again at once would log thousands of times a second."""
    closed = []

    def make_room() -> bool:
        closed.append("one")
        return True

    async def listen() -> None:
        with FullSocket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            listener = Listener(listening, lambda client: None, make_room)
            listener.start()
            with socket.create_connection(listening.getsockname()):
                while not closed:
                    await asyncio.sleep(0)
                for _ in range(1000):
                    await asyncio.sleep(0)
            listener.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(listen())
    assert [record.message for record in caplog.records] == ["no connections are accepted for 1 s: Too many open files"]
    assert closed == ["one"]
