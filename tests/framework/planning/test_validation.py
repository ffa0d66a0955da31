from __future__ import annotations

import pytest

from graphframe.framework.input_policy import INPUT_POLICIES
from tests.framework import toys
from tests.framework.planning.plans import double, plan, problems

assert toys


def test_all_problems_are_found_at_once() -> None:
    text = """\
input_stream: "in"
input_stream: "in"
output_stream: "RESULT:resullt"
executor { name: "pool" type: "ThreadPoolExecutor" }
max_queue_size: 3
node {
  name: "unknown"
  calculator: "Dubble"
  input_stream: "in"
  output_stream: "u"
}
node {
  name: "unconnected"
  calculator: "Double"
  input_stream: "inn"
  output_stream: "result"
}
node {
  name: "again"
  calculator: "Double"
  input_stream: "in"
  output_stream: "result"
}
node {
  name: "mismatch"
  calculator: "Add"
  input_stream: "A:in"
  input_stream: "C:in"
  output_stream: "SUM:sum"
}
node {
  name: "types"
  calculator: "Text"
  input_stream: "TEXT:result"
  output_stream: "TEXT:text"
}
node {
  name: "loop"
  calculator: "Add"
  input_stream: "A:in"
  input_stream: "B:back"
  output_stream: "SUM:forth"
}
node {
  name: "end_of_loop"
  calculator: "Double"
  input_stream: "forth"
  output_stream: "back"
}
node {
  name: "again"
  calculator: "Double"
  input_stream: "in"
  output_stream: "other"
  executor: "poool"
}
node {
  name: "options"
  calculator: "Threshold"
  input_stream: "in"
  node_options { [type.googleapis.com/google.protobuf.Int64Val] { value: 3 } }
  node_options { [type.googleapis.com/google.protobuf.Int64Value] { valu: 3 } }
  node_options { [type.googleapis.com/google.protobuf.StringValue] { } }
}
node {
  name: "policy"
  calculator: "Double"
  input_stream: "in"
  output_stream: "p"
  input_stream_handler { input_stream_handler: "ImediateInputStreamHandler" }
}
"""
    names = "google.protobuf"
    assert problems(text) == [
        'graph:2: input_stream "in" is given twice',
        'graph:3: output_stream "resullt" has no producer (did you mean "result"?)',
        'graph:4: executor "pool": needs num_threads of at least 1 in its ThreadPoolExecutorOptions',
        'graph:8: node "unknown": unknown calculator or subgraph "Dubble" (did you mean "Double"?)',
        'graph:15: node "unconnected": input_stream "inn" has no producer (did you mean "in"?)',
        'graph:22: node "again": output_stream "result" already comes from node "unconnected"',
        'graph:24: node "mismatch": Add needs an input_stream "B:..."',
        'graph:28: node "mismatch": Add has no input_stream "C"; it has: A, B',
        'graph:34: node "types": input_stream "TEXT:result" takes str, but node "unconnected" sends int',
        'graph:37: node "loop": is on a cycle: loop > end_of_loop > loop; '
        "mark the edge that goes back with input_stream_info { back_edge: true }",
        'graph:51: node "again": another node has the same name',
        'graph:55: node "again": the executor "poool" is not declared (did you mean "pool"?)',
        f'graph:61: the option type {names}.Int64Val is unknown (did you mean "{names}.Int64Value"?)',
        f'graph:62: {names}.Int64Value has no field "valu" (did you mean "value"?); it has: value',
        f'graph:63: node "options": Threshold takes no options {names}.StringValue; it takes: {names}.Int64Value',
        'graph:70: node "policy": the input policy "ImediateInputStreamHandler" is unknown '
        '(did you mean "ImmediateInputStreamHandler"?); '
        f"known policies: {', '.join(INPUT_POLICIES)}",
    ]


def test_what_is_not_used_is_no_problem() -> None:
    found = plan("""
        input_stream: "unused" input_side_packet: "unused" output_stream: "unused"
        node { calculator: "Constant" output_side_packet: "VALUE:v" }
    """)
    assert found.outputs.keys == ("unused",)


def test_other_output_policy() -> None:
    wanted = 'the output stream handler "Mine" is unknown; the only one is InOrderOutputStreamHandler'
    handler = 'output_stream_handler { output_stream_handler: "Mine" }'
    assert problems(double(handler)) == [f'graph:2: node "x": {wanted}']
    assert problems(handler) == [f"graph:1: {wanted}"]
    assert plan(double('output_stream_handler { output_stream_handler: "InOrderOutputStreamHandler" }')).nodes


@pytest.mark.parametrize(
    ("graph", "node", "size"),
    [("", "", 100), ("max_queue_size: 7", "", 7), ("max_queue_size: -1", "buffer_size_hint: 9", -1),
     ("max_queue_size: 7", "buffer_size_hint: 9", 9), ("max_queue_size: 7", "buffer_size_hint: 3", 7)],
)  # fmt: skip
def test_size_of_queues(graph: str, node: str, size: int) -> None:
    assert plan(f"{graph} {double(node)}").max_queue_size == size


def test_where_streams_come_from() -> None:
    found = plan("""
        input_stream: "a" input_stream: "b"
        node { calculator: "Double" input_stream: "a" output_stream: "c" }
        node { calculator: "Add" input_stream: "A:c" input_stream: "B:b" output_stream: "SUM:d" }
    """)
    origins = {name: {found.streams[number] for number in found.origins[i]} for i, name in enumerate(found.streams)}
    assert origins == {"a": {"a"}, "b": {"b"}, "c": {"a"}, "d": {"a", "b"}}
