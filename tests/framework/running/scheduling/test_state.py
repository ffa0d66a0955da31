from __future__ import annotations

from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.validation import validate
from graphframe.framework.running.invocation import PROCESS
from graphframe.framework.running.scheduling.run_state import RunState
from graphframe.framework.running.scheduling.steps import make_nodes, process_single_input
from tests.framework import toys

assert toys


def test_node_and_what_its_task_failed_with() -> None:
    text = 'input_stream: "a" node { name: "n" calculator: "Double" input_stream: "a" output_stream: "b" }'
    plan = validate(parse(text, "graph"))
    run = RunState(plan)
    make_nodes(run)
    (node,) = run.nodes
    assert node.step is process_single_input
    assert [item.stream for item in node.inputs] == [run.streams[plan.streams.index("a")]]
    assert node.outputs == [run.streams[plan.streams.index("b")]]
    task = node.idle[0]
    task.phase, task.timestamp = PROCESS, 3
    cause = ValueError("broken")
    error = task.failure(cause)
    assert str(error) == 'node "n" (Double): process failed at timestamp 3: ValueError: broken'
    assert error.__cause__ is cause
