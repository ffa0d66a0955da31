"""`Run`: the public face of one run of a loaded graph."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from graphframe.framework.calculator import Calculator
from graphframe.framework.errors import Cancelled, GraphError
from graphframe.framework.packet import Packet, new_packet
from graphframe.framework.planning.plan import Plan
from graphframe.framework.running.cancellation import Cancellation
from graphframe.framework.running.driver import Driver
from graphframe.framework.running.joint_observer import JointObserver, Packets
from graphframe.framework.running.pausing import MethodCall
from graphframe.framework.running.poller import Poller
from graphframe.framework.running.scheduling.explanation import explain
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.threads import ThreadPool, waiting
from graphframe.framework.running.tracers import Tracer
from graphframe.framework.timestamp import Timestamp

_PATIENCE = 1.0
"""Seconds that `Run.explain` waits for its turn: only observers and callbacks can delay a run."""


class Run:
    """A run; made by `Graph.start_run`.

    Attributes
    ----------
    pollers : dict of str to Poller
        The pollers that were passed to `Graph.start_run`, by output stream.
    """

    def __init__(
        self,
        plan: Plan,
        calculators: Sequence[Calculator],
        executors: Mapping[str, ThreadPool | None],
        side_packets: Mapping[int, Any],
        on_progress: Callable[[str, int, int], None] | None = None,
        tracer: Tracer | None = None,
        share: tuple[str, float] = ("", 1.0),
    ) -> None:
        self.pollers: dict[str, Poller] = {}
        self._plan = plan
        self._inputs = plan.inputs
        self._state = RunState(plan, side_packets)
        self._driver = Driver(self._state, calculators, executors, on_progress, tracer, share)
        self._scheduler = self._driver.scheduler

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._driver.done

    @property
    def error(self) -> GraphError | None:
        """Why it failed: a `CalculatorError`, `Cancelled`, or another `GraphError`."""
        return self._driver.error

    @property
    def cancellation(self) -> Cancellation:
        """Reports when the run is cancelled or fails."""
        return self._driver.cancellation

    def observe(
        self,
        stream: int,
        on_packet: Callable[[Packet], None] | None = None,
        on_bound: Callable[[int], None] | None = None,
    ) -> None:
        """Call `on_packet` with the packets of a stream, and `on_bound` with its bounds; before the run starts."""
        state = self._state.streams[stream]
        if on_packet is not None:
            state.observers = (*state.observers, on_packet)
        if on_bound is not None:
            state.bound_observers = (*state.bound_observers, on_bound)

    def observe_together(self, streams: Sequence[int], on_packets: Callable[[Packets], None]) -> None:
        """Call `on_packets` with the packets of several streams at each timestamp; before the run starts."""
        joint = JointObserver([self._state.streams[stream] for stream in streams], on_packets)
        for position, stream in enumerate(streams):
            self.observe(stream, partial(joint.put, position), joint.settle)

    def poll(self, key: str) -> None:
        """Make a poller of an output stream; before the run starts."""
        stream = self._plan.stream(key)
        hold = partial(self._state.throttle.hold, stream)
        release = partial(self._driver.post, self._scheduler.release, stream)
        poller = Poller(key, self._plan.max_queue_size, self, hold, release)
        self.observe(stream, poller.put, poller.settle)
        self.add_done_callback(lambda _: poller.end())
        self.pollers[key] = poller

    def start(self) -> None:
        """Let the nodes open. `Graph.start_run` has called this."""
        self._driver.post(self._scheduler.start)

    def add(self, stream: str, value: Any, timestamp: int = 0) -> None:
        """Put a packet on an input stream of the graph. A timestamp that the stream cannot take fails the run.

        Blocks while the stream is throttled because a queue that its packets come to is full, except in a thread that
        works for the run.

        Parameters
        ----------
        stream : str
            Its tag or its name.
        value : object
        timestamp : int, optional

        Raises
        ------
        GraphError
            If the graph has no such stream, or the run has failed or ended.
        TypeError
            If a consumer of the stream takes another type, or the timestamp is not an int.
        """
        inputs = self._inputs
        number = inputs.numbers.get(stream, -1)
        if number < 0 or number in inputs.types:
            inputs.check(stream, value)
        held, driver = self._state.throttle.held, self._driver
        while (
            held
            and held.get(number, 0) > 0
            and driver.error is None
            and not driver.done
            and not driver.waits_for_this_thread()
        ):
            self._wait_for_room(number)
        self._put(stream, number, value, timestamp)

    def try_add(self, stream: str, value: Any, timestamp: int = 0) -> bool:
        """Do the same as `add`, but return False at once if the stream is throttled."""
        number = self._inputs.number(stream)
        self._inputs.check(stream, value)
        if self._state.throttle.held.get(number, 0) > 0:
            return False
        self._put(stream, number, value, timestamp)
        return True

    def _put(self, stream: str, number: int, value: Any, timestamp: int) -> None:
        driver = self._driver
        if driver.done:
            self._raise_error()
            raise GraphError(f'a packet was added to input stream "{stream}" of a run that has ended')
        if type(timestamp) is not int:
            timestamp = Timestamp.whole(timestamp)
        driver.post(self._scheduler.add, number, new_packet((value, timestamp)))
        if driver.error is not None:
            self._raise_error()

    def set_max_queue_size(self, stream: str, size: int) -> None:
        """Limit the queues that an input stream of the graph fills, instead of the graph's `max_queue_size`.

        Parameters
        ----------
        stream : str
            Its tag or its name.
        size : int
            How many packets may wait at each node that reads the stream before it is throttled; -1 for any number.

        Raises
        ------
        GraphError
            If the graph has no such stream.
        ValueError
            If `size` is neither positive nor -1.
        """
        if size < 1 and size != -1:
            raise ValueError(f"the size of a queue is at least 1, or -1 for no limit, not {size}")
        self._driver.post(self._scheduler.limit, self._inputs.number(stream), size)

    def set_bound(self, stream: str, bound: int) -> None:
        """Promise that no packet before `bound` will be put on an input stream of the graph."""
        self._driver.post(self._scheduler.set_bound, self._inputs.number(stream), Timestamp.whole(bound))

    def close_input(self, stream: str) -> None:
        """Close one input stream of the graph."""
        self.set_bound(stream, Timestamp.DONE)

    def close_inputs(self) -> None:
        """Close all input streams of the graph; the run ends when the packets that were added are processed."""
        self._driver.post(self._scheduler.close_inputs)

    def stop(self) -> None:
        """Stop all sources and close all input streams of the graph; the run ends when queued packets are processed."""
        self._driver.post(self._scheduler.stop)

    def side_packet(self, key: str) -> Any:
        """Return the value of an output side packet of the graph, by tag or name.

        Raises
        ------
        GraphError
            If the graph has no such side packet, or it is not set yet.
        """
        number = self._plan.side_outputs.number(key)
        if not self._state.given(number):
            raise GraphError(f'the output side packet "{key}" is not set yet')
        return self._state.side_packets[number]

    def pause(self) -> None:
        """Call no calculator until `resume`, except by `step`. Those that work now return; a run that fails ends."""
        self._driver.post(lambda: self._driver.pausing.pause())

    def resume(self) -> None:
        """Go on after `pause`."""
        self._driver.post(lambda: self._driver.pausing.resume())

    def step(self, timeout: float | None = None) -> MethodCall | None:
        """Let a paused run call the next method of a calculator, and wait until it has returned.

        Returns
        -------
        MethodCall or None
            The name of the node, the method ("open", "process" or "close") and the timestamp; None if there is nothing
            to call before another packet, bound or end of an input.

        Raises
        ------
        CalculatorError, Cancelled, GraphError
            If the run has failed, or is not paused.
        TimeoutError
            If the method has not returned after `timeout` seconds.
        """
        if not self._state.paused:
            raise GraphError("only a paused run can be stepped; call pause first, or start_run(paused=True)")
        self._driver.post(lambda: self._driver.pausing.step())
        self.wait_until_idle(timeout)
        return self._driver.pausing.last_step

    def explain(self) -> str:
        """Return what each open node waits for: its streams, their bounds, and their queued packets."""
        if self._state.observing == threading.get_ident():
            return explain(self._state)
        found: list[str] = []
        made = threading.Event()

        def make() -> None:
            found.append(explain(self._state))
            made.set()

        self._driver.post(make)
        if not made.wait(_PATIENCE):
            holder = self._state.observing
            name = next((thread.name for thread in threading.enumerate() if thread.ident == holder), "unknown")
            return f'the run is delayed by an observer or callback in thread "{name}", which has not returned'
        return found[0]

    def cancel(self, reason: str = "the run was cancelled") -> None:
        """Cancel the run: it ends as soon as its calculators return. A run that has ended is not affected."""
        if not self.done:
            self.cancellation.cancel(reason)
            self._driver.post(self._scheduler.fail, Cancelled(reason))

    def add_done_callback(self, callback: Callable[[Run], None]) -> None:
        """Call `callback` with the run when it has ended, from the thread that ends it; at once if it has."""
        self._driver.post(self._driver.on_done.append, partial(callback, self))

    def add_error_callback(self, callback: Callable[[GraphError], None]) -> None:
        """Call `callback` with the run's error as soon as it fails, while nodes may still work; at once if it has."""
        self._driver.post(self._driver.on_error.append, callback)

    def wait_until_done(self, timeout: float | None = None) -> None:
        """Block until the run has ended, which needs `close_inputs`, and raise its error if it failed.

        Raises
        ------
        CalculatorError, Cancelled, GraphError
            If the run failed.
        TimeoutError
            If it has not ended after `timeout` seconds.
        """
        if not self._driver.done:
            self._wait(self._driver.waits_for_end, timeout, "the run has not ended")
        self._raise_error()

    def wait_until_idle(self, timeout: float | None = None) -> None:
        """Block until no node works or could without another packet, or without `resume`; raise the run's error.

        Raises
        ------
        CalculatorError, Cancelled, GraphError
            If the run failed.
        TimeoutError
            If it is not idle after `timeout` seconds.
        """
        self._wait(self._driver.waits_for_idle, timeout, "the run is not idle")
        self._raise_error()

    def _wait(self, queues: list[SimpleQueue[None]], timeout: float | None, late: str) -> None:
        self.check_may_wait()
        happened: SimpleQueue[None] = SimpleQueue()  # unlike an Event, an interrupt cannot leave it locked
        self._driver.post(queues.append, happened)
        try:
            with waiting():
                happened.get(timeout=timeout)
        except Empty:
            self._driver.post(_forget, queues, happened)
            raise TimeoutError(f"{late} after {timeout:g} s\n{self.explain()}") from None

    def check_may_wait(self) -> None:
        """Raise GraphError in a thread that the run waits for."""
        if self._driver.waits_for_this_thread():
            raise GraphError("a calculator, observer or callback of a run cannot wait for that run, which waits for it")
        if self._driver.process != os.getpid():
            raise GraphError("the run is one of the parent process: a forked process must start its own runs")

    def _raise_error(self) -> None:
        error = self._driver.error
        if error is None:
            return
        if isinstance(error.__cause__, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt from error
        raise error

    def _wait_for_room(self, stream: int) -> None:
        """Block until a graph input stream is not throttled any more, or the run has ended."""
        self.check_may_wait()
        room: SimpleQueue[None] = SimpleQueue()

        def wait() -> None:
            throttle = self._state.throttle
            if throttle.held.get(stream, 0) > 0 and self._state.error is None and not self.done:
                throttle.waiting.append((stream, partial(room.put, None)))
            else:
                room.put(None)

        self._driver.post(wait)
        with waiting():
            room.get()


def _forget(queues: list[SimpleQueue[None]], queue: SimpleQueue[None]) -> None:
    """Remove a queue unless it has got its item already."""
    with suppress(ValueError):
        queues.remove(queue)
