"""How each node of a graph spent its time, in one run or several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from graphframe.framework.node_info import NodeInfo
from graphframe.framework.running.invocation import PROCESS
from graphframe.inference.activity import Inference, LaneWait
from graphframe.tracing.trace import Call, Nested, Trace


@dataclass(frozen=True)
class NodeProfile:
    """How a node spent its time; times in seconds.

    For a node without several in flight, `input_wait`, `executor_wait` and `total` add up to the time from the start
    of the runs to the end of its last call. The time of calls nested in its own is not counted.

    Attributes
    ----------
    name, calculator, device : str
    calls : int
        The number of calls of ``process``.
    mean, p95 : float
        The duration of these calls: its mean, and its 95th percentile.
    total : float
        Time in the calculator, including ``open`` and ``close``.
    share : float
        The fraction of the runs' time; the shares of nodes that work in parallel can exceed 1 in total.
    input_wait : float
        Time without an input set to process, until the last call.
    executor_wait : float
        Time between a ready input set and its call, for lack of a thread.
    lane_wait : float
        The part of `total` in which its inferences waited for a slot of the device.
    inference : float
        The part of `total` in which its inferences ran.
    """

    name: str
    calculator: str
    device: str
    calls: int
    mean: float
    p95: float
    total: float
    share: float
    input_wait: float
    executor_wait: float
    lane_wait: float
    inference: float


def profile(traces: Iterable[Trace]) -> list[NodeProfile]:
    """Sum up the runs of a graph: return a row for each node that was called, in execution order.

    Parameters
    ----------
    traces : iterable of Trace
        One trace for each run.
    """
    runs = [calls for trace in traces if (calls := trace.calls)]
    seconds = sum(map(_seconds, runs))
    nodes = {call.node.index: call.node for calls in runs for call in calls}
    return [_profile_node(nodes[index], runs, seconds) for index in sorted(nodes)]


def profile_table(traces: Iterable[Trace]) -> str:
    """Return the profile as aligned text, with times in milliseconds.

    Parameters
    ----------
    traces : iterable of Trace
        One trace for each run.
    """
    traces = list(traces)
    rows: list[tuple[str, ...]] = [_HEADER]
    for node in profile(traces):
        times = (node.mean, node.p95, node.total)
        waits = (node.input_wait, node.executor_wait, node.lane_wait, node.inference)
        rows.append((node.name, str(node.calls), *map(_ms, times), f"{node.share:.1%}", *map(_ms, waits)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
    seconds = sum(map(_seconds, (trace.calls for trace in traces)))
    runs = f"{len(traces)} run{'s' * (len(traces) != 1)}"
    return "\n".join([*lines, f"{runs}, {_ms(seconds)} ms; all times in ms"])


_HEADER = (
    "NODE", "CALLS", "MEAN", "P95", "TOTAL", "SHARE", "INPUT WAIT", "EXECUTOR WAIT", "LANE WAIT", "INFERENCE",
)  # fmt: skip


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3f}"


def _seconds(calls: Sequence[Call]) -> float:
    """Return the duration of a run, from its first ready call to the end of its last."""
    return max(call.ended for call in calls) - _start(calls) if calls else 0.0


def _start(calls: Sequence[Call]) -> float:
    return min(call.ready for call in calls)


def _profile_node(node: NodeInfo, runs: Sequence[Sequence[Call]], seconds: float) -> NodeProfile:
    of_node = [(_start(calls), [call for call in calls if call.node.index == node.index]) for calls in runs]
    all_calls = [call for _, calls in of_node for call in calls]
    took = sorted(_own(call) for call in all_calls if call.phase is PROCESS)
    total = sum(map(_own, all_calls))
    return NodeProfile(
        node.name,
        node.calculator,
        node.device,
        calls=len(took),
        mean=sum(took) / len(took) if took else 0.0,
        p95=took[ceil(0.95 * len(took)) - 1] if took else 0.0,
        total=total,
        share=total / seconds if seconds else 0.0,
        input_wait=sum(_input_wait(start, calls) for start, calls in of_node),
        executor_wait=sum(call.began - call.ready for call in all_calls),
        lane_wait=_within(all_calls, LaneWait),
        inference=_within(all_calls, Inference),
    )


def _own(call: Call) -> float:
    """Return the duration of a call without the calls nested in it."""
    return call.ended - call.began - _within([call], Nested)


def _within(calls: Iterable[Call], kind: type[LaneWait | Inference | Nested]) -> float:
    """Return the total duration of the events of one kind within calls."""
    return sum(event.ended - event.began for call in calls for event in call.within if isinstance(event, kind))


def _input_wait(start: float, calls: Iterable[Call]) -> float:
    """Return how long a node had no input set to process, from `start` until its last call."""
    waited, busy = 0.0, start
    for call in sorted(calls, key=lambda call: call.ready):
        waited += max(call.ready - busy, 0.0)
        busy = max(busy, call.ended)
    return waited
