from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import graphframe as gf
from graphframe.framework.config import parse
from graphframe.framework.plan import Plan
from graphframe.framework.registry import load_option_types
from graphframe.framework.validation import validate
from tests.framework import toys

assert toys


def plan(text: str) -> Plan:
    return validate(parse(text, "graph", load_option_types), Path())


def problems(text: str) -> list[str]:
    with pytest.raises(gf.GraphConfigError) as raised:
        plan(text)
    return list(map(str, raised.value.problems))


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
  max_in_flight: 2
}
"""
    names = "google.protobuf"
    assert problems(text) == [
        'graph:2: input_stream "in" is given twice',
        'graph:3: output_stream "resullt" has no producer, did you mean "result"?',
        'graph:4: executor "pool": needs num_threads of at least 1 in its ThreadPoolExecutorOptions',
        "graph:5: max_queue_size is not supported yet",
        'graph:8: node "unknown": there is no calculator or subgraph "Dubble", did you mean "Double"?',
        'graph:15: node "unconnected": input_stream "inn" has no producer, did you mean "in"?',
        'graph:22: node "again": output_stream "result" already comes from node "unconnected"',
        'graph:24: node "mismatch": Add needs an input_stream "B:..."',
        'graph:28: node "mismatch": Add has no input_stream "C"; it has: A, B',
        'graph:34: node "types": input_stream "TEXT:result" takes str, but node "unconnected" sends int',
        'graph:37: node "loop": is on a cycle: loop > end_of_loop > loop; '
        "mark the edge that goes back with input_stream_info { back_edge: true }",
        'graph:51: node "again": another node has the same name',
        'graph:55: node "again": the executor "poool" is not declared, did you mean "pool"?',
        f'graph:61: the option type {names}.Int64Val is not known, did you mean "{names}.Int64Value"?',
        f'graph:62: {names}.Int64Value has no field "valu", did you mean "value"?; it has: value',
        f'graph:63: node "options": Threshold takes no options {names}.StringValue; it takes: {names}.Int64Value',
        'graph:70: node "policy": there is no input policy "ImediateInputStreamHandler", '
        'did you mean "ImmediateInputStreamHandler"?; '
        "there are: DefaultInputStreamHandler, ImmediateInputStreamHandler",
        'graph:71: node "policy": max_in_flight is not supported yet',
    ]


def test_nodes_are_put_in_execution_order_and_keep_that_of_the_text_where_they_can() -> None:
    found = plan("""
        input_stream: "a"
        node { name: "last" calculator: "Double" input_stream: "c" output_stream: "d" }
        node { name: "second" calculator: "Double" input_stream: "b" output_stream: "c" }
        node { name: "first" calculator: "Double" input_stream: "a" output_stream: "b" }
        node { name: "other" calculator: "Double" input_stream: "a" output_stream: "e" }
    """)
    assert [node.name for node in found.nodes] == ["first", "second", "last", "other"]
    assert [node.index for node in found.nodes] == [0, 1, 2, 3]


def test_side_packets_order_nodes_too() -> None:
    found = plan("""
        node { name: "second" calculator: "Increment" input_side_packet: "VALUE:a" output_side_packet: "MORE:b" }
        node { name: "first" calculator: "Constant" output_side_packet: "VALUE:a" }
    """)
    assert [node.name for node in found.nodes] == ["first", "second"]


def test_streams_and_side_packets_have_name_spaces_of_their_own() -> None:
    found = plan("""
        input_stream: "a" input_side_packet: "a"
        node { calculator: "Scale" input_stream: "a" input_side_packet: "FACTOR:a" output_stream: "b" }
        node { calculator: "Constant" output_side_packet: "VALUE:b" }
    """)
    assert (found.streams, found.side_packets) == (["a", "b"], ["a", "b"])


def test_producers_of_side_packets() -> None:
    text = """input_side_packet: "a"
        node { name: "x" calculator: "Constant"
               output_side_packet: "VALUE:a" }
        node { name: "y" calculator: "Constant" output_side_packet: "VALUE:b" }
        node { name: "z" calculator: "Increment"
               input_side_packet: "VALUE:c" output_side_packet: "MORE:b" }"""
    assert problems(text) == [
        'graph:3: node "x": output_side_packet "a" already comes from the graph\'s own input',
        'graph:6: node "z": output_side_packet "b" already comes from node "y"',
        'graph:6: node "z": input_side_packet "c" has no producer',
    ]


def test_cycle_through_side_packets() -> None:
    (problem,) = problems("""
        node { name: "x" calculator: "Increment" input_side_packet: "VALUE:a" output_side_packet: "MORE:b" }
        node { name: "y" calculator: "Increment" input_side_packet: "VALUE:b" output_side_packet: "MORE:a" }
    """)
    assert 'node "x": is on a cycle: x > y > x' in problem


def test_node_that_feeds_itself_is_a_cycle() -> None:
    (problem,) = problems('node { name: "x" calculator: "Double" input_stream: "a" output_stream: "a" }')
    assert 'node "x": is on a cycle: x > x' in problem


def test_each_cycle_is_reported() -> None:
    text = "".join(
        f'node {{ name: "{name}" calculator: "Double" input_stream: "{a}" output_stream: "{b}" }}\n'
        for name, a, b in [("a1", "x", "y"), ("a2", "y", "x"), ("b1", "v", "w"), ("b2", "w", "v")]
    )
    assert [problem.partition("cycle: ")[2].partition(";")[0] for problem in problems(text)] == [
        "a1 > a2 > a1",
        "b1 > b2 > b1",
    ]


LOOP = """
    input_stream: "in"
    node { name: "add" calculator: "Add" input_stream: "A:in" input_stream: "B:back" output_stream: "SUM:forth"
           input_stream_info { tag_index: "%s" back_edge: true } }
    node { name: "double" calculator: "Double" input_stream: "forth" output_stream: "back" }
