"""Pollers: pulling the packets of a stream out of a run, instead of being called with them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp

if TYPE_CHECKING:
    from graphframe.framework.running.run import Run


class Poller:
    """The packets of one output stream, in order; made by naming the stream in `Graph.start_run`.

    Iterating over it yields all packets until the stream is closed, and raises the run's error if that fails. A run
    that sends faster than its pollers are read is throttled, once `max_queue_size` packets wait.

    Attributes
    ----------
    stream : str
        The stream's key.
    """

    def __init__(self, stream: str, limit: int, hold: Callable[[], None], let_go: Callable[[], None]) -> None:
        self.stream = stream
        self._limit = limit
        self._hold = hold
        self._let_go = let_go
        self._holds = False
        self._run: Run | None = None
        self._packets: deque[Packet] = deque()
        self._bound: int = Timestamp.PRE_STREAM
        self._ended = False
        self._changed = threading.Condition()

    def attach(self, run: Run) -> None:
        """Tell it of its run."""
        self._run = run
        run.add_done_callback(lambda _: self._end())

    def put(self, packet: Packet) -> None:
        """Take a packet from the run."""
        with self._changed:
            self._packets.append(packet)
            self._bound = Timestamp.next_allowed_in_stream(packet.timestamp)
            if 0 < self._limit <= len(self._packets) and not self._holds:
                self._holds = True
                self._hold()
            self._changed.notify_all()

    def settle(self, bound: int) -> None:
        """Learn that no packet before `bound` comes any more."""
        with self._changed:
            self._bound = bound
            self._changed.notify_all()

    def next(self, timeout: float | None = None) -> Packet | None:
        """Wait for the next packet; None once the stream is closed.

        Raises
        ------
        CalculatorError, Cancelled, GraphError
            If the run failed, after the packets that came before.
        TimeoutError
            If there is none after `timeout` seconds; says what the run waits for.
        """
        with self._changed:
            in_time = self._wait(lambda: bool(self._packets), timeout)
            packet = self._packets.popleft() if self._packets else None
        if not in_time:
            raise self._timeout(timeout)
        self._make_room()
        if packet is None:
            self._raise_error()
        return packet

    def at(self, timestamp: int, timeout: float | None = None) -> Packet | None:
        """Wait until `timestamp` is settled: its packet, or None if there is none. Earlier packets are dropped.

        Raises
        ------
        CalculatorError, Cancelled, GraphError
            If the run failed.
        TimeoutError
            If nothing more comes within `timeout` seconds; says what the run waits for.
        """
        while True:
            with self._changed:
                in_time = self._wait(lambda: bool(self._packets) or self._bound > timestamp, timeout)
                if in_time and (not self._packets or self._packets[0].timestamp > timestamp):
                    break
            if not in_time:
                raise self._timeout(timeout)
            packet = self.next()
            if packet is not None and packet.timestamp == timestamp:
                return packet
        if self._bound <= timestamp:
            self._raise_error()
        return None

    def __iter__(self) -> Iterator[Packet]:
        while (packet := self.next()) is not None:
            yield packet

    def _wait(self, arrived: Callable[[], bool], timeout: float | None) -> bool:
        if self._run is not None and not arrived():
            self._run.check_may_wait()
        return self._changed.wait_for(lambda: arrived() or self._ended or self._bound == Timestamp.DONE, timeout)

    def _timeout(self, timeout: float | None) -> TimeoutError:
        waiting = self._run.explain() if self._run is not None else ""
        return TimeoutError(f'stream "{self.stream}" brought nothing within {timeout:g} s\n{waiting}')

    def _make_room(self) -> None:
        with self._changed:
            if not self._holds or len(self._packets) >= self._limit:
                return
            self._holds = False
        self._let_go()

    def _raise_error(self) -> None:
        if self._run is not None and self._run.error is not None:
            raise self._run.error

    def _end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
