"""Pollers: packets of a stream that a caller pulls out of a run."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from graphframe.framework.errors import GraphError
from graphframe.framework.packet import Packet
from graphframe.framework.running.threads import waiting
from graphframe.framework.timestamp import Timestamp


class PolledRun(Protocol):
    """A poller's view of its run."""

    @property
    def error(self) -> GraphError | None:
        """Why the run failed."""

    def explain(self) -> str:
        """Return what the run waits for."""

    def check_may_wait(self) -> None:
        """Raise GraphError in a thread that the run waits for."""


class Poller:
    """The packets of one output stream, in order; made by naming the stream in `Graph.start_run`.

    Iterating over it yields all packets until the stream is closed, and raises the run's error if it failed. A run
    that sends faster than its pollers are read is throttled once `max_queue_size` packets wait.

    Parameters
    ----------
    stream : str
        The stream's key.
    limit : int
        How many waiting packets throttle the run; not positive: any number is kept.
    run : PolledRun
    hold, release : callable
        Throttle the run, and stop throttling it.
    """

    def __init__(
        self, stream: str, limit: int, run: PolledRun, hold: Callable[[], None], release: Callable[[], None]
    ) -> None:
        self.stream = stream
        self._limit = limit
        self._run = run
        self._hold = hold
        self._release = release
        self._holds = False
        self._packets: deque[Packet] = deque()
        self._bound: int = Timestamp.PRE_STREAM
        self._ended = False
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    def end(self) -> None:
        """Note that the run has ended."""
        with self._lock:
            self._ended = True
            self._changed.notify_all()

    def put(self, packet: Packet) -> None:
        """Add a packet of the run."""
        with self._lock:
            self._packets.append(packet)
            self._bound = Timestamp.next_allowed_in_stream(packet.timestamp)
            if 0 < self._limit <= len(self._packets) and not self._holds:
                self._holds = True
                self._hold()
            self._changed.notify_all()

    def settle(self, bound: int) -> None:
        """Note that no packet before `bound` will come."""
        with self._lock:
            self._bound = bound
            self._changed.notify_all()

    def next(self, timeout: float | None = None) -> Packet | None:
        """Wait for the next packet and return it; None once the stream is closed.

        Raises
        ------
        CalculatorError, Cancelled, GraphError
            If the run failed, after the packets that came before.
        TimeoutError
            If none comes within `timeout` seconds; the message says what the run waits for.
        """
        with self._lock:
            in_time = self._wait(lambda: bool(self._packets), timeout)
            packet = self._packets.popleft() if self._packets else None
        if not in_time:
            raise self._timeout(timeout)
        self._make_room()
        if packet is None:
            self._raise_error()
        return packet

    def at(self, timestamp: int, timeout: float | None = None) -> Packet | None:
        """Wait until `timestamp` is settled; return its packet, or None if it has none. Earlier packets are dropped.

        Raises
        ------
        CalculatorError, Cancelled, GraphError
            If the run failed.
        TimeoutError
            If no packet or bound comes within `timeout` seconds; the message says what the run waits for.
        """
        while True:
            with self._lock:
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
        if not arrived():
            self._run.check_may_wait()
            with waiting():
                return self._changed.wait_for(
                    lambda: arrived() or self._ended or self._bound == Timestamp.DONE, timeout
                )
        return True

    def _timeout(self, timeout: float | None) -> TimeoutError:
        return TimeoutError(f'stream "{self.stream}" had no packet within {timeout:g} s\n{self._run.explain()}')

    def _make_room(self) -> None:
        with self._lock:
            if not self._holds or len(self._packets) >= self._limit:
                return
            self._holds = False
        self._release()

    def _raise_error(self) -> None:
        if self._run.error is not None:
            raise self._run.error
