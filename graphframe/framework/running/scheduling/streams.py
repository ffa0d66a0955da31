"""How packets and bounds move along streams."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, Final

from graphframe.framework.errors import GraphError, describe
from graphframe.framework.packet import Packet
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.state import NodeState, StreamState
from graphframe.framework.timestamp import Timestamp

_MIN: Final = Timestamp.MIN
_MAX: Final = Timestamp.MAX
_DONE: Final = Timestamp.DONE


def deliver(run: RunState, stream: StreamState, packet: Packet) -> None:
    """Show a packet to the observers of its stream, and queue it at each consumer.

    Raises
    ------
    ValueError
        If the stream cannot take its timestamp.
    GraphError
        If an observer fails.
    """
    timestamp = packet[1]
    check(stream, timestamp)
    stream.bound = max(stream.bound, Timestamp.next_allowed_in_stream(timestamp))
    stream.used = True
    if stream.observers:
        show(run, stream, packet)
    for item in stream.consumers:
        item.queue.append(packet)
        if len(item.queue) >= item.limit and not item.full:
            run.throttle.fill(item)
        run.touch(item.node)


def advance(run: RunState, stream: StreamState, bound: int) -> None:
    """Raise the bound of a stream; `Timestamp.DONE` closes it. A lower bound has no effect."""
    if bound > stream.bound:
        stream.bound = bound
        if stream.bound_observers:
            _show_bound(run, stream)
        for item in stream.consumers:
            run.touch(item.node)
        if bound == _DONE:
            stream.consumers = []


def close_input(run: RunState, stream: StreamState) -> None:
    """Close an input stream of the graph."""
    run.open_inputs.discard(stream)
    advance(run, stream, _DONE)


def promise(run: RunState, node: NodeState, bound: int) -> None:
    """Raise the bounds of a node's outputs, given the least timestamp of its next input set."""
    offset = node.offset
    if offset is not None:
        if offset and _MIN <= bound <= _MAX:
            bound = min(max(bound + offset, _MIN), _MAX)
        for stream in node.outputs:
            if bound > stream.bound:
                advance(run, stream, bound)


def set_side_packet(run: RunState, number: int, value: Any) -> None:
    """Set a side packet, which nodes that are not open may wait for.

    Raises
    ------
    ValueError
        If it was set before.
    """
    if run.has_side_packet(number):
        raise ValueError(f'the side packet "{run.plan.side_packets[number]}" was set already')
    run.side_packets[number] = value
    for node in run.nodes:
        if not node.opened:
            run.touch(node)


def release(run: RunState, origins: Iterable[int]) -> None:
    """Wake the sources, and report the graph inputs, that are not throttled any more."""
    for origin in origins:
        if origin < 0:
            run.touch(run.nodes[~origin])
        else:
            run.released = True


def check(stream: StreamState, timestamp: int) -> None:
    """Raise ValueError if a stream cannot take a packet at `timestamp` now."""
    if stream.bound == _DONE:
        reason = "is closed"
    elif not Timestamp.is_allowed_in_stream(timestamp):
        reason = "cannot take this timestamp; in open and close, pass a timestamp to cc.send"
    elif not stream.timed:
        return
    elif timestamp == Timestamp.POST_STREAM and stream.used:
        reason = "had other packets: a packet at POST_STREAM must be the only one"
    elif stream.bound <= timestamp:
        return
    elif stream.bound == Timestamp.ONE_OVER_POST_STREAM:
        reason = "takes no packet after its last one"
    else:
        reason = f"now takes timestamp {Timestamp.describe(stream.bound)} or later"
    found = Timestamp.describe(timestamp)
    raise ValueError(f'a packet at timestamp {found} was sent to stream "{stream.name}", which {reason}')


def show(run: RunState, stream: StreamState, packet: Packet) -> None:
    """Call the observers of a stream with a packet; GraphError if one of them fails."""
    run.observing = threading.get_ident()
    try:
        for observer in stream.observers:
            observer(packet)
    except BaseException as cause:
        raise _observer_failed(stream, f"timestamp {Timestamp.describe(packet[1])}", cause) from cause
    finally:
        run.observing = 0


def _show_bound(run: RunState, stream: StreamState) -> None:
    """Call the observers of a stream with its bound. If one fails, so will the run."""
    run.observing = threading.get_ident()
    try:
        for observer in stream.bound_observers:
            observer(stream.bound)
    except BaseException as cause:
        run.fault = _observer_failed(stream, f"bound {Timestamp.describe(stream.bound)}", cause)
        run.fault.__cause__ = cause
    finally:
        run.observing = 0


def _observer_failed(stream: StreamState, where: str, cause: BaseException) -> GraphError:
    return GraphError(f'an observer of stream "{stream.name}" failed at {where}: {describe(cause)}')
