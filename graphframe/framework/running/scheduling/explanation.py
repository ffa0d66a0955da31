"""The text of `Run.explain`: why each node of a run waits."""

from __future__ import annotations

from collections.abc import Iterator

from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.state import InputState, NodeState
from graphframe.framework.timestamp import Timestamp


def explain(run: RunState) -> str:
    """Return a line for each node that is not closed, and for each open input stream of the graph."""
    lines = ["the run is paused"] if run.paused else []
    lines += [line for node in run.nodes if not node.closed for line in _about(node, run)]
    for stream in sorted(run.open_inputs, key=lambda stream: stream.number):
        held = ", and is throttled" if run.throttle.held.get(stream.number, 0) > 0 else ""
        lines.append(f'the graph\'s input stream "{stream.name}" is open{held}: {_up_to(stream.bound)}')
    return "\n".join(lines) or "all nodes are closed"


def _about(node: NodeState, run: RunState) -> Iterator[str]:
    name = f'node "{node.plan.info.name}" ({node.plan.info.calculator})'
    working = node.most - len(node.idle)
    if working:
        at = Timestamp.describe(node.processed)
        yield f"{name} works, at timestamp {at}" + (f" and {working - 1} before it" if working > 1 else "")
    elif not node.opened:
        missing = [
            run.plan.side_packets[connection.number]
            for connection in node.plan.side_inputs
            if not run.has_side_packet(connection.number)
        ]
        yield f"{name} is not open; it waits for side packets: {', '.join(missing) or 'none'}"
    elif node.plan.is_source:
        held = run.throttle.held.get(~node.plan.info.index, 0) > 0
        yield f"{name} is a source that " + (
            "is throttled: queues after it are full" if held else "waits for its layer"
        )
    else:
        yield f"{name} waits for input"
    for item in node.inputs:
        yield "    " + _input(item)


def _input(item: InputState) -> str:
    queue = item.queue
    text = f'stream "{item.stream.name}": '
    if queue:
        first, last = (Timestamp.describe(packet.timestamp) for packet in (queue[0], queue[-1]))
        at = f"at timestamp {first}" if len(queue) == 1 else f"from timestamp {first} to {last}"
        full = f", which is full at {item.limit}" if item.full else ""
        text += f"{len(queue)} queued {at}{full}; "
    else:
        text += "no packets queued; "
    return text + _up_to(item.stream.bound)


def _up_to(bound: int) -> str:
    if bound == Timestamp.DONE:
        return "closed"
    if bound <= Timestamp.MIN:
        return "no packet yet"
    return f"packets from timestamp {Timestamp.describe(bound)} may follow"