"""


def test_back_edge_is_no_cycle() -> None:
    assert [node.name for node in plan(LOOP % "B").nodes] == ["add", "double"]


@pytest.mark.parametrize(
    ("tag_index", "message"),
    [
        ("C", 'input_stream_info: the node has no input stream at "C"'),
        ("B:1", 'input_stream_info: the node has no input stream at "B:1"'),
        ("b", 'input_stream_info: "b" is not a tag, "TAG:index" or ":index"'),
    ],
)
def test_back_edge_of_an_input_that_is_not_there(tag_index: str, message: str) -> None:
    assert f'graph:4: node "add": {message}' in problems(LOOP % tag_index)


def test_types_may_be_narrower_than_what_is_taken() -> None:
    class Animal:
        pass

    class Cat(Animal):
        pass

    class Feed(gf.Calculator):
        animal = gf.Input("ANIMAL", Animal)

    class Cats(gf.Calculator):
        any_ = gf.Input("ANY")
        cat = gf.Output("CAT", Cat)

    class Animals(gf.Calculator):
        any_ = gf.Input("ANY")
        animal = gf.Output("CAT", Animal)

    class FeedCat(gf.Calculator):
        animal = gf.Input("ANIMAL", Cat)

    def check(producer: type[gf.Calculator], consumer: type[gf.Calculator]) -> None:
        text = """input_stream: "in"
            node { name: "p" calculator: "Producer" input_stream: "ANY:in" output_stream: "CAT:x" }
            node { name: "c" calculator: "Consumer" input_stream: "ANIMAL:x" }"""
        validate(parse(text, "graph"), Path(), {"Producer": producer, "Consumer": consumer}.__getitem__)

    check(Cats, Feed)
    check(Cats, FeedCat)
    with pytest.raises(gf.GraphConfigError, match='"ANIMAL:x" takes Cat, but node "p" sends Animal'):
        check(Animals, FeedCat)


def test_types_of_what_comes_from_outside() -> None:
    found = plan("""
        input_stream: "IN:a" input_stream: "b" input_side_packet: "F:f"
        node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "c" }
        node { calculator: "Scale" input_stream: "a" input_side_packet: "FACTOR:f" output_stream: "d" }
    """)
    found.inputs.check("b", "anything")
    found.inputs.check("a", 3)
    with pytest.raises(TypeError, match='input stream "IN" takes int, not str'):
        found.inputs.check("IN", "3")
    with pytest.raises(TypeError, match='input side packet "F" takes int, not str'):
        found.side_inputs.check("F", "3")


def test_types_of_what_comes_from_outside_clash() -> None:
    assert problems("""input_stream: "a"
        node { name: "x" calculator: "Double" input_stream: "a" output_stream: "b" }
        node { name: "y" calculator: "Text" input_stream: "TEXT:a" output_stream: "TEXT:c" }""") == [
        'graph:3: node "y": input_stream "TEXT:a" takes str, but node "x" takes int from it'
    ]


def test_what_is_not_used_is_no_problem() -> None:
    found = plan("""
        input_stream: "unused" input_side_packet: "unused" output_stream: "unused"
        node { calculator: "Constant" output_side_packet: "VALUE:v" }
    """)
    assert found.outputs.keys == ("unused",)


def test_sources_are_refused() -> None:
    class Source(gf.Calculator):
        out = gf.Output("")

        def process(self, cc: gf.Context) -> None:
            cc.send(self.out, 1)

    with pytest.raises(gf.GraphConfigError, match="has no input stream, and sources are not supported yet"):
        validate(parse('node { calculator: "Source" output_stream: "a" }', "graph"), Path(), lambda _: Source)


def test_node_without_calculator() -> None:
    assert problems('\nnode { name: "x" }') == ['graph:2: node "x": names no calculator']


@pytest.mark.parametrize(
    "field",
    [
        "max_queue_size: 1",
        "input_stream_handler { }",
        "output_stream_handler { }",
        "profiler_config { }",
        "graph_options { }",
    ],
)
def test_fields_of_a_graph_that_are_not_there_yet(field: str) -> None:
    assert problems(field) == [f"graph:1: {field.split()[0].strip(':')} is not supported yet"]


@pytest.mark.parametrize(
    "field",
    [
        "source_layer: 1",
        "buffer_size_hint: 1",
        "output_stream_handler { }",
        "max_in_flight: 1",
        'option_value: "a:b"',
        'external_input: "a"',
    ],
)
def test_fields_of_a_node_that_are_not_there_yet(field: str) -> None:
    name = field.split()[0].strip(":")
    assert problems(f'node {{ name: "x" calculator: "FailingLoad"\n{field} }}') == [
        f'graph:2: node "x": {name} is not supported yet'
    ]


def test_threads_of_a_device_are_no_declared_executor() -> None:
    text = """input_stream: "a"
        node { calculator: "Double" device: "CPU" input_stream: "a" output_stream: "b" }
        node { name: "x" calculator: "Double" executor: "device CPU" input_stream: "a" output_stream: "c" }"""
    assert problems(text) == ['graph:3: node "x": the executor "device CPU" is not declared']


def test_executor_wins_over_device(subgraph: Callable[[str], str]) -> None:
    found = plan("""
        input_stream: "a"
        executor { name: "own" type: "ApplicationThreadExecutor" }
        node { calculator: "Double" device: "CPU" input_stream: "a" output_stream: "b" executor: "own" }
        node { calculator: "Double" device: "CPU" input_stream: "b" output_stream: "c" }
        node { calculator: "Double" input_stream: "c" output_stream: "d" }
    """)
    assert [node.executor for node in found.nodes] == ["own", "device CPU", ""]
    assert found.executors == {"": 0, "own": 0, "device CPU": 64}
