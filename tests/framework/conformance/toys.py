"""Toy calculators after those of MediaPipe's own tests, and how the tests here start graphs of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import graphframe as gf

WAIT = 30
"""Seconds that a test waits for what should come at once, before it fails."""

Seen = dict[str, list[gf.Packet]]
"""The packets of each output stream of a graph so far."""


def start(text: str, side_packets: dict[str, Any] | None = None, **more: Any) -> tuple[gf.Run, Seen]:
    """A run of a graph, and what comes out of it."""
    graph = gf.Graph.from_text(text)
    seen: Seen = {key: [] for key in graph.outputs}
    run = graph.start_run(side_packets, {key: packets.append for key, packets in seen.items()}, **more)
    return run, seen


def idle(run: gf.Run) -> None:
    """Wait until nothing can work any more."""
    run.wait_until_idle(WAIT)


def finish(run: gf.Run) -> None:
    """Close all inputs and wait for the end."""
    run.close_inputs()
    run.wait_until_done(WAIT)


def failure(run: gf.Run, stream: str, value: object = 1, timestamp: int = 0) -> gf.GraphError:
    """Add a packet that the run fails on, in whichever thread, and wait for its end."""
    with suppress(gf.GraphError):
        run.add(stream, value, timestamp)
    with pytest.raises(gf.GraphError) as caught:
        run.wait_until_done(WAIT)
    return caught.value


def problems(text: str) -> list[str]:
    """All that is wrong with a graph."""
    with pytest.raises(gf.GraphConfigError) as caught:
        gf.Graph.from_text(text)
    return [problem.message for problem in caught.value.problems]


class Semaphore:
    """A function for `LambdaCalculator` that stops its node until it may go on: MediaPipe's SemaphoreCalculator."""

    def __init__(self) -> None:
        self._entered = threading.Semaphore(0)
        self._allowed = threading.Semaphore(0)

    def __call__(self, cc: gf.Context) -> None:
        self._entered.release()
        assert self._allowed.acquire(timeout=WAIT)
        cc.send(LambdaCalculator.outputs, cc.values(LambdaCalculator.inputs)[0])

    def entered(self) -> None:
        """Wait until a node is in there."""
        assert self._entered.acquire(timeout=WAIT)

    def go_on(self, times: int = 1) -> None:
        """Let nodes out."""
        self._allowed.release(times)


@gf.register
class LambdaCalculator(gf.Calculator):
    """Calls the functions that its side packets hold."""

    on_open = gf.SideInput("OPEN", optional=True)
    on_process = gf.SideInput("PROCESS", optional=True)
    on_close = gf.SideInput("CLOSE", optional=True)
    inputs = gf.Input("*", optional=True)
    outputs = gf.Output("*", optional=True)
    value = gf.SideOutput("VALUE", optional=True)

    def _call(self, cc: gf.Context, port: gf.SideInput[Callable[[gf.Context], object]]) -> None:
        if cc.has(port):
            cc[port](cc)

    def open(self, cc: gf.Context) -> None:
        self._call(cc, self.on_open)

    def process(self, cc: gf.Context) -> None:
        self._call(cc, self.on_process)

    def close(self, cc: gf.Context) -> None:
        self._call(cc, self.on_close)


@gf.register
class LogCalculator(gf.Calculator):
    """Writes down in a list which of its methods are called when, and passes on what it gets."""

    log = gf.SideInput("LOG", list)
    value = gf.Input("", optional=True)
    same = gf.Output("", optional=True)

    def load(self, node: gf.NodeContext) -> None:
        self.name = node.name

    def open(self, cc: gf.Context) -> None:
        cc[self.log].append(f"{self.name} open")

    def process(self, cc: gf.Context) -> None:
        cc[self.log].append(f"{self.name} {cc.timestamp}")
        cc.send(self.same, cc[self.value])

    def close(self, cc: gf.Context) -> None:
        cc[self.log].append(f"{self.name} close")


@gf.register
class RangeCalculator(gf.Calculator):
    """A source of 0, 1, 2 ... N - 1, each at itself as timestamp."""

    count = gf.SideInput("N", int)
    number = gf.Output("", int)

    def open(self, cc: gf.Context) -> None:
        self.next = 0

    def process(self, cc: gf.Context) -> None:
        if self.next == cc[self.count]:
            cc.stop()
        else:
            cc.send(self.number, self.next, self.next)
            self.next += 1


@gf.register
class SquareIntCalculator(gf.Calculator):
    """Sends the square of what it gets."""

    value = gf.Input("", int)
    square = gf.Output("", int)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.square, cc[self.value] ** 2)


@gf.register
class IntAdderCalculator(gf.Calculator):
    """Sends the sum of what its inputs have."""

    values = gf.Input("", int, multiple=True)
    sum = gf.Output("", int)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.sum, sum(value or 0 for value in cc.values(self.values)))


@gf.register
class EvenIntFilterCalculator(gf.Calculator):
    """Sends on even numbers only; that nothing comes for the odd ones is known at once."""

    value = gf.Input("", int)
    even = gf.Output("", int)

    def process(self, cc: gf.Context) -> None:
        if cc[self.value] % 2 == 0:
            cc.send(self.even, cc[self.value])


@gf.register
class SilentFilterCalculator(EvenIntFilterCalculator):
    """The same without a timestamp offset: of what it does not send nobody knows."""

    timestamp_offset = None


@gf.register
class JoinCalculator(gf.Calculator):
    """Sends what its inputs have side by side, None where there is nothing."""

    values = gf.Input("", multiple=True)
    joined = gf.Output("", tuple)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.joined, tuple(cc.values(self.values)))


@gf.register
class BarrierJoinCalculator(JoinCalculator):
    """The same with the Barrier policy, unless the graph says otherwise."""

    input_policy = gf.input_policy.Barrier()


@gf.register
class FuturePacketCalculator(gf.Calculator):
    """Sends what it gets 3 later, and promises that."""

    timestamp_offset = 3
    value = gf.Input("")
    later = gf.Output("")

    def process(self, cc: gf.Context) -> None:
        cc.send(self.later, cc[self.value], cc.timestamp + 3)


@gf.register
class BoundToPacketCalculator(gf.Calculator):
    """Sends a packet at each timestamp that is settled, which holds the bounds of its inputs."""

    process_timestamp_bounds = True
    values = gf.Input("", multiple=True)
    bounds = gf.Output("", list)

    def process(self, cc: gf.Context) -> None:
        count = cc.connected(self.values)
        cc.send(self.bounds, [gf.Timestamp.describe(cc.bound(self.values, index=index)) for index in range(count)])


@gf.register
class BoundLogCalculator(gf.Calculator):
    """Writes down the bounds of its inputs each time that it is called."""

    process_timestamp_bounds = True
    log = gf.SideInput("LOG", list)
    values = gf.Input("", multiple=True)

    def process(self, cc: gf.Context) -> None:
        bounds = [cc.bound(self.values, index=index) for index in range(cc.connected(self.values))]
        cc[self.log].append(tuple(map(gf.Timestamp.describe, bounds)))


@gf.register
class TextCalculator(gf.Calculator):
    """Takes and gives text."""

    text = gf.Input("", str)
    upper = gf.Output("", str)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.upper, cc[self.text].upper())


@gf.register
class SideAdderCalculator(gf.Calculator):
    """A side packet one more than another. Without streams: it only opens and closes."""

    value = gf.SideInput("VALUE", int)
    more = gf.SideOutput("MORE", int)

    def open(self, cc: gf.Context) -> None:
        cc.set_side_packet(self.more, cc[self.value] + 1)
