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
    """A call of another calculator in the same thread during this call: from ``flush``, for example."""

    began: float
    ended: float


class Call(NamedTuple):
    """One call of a calculator; times in seconds on the clock of its trace.

    Attributes
    ----------
    node : NodeInfo
    phase : Phase
        The method that was called.
    timestamp : int
        The timestamp of the input set.
    received : sequence of int or None
        The timestamp of each input's packet; None where it had none.
    sent : sequence of (int, int)
        For each packet sent, except flushed ones, the position of its output, and its timestamp.
    ready : float
        The time from which it could be called.
    began, ended : float
    within : sequence of LaneWait, Inference or Nested
        Events in its thread during the call, in the order in which they ended.
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
        Models loaded for it.
    """

    node: NodeInfo
    began: float
    ended: float
    models: Sequence[ModelLoad]


class Trace:
    """Records a run, or the loading of a graph, as its `tracer`. A call costs 2 microseconds and 400 bytes.

    Parameters
    ----------
    run : str, optional
        The name of the run; needed only where several are shown together.
    now : callable, optional
        The clock.

    Attributes
    ----------
    loads : list of Load
        Loaded nodes, in the order in which loading ended.

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
        self._ready: dict[int, float] = {}  # by id, so that calls which never begin are not kept alive
        self._calls: list[tuple[Any, ...]] = []

    @property
    def calls(self) -> list[Call]:
        """All calls that have ended, in the order in which they did."""
        return [Call._make(call) for call in self._calls]

    @contextmanager
    def loading(self, node: NodeInfo) -> Iterator[None]:
        """Record the loading of a node; called by the engine."""
        began = self._now()
        activity.logs.append([])
        try:
            yield
        finally:
            self.loads.append(Load(node, began, self._now(), activity.logs.pop()))

    # NOTE: these three are called for every input set. They only make plain tuples, since a NamedTuple takes five times
    # as long. They keep no packet's value alive.

    def ready(self, call: Invocation) -> None:
        """Note that a calculator can be called; called by the engine."""
        self._ready[id(call)] = self._now()

    def begin(self, call: Invocation) -> None:
        """Note that the calculator is called, in this thread; called by the engine."""
        activity.logs.append([self._now()])

    def end(self, call: Invocation) -> None:
        """Note that it has returned or raised, in the same thread; called by the engine."""
        ended = self._now()
        logs = activity.logs
        within = logs.pop()
        began = within.pop(0)
        if logs:
            logs[-1].append(Nested(began, ended))
        packets, sent = call.packets, call.sent
        # NOTE: most calls have one packet, for which a comprehension takes twice as long.
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
