from __future__ import annotations

from graphframe.framework.config.reading import parse
from graphframe.framework.planning.validation import validate
from graphframe.framework.running.invocation import PROCESS
from graphframe.framework.running.state import NodeState
from graphframe.framework.running.stream import Stream
from tests.framework import toys

assert toys


def test_node_and_what_its_task_failed_with() -> None:
    text = 'input_stream: "a" node { name: "n" calculator: "Double" input_stream: "a" output_stream: "b" }'
    plan = validate(parse(text, "graph"))
    streams = [Stream(name) for name in plan.streams]
    node = NodeState(plan.nodes[0], streams, 100)
    assert [item.stream for item in node.inputs] == [streams[plan.streams.index("a")]]
    assert node.outputs == [streams[plan.streams.index("b")]]
    task = node.idle[0]
    task.phase, task.timestamp = PROCESS, 3
    cause = ValueError("broken")
    error = task.failure(cause)
    assert str(error) == 'node "n" (Double): process failed at timestamp 3: ValueError: broken'
    assert error.__cause__ is cause
