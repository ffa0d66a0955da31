"""Records the calls of calculators in a run, and how a graph is loaded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from graphframe.framework.node_info import NodeInfo
from graphframe.framework.running.invocation import Invocation, Phase
from graphframe.inference.activity import Inference, LaneWait, ModelLoad, activity


class Nested(NamedTuple):
    """A call of another calculator, in the same thread, while this one was called: by ``flush``, say."""

    began: float
    ended: float


class Call(NamedTuple):
    """One call of a calculator; times in seconds on the clock of its trace.

    Attributes
    ----------
    node : NodeInfo
    phase : Phase
        Which of its methods was called.
    timestamp : int
        Of the input set.
    received : sequence of int or None
        For each input of the node the timestamp of its packet, None where it had none.
    sent : sequence of (int, int)
        The output, by its position, and the timestamp of each packet that left when the call ended; not of those that
        were flushed before.
    ready : float
        When it could have been called.
    began, ended : float
    within : sequence of LaneWait, Inference or Nested
        What happened in its thread meanwhile, in the order in which it ended.
    """

    node: NodeInfo
    phase: Phase
    timestamp: int
    received: Sequence[int | None]
    sent: Sequence[tuple[int, int]]
    ready: float
    began: float
    ended: float
    within: Sequence[LaneWait | Inference | Nested]


class Load(NamedTuple):
    """The loading of one node, also if it failed; times in seconds on the clock of its trace.

    Attributes
    ----------
    node : NodeInfo
    began, ended : float
    models : sequence of ModelLoad
        The models that were loaded for it.
    """

    node: NodeInfo
    began: float
    ended: float
    models: Sequence[ModelLoad]


class Trace:
    """Follows a run as its `tracer`, or the loading of a graph. A call costs 2 microseconds, 400 bytes.

    Parameters
    ----------
    run : str, optional
        What the run is called; needed only where several are shown together.
    now : callable, optional
        The clock.

    Attributes
    ----------
    loads : list of Load
        All nodes that were loaded, in the order in which that ended.

    Examples
    --------
    >>> import graphframe as gf
    >>> graph = gf.Graph.from_text('''
    ...     input_stream: "in"
    ...     output_stream: "out"
    ...     node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" }
    ... ''')
    >>> trace = Trace()
    >>> graph.run(**{"in": "hello"}, tracer=trace)
    {'out': [Packet('hello', 0)]}
    >>> [(call.node.name, call.phase.value) for call in trace.calls]
    [('PassThroughCalculator', 'process')]
    """

    def __init__(self, run: str = "", now: Callable[[], float] = time.perf_counter) -> None:
        self.run = run
        self.loads: list[Load] = []
        self._now = now
        self._ready: dict[int, float] = {}  # by id, so that tasks which are never called are not kept alive
        self._calls: list[tuple[Any, ...]] = []

    @property
    def calls(self) -> list[Call]:
        """All calls that have ended, in the order in which they did."""
        return [Call._make(call) for call in self._calls]

    @contextmanager
    def loading(self, node: NodeInfo) -> Iterator[None]:
        """For the engine: a node is loaded within."""
        began = self._now()
        activity.logs.append([])
        try:
            yield
        finally:
            self.loads.append(Load(node, began, self._now(), activity.logs.pop()))

    # NOTE: these three are called for every input set, so they only note what is there, and that as plain tuples:
    # a NamedTuple takes five times as long. Values of packets are not kept alive.

    def ready(self, call: Invocation) -> None:
        """For the engine: a calculator can be called."""
        self._ready[id(call)] = self._now()

    def begin(self, call: Invocation) -> None:
        """For the engine: it is called, in this thread."""
        activity.logs.append([self._now()])

    def end(self, call: Invocation) -> None:
        """For the engine: it has returned or raised, in the same thread."""
        ended = self._now()
        logs = activity.logs
        within = logs.pop()
        began = within.pop(0)
        if logs:
            logs[-1].append(Nested(began, ended))
        packets, sent = call.packets, call.sent
        # NOTE: mostly there is one packet, and a comprehension for one takes twice as long.
        self._calls.append(
            (
                call.node,
                call.phase,
                call.timestamp,
                (packets[0] and packets[0][1],) if len(packets) == 1 else [packet and packet[1] for packet in packets],
                ((sent[0][0], sent[0][1][1]),) if len(sent) == 1 else [(slot, packet[1]) for slot, packet in sent],
                self._ready.pop(id(call)),
                began,
                ended,
                within or (),
            )
        )
