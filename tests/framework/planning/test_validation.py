from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import graphframe as gf
from graphframe.framework.config.registry import find_calculator, load_option_types
from graphframe.framework.config.text.reading import parse
from graphframe.framework.input_policy import INPUT_POLICIES, Barrier, EarlyClose
from graphframe.framework.planning.executors import DEVICE_THREADS
from graphframe.framework.planning.plan import Plan
from graphframe.framework.planning.validation import validate
from tests.framework import toys

assert toys


def plan(text: str) -> Plan:
    return validate(parse(text, "graph", load_option_types))


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
}
"""
    names = "google.protobuf"
    assert problems(text) == [
        'graph:2: input_stream "in" is given twice',
        'graph:3: output_stream "resullt" has no producer, did you mean "result"?',
        'graph:4: executor "pool": needs num_threads of at least 1 in its ThreadPoolExecutorOptions',
        'graph:8: node "unknown": unknown calculator or subgraph "Dubble", did you mean "Double"?',
        'graph:15: node "unconnected": input_stream "inn" has no producer, did you mean "in"?',
        'graph:22: node "again": output_stream "result" already comes from node "unconnected"',
        'graph:24: node "mismatch": Add needs an input_stream "B:..."',
        'graph:28: node "mismatch": Add has no input_stream "C"; it has: A, B',
        'graph:34: node "types": input_stream "TEXT:result" takes str, but node "unconnected" sends int',
        'graph:37: node "loop": is on a cycle: loop > end_of_loop > loop; '
        "mark the edge that goes back with input_stream_info { back_edge: true }",
        'graph:51: node "again": another node has the same name',
        'graph:55: node "again": the executor "poool" is not declared, did you mean "pool"?',
        f'graph:61: the option type {names}.Int64Val is unknown, did you mean "{names}.Int64Value"?',
        f'graph:62: {names}.Int64Value has no field "valu", did you mean "value"?; it has: value',
        f'graph:63: node "options": Threshold takes no options {names}.StringValue; it takes: {names}.Int64Value',
        'graph:70: node "policy": the input policy "ImediateInputStreamHandler" is unknown, '
        'did you mean "ImmediateInputStreamHandler"?; '
        f"known policies: {', '.join(INPUT_POLICIES)}",
    ]


def test_nodes_are_put_in_execution_order_and_keep_that_of_the_text_where_they_can() -> None:
    found = plan("""
        input_stream: "a"
        node { name: "last" calculator: "Double" input_stream: "c" output_stream: "d" }
        node { name: "second" calculator: "Double" input_stream: "b" output_stream: "c" }
        node { name: "first" calculator: "Double" input_stream: "a" output_stream: "b" }
        node { name: "other" calculator: "Double" input_stream: "a" output_stream: "e" }
    """)
    assert [node.info.name for node in found.nodes] == ["first", "second", "last", "other"]
    assert [node.info.index for node in found.nodes] == [0, 1, 2, 3]


def test_side_packets_order_nodes_too() -> None:
    found = plan("""
        node { name: "second" calculator: "Increment" input_side_packet: "VALUE:a" output_side_packet: "MORE:b" }
        node { name: "first" calculator: "Constant" output_side_packet: "VALUE:a" }
    """)
    assert [node.info.name for node in found.nodes] == ["first", "second"]


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
        'graph:6: node "z": input_side_packet "c" has no producer: no node sends it, and the graph does not declare it',
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
    assert [node.info.name for node in plan(LOOP % "B").nodes] == ["add", "double"]


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
        validate(parse(text, "graph"), {"Producer": producer, "Consumer": consumer}.__getitem__)

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


class Source(gf.Calculator):
    out = gf.Output("")

    def process(self, cc: gf.Context) -> None:
        cc.stop()


def source_plan(text: str) -> Plan:
    return validate(parse(text, "graph"), lambda _: Source)


def test_sources_get_threads_of_their_own() -> None:
    sources = [f'node {{ calculator: "Source" output_stream: "{name}" }}' for name in "ab"]
    found = source_plan(" ".join(sources))
    assert [node.executor for node in found.nodes] == ["sources", "sources"]
    assert found.executors == {"": 0, "sources": DEVICE_THREADS}


def test_source_runs_where_the_graph_says() -> None:
    found = source_plan('num_threads: 2 node { calculator: "Source" output_stream: "a" }')
    assert [node.executor for node in found.nodes] == [""]
    assert found.executors == {"": 2}


def test_source_has_one_set_in_flight() -> None:
    with pytest.raises(gf.GraphConfigError, match=r"graph:2: .* max_in_flight is not for sources"):
        source_plan('node { calculator: "Source" output_stream: "a"\nmax_in_flight: 2 }')


def test_node_without_calculator() -> None:
    assert problems('\nnode { name: "x" }') == ['graph:2: node "x": names no calculator']


def double(more: str) -> str:
    return f'input_stream: "a" node {{ name: "x" calculator: "Double" input_stream: "a" output_stream: "b"\n{more} }}'


def test_unknown_input_policy() -> None:
    policy = 'input_stream_handler { input_stream_handler: "ImediateInputStreamHandler" }'
    assert problems(double(policy))[0].startswith(
        'graph:2: node "x": the input policy "ImediateInputStreamHandler" is unknown, did you mean '
        '"ImmediateInputStreamHandler"?; known policies: DefaultInputStreamHandler, '
    )


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (
            'input_stream_handler: "SyncSetInputStreamHandler" options { '
            '[graphframe.SyncSetInputStreamHandlerOptions.ext] { sync_set { tag_index: "A" } } }',
            'the node has no input stream at "A"; it has: ""',
        ),
        (
            'input_stream_handler: "TimestampAlignInputStreamHandler" options { '
            '[graphframe.TimestampAlignInputStreamHandlerOptions.ext] { timestamp_base_tag_index: ":1" } }',
            'the node has no input stream at ":1"; it has: ""',
        ),
        (
            'input_stream_handler: "FixedSizeInputStreamHandler" options { '
            "[graphframe.FixedSizeInputStreamHandlerOptions.ext] { target_queue_size: 3 } }",
            "target_queue_size 3 must be at least 1, and at most trigger_queue_size 2",
        ),
        (
            'input_stream_handler: "MuxInputStreamHandler"',
            "a mux needs an input stream that selects, and at least one other",
        ),
        (
            "options { [graphframe.DefaultInputStreamHandlerOptions.ext] { batch_size: 2 } }",
            "batch_size is not supported: omit it, a node processes one input set at a time",
        ),
    ],
)
def test_input_policy_that_does_not_fit(policy: str, message: str) -> None:
    found = problems(double(f"input_stream_handler {{ {policy} }}"))
    assert found == [f'graph:2: node "x": input_stream_handler: {message}']


def test_input_policy_of_the_graph_is_that_of_nodes_without_one() -> None:
    found = plan(
        'input_stream_handler { input_stream_handler: "BarrierInputStreamHandler" }\n'
        + double("")
        + 'node { calculator: "Double" input_stream: "b" output_stream: "c" '
        + 'input_stream_handler { input_stream_handler: "EarlyCloseInputStreamHandler" } }'
    )
    assert [type(node.input_policy) for node in found.nodes] == [Barrier, EarlyClose]


def test_other_output_policy() -> None:
    wanted = 'the output stream handler "Mine" is unknown; the only one is InOrderOutputStreamHandler'
    handler = 'output_stream_handler { output_stream_handler: "Mine" }'
    assert problems(double(handler)) == [f'graph:2: node "x": {wanted}']
    assert problems(handler) == [f"graph:1: {wanted}"]
    assert plan(double('output_stream_handler { output_stream_handler: "InOrderOutputStreamHandler" }')).nodes


def test_source_layer_of_a_node_with_inputs() -> None:
    assert problems(double("source_layer: 1")) == ['graph:2: node "x": source_layer is for sources, but it has inputs']


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


def test_back_edge_is_given_once() -> None:
    info = 'input_stream_info { tag_index: "" back_edge: true }'
    assert problems(double(f"{info}\n{info}")) == [
        'graph:3: node "x": input_stream_info: the input stream at "" is given twice'
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


class Passes(gf.Calculator):
    """Two ways to send on what comes."""

    many = gf.Input("*", optional=True)
    one = gf.Input("ONE", optional=True)
    many_too = gf.Output("*", optional=True, same_as=many)
    one_too = gf.Output("OTHER", optional=True, same_as=one)


class TestSameAs:
    """A stream keeps its type through nodes that pass it on."""

    def problems(self, streams: str) -> list[str]:
        text = f"""input_stream: "in"
            node {{ calculator: "Double" input_stream: "in" output_stream: "number" }}
            node {{ calculator: "Passes" {streams} }}
            node {{ name: "text" calculator: "Text" input_stream: "TEXT:last" output_stream: "TEXT:out" }}"""
        try:
            validate(parse(text, "graph"), lambda name: Passes if name == "Passes" else find_calculator(name))
        except gf.GraphConfigError as error:
            return list(map(str, error.problems))
        return []

    @pytest.mark.parametrize(
        "streams",
        [
            'input_stream: "ONE:number" output_stream: "OTHER:last"',
            'input_stream: "number" output_stream: "last"',
            'input_stream: "X:1:number" input_stream: "X:0:in" output_stream: "X:1:last" output_stream: "X:0:x"',
            'input_stream: "number" input_stream: "ONE:mid" output_stream: "mid" output_stream: "OTHER:last" '
            'input_stream_info { tag_index: "ONE" back_edge: true }',
        ],
    )
    def test_type_goes_through(self, streams: str) -> None:
        message = 'input_stream "TEXT:last" takes str, but node "Passes" sends int'
        assert self.problems(streams) == [f'graph:4: node "text": {message}']

    @pytest.mark.parametrize(
        "streams",
        [
            'input_stream: "in" output_stream: "last"',
            'input_stream: "number" input_stream: "A:in" output_stream: "x" output_stream: "A:last"',
            'input_stream: "last" output_stream: "last" input_stream_info { tag_index: "" back_edge: true }',
        ],
    )
    def test_what_nobody_knows_may_be_anything(self, streams: str) -> None:
        assert self.problems(streams) == []


def test_unknown_subgraph_may_hold_the_back_edge(tmp_path: Path) -> None:
    file = tmp_path / "graph.pbtxt"
    text = """
        input_stream: "in"
        node { name: "a" calculator: "PassThroughCalculator" input_stream: "X:in" input_stream: "Y:c"
               output_stream: "X:b" output_stream: "Y:d" }
        node { name: "b" calculator: "%s" input_stream: "b" output_stream: "c" }
    """
    file.write_text(text % "TrackingSubgraph")
    assert [node.name for node in gf.Graph.from_file(file, allow_unknown=True).nodes] == ["a", "b"]
    file.write_text(text % "PassThroughCalculator")
    with pytest.raises(gf.GraphConfigError, match="is on a cycle: a > b > a"):
        gf.Graph.from_file(file, allow_unknown=True)
