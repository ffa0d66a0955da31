from __future__ import annotations

from collections.abc import Iterable

import pytest
from google.protobuf import wrappers_pb2

import graphframe as gf
from graphframe.framework.config import FieldPath, parse

assert wrappers_pb2  # its types are used as options below

TEXT = """\
# a graph { "with" comments
input_stream: "a"
input_stream: [
  "b",  # one
  'c'
]
node {
  name: "first"
  calculator: "One"
  input_stream:
    "a"
  node_options { [type.googleapis.com/google.protobuf.Int64Value] { value: -3 } }
  device_properties { key: "K" value: "{ not a block }" }
}
node <
  calculator: 'T' "wo"
  output_stream: [] output_stream: "x"; output_stream: "y",
  input_stream_info: [{ tag_index: "A" }, { tag_index: "B"
    back_edge: true }]
>
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("input_stream", 0), 2),
        (("input_stream", 1), 4),
        (("input_stream", 2), 5),
        (("node", 0), 7),
        (("node", 0, "calculator", 0), 9),
        (("node", 0, "input_stream", 0), 10),
        (("node", 0, "node_options", 0), 12),
        (("node", 0, "device_properties", 0, "value", 0), 13),
        (("node", 1), 15),
        (("node", 1, "calculator", 0), 16),
        (("node", 1, "output_stream", 0), 17),
        (("node", 1, "output_stream", 1), 17),
        (("node", 1, "input_stream_info", 1), 18),
        (("node", 1, "input_stream_info", 1, "back_edge", 0), 19),
    ],
)
def test_line_of_each_field(path: FieldPath, line: int) -> None:
    assert parse(TEXT, "graph").lines[path] == line


def test_what_is_read() -> None:
    config = parse(TEXT, "graph")
    assert list(config.proto.input_stream) == ["a", "b", "c"]
    assert config.proto.node[1].calculator == "Two"
    assert list(config.proto.node[1].output_stream) == ["x", "y"]
    assert config.problems == []


def test_problems_carry_source_and_line() -> None:
    config = parse(TEXT, "graph.pbtxt")
    first, second = config.nodes
    assert str(first.problem("is wrong", "input_stream", 0)) == 'graph.pbtxt:10: node "first": is wrong'
    assert str(first.problem("is wrong", "executor", 0)) == 'graph.pbtxt:7: node "first": is wrong'
    assert str(second.problem("is wrong")) == 'graph.pbtxt:15: node "Two": is wrong'
    assert str(config.problem("is wrong", "input_stream", 1)) == "graph.pbtxt:4: is wrong"
    assert str(config.problem("is wrong")) == "graph.pbtxt: is wrong"


def test_nodes_without_name_are_called_by_their_calculator() -> None:
    nodes = ['calculator: "A"', 'name: "n" calculator: "A"', 'calculator: "A"', 'calculator: "B"']
    config = parse("".join(f"node {{ {node} }}" for node in nodes), "graph")
    assert [node.name for node in config.nodes] == ["A_1", "n", "A_2", "B"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('node {\n  calculator: "A"\n', 'graph:2: Expected "}".'),
        ("node {\n  max_in_flight: many\n}", "graph:2: in `max_in_flight: many`: Couldn't parse integer: many"),
        ('node {\n  name: "a"\n  name: "b"\n}', "should not have multiple"),
        ("}", "graph:1: "),
    ],
)
def test_text_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(gf.GraphConfigError) as raised:
        parse(text, "graph")
    (problem,) = raised.value.problems
    assert message in str(problem)
    assert problem.line is not None


def test_unknown_field() -> None:
    (problem,) = parse('node {\n  calculator: "A"\n  input_streams: "a"\n}', "graph").problems
    assert problem.line == 3
    assert 'graphframe.CalculatorGraphConfig.Node has no field "input_streams", did you mean "input_stream"?' in str(
        problem
    )
    assert "it has: name, calculator," in str(problem)


def test_unknown_field_of_options() -> None:
    text = 'node {\n  calculator: "A" node_options {\n[type.googleapis.com/google.protobuf.Int64Value] { valu: 3 } } }'
    config = parse(text, "graph")
    (problem,) = config.problems
    assert str(problem) == (
        'graph:3: google.protobuf.Int64Value has no field "valu", did you mean "value"?; it has: value'
    )
    assert config.proto.node[0].node_options[0].TypeName() == "google.protobuf.Int64Value"


def test_unknown_type_of_options() -> None:
    text = 'node {\n node_options {\n[type.googleapis.com/graphframe.FooOption] { x { y: "]}" } } } name: "a" }'
    config = parse(text, "graph", lambda: ["graphframe.FooOptions", "graphframe.BarOptions"])
    (problem,) = config.problems
    message = "the option type graphframe.FooOption is not known, did you mean"
    assert str(problem) == f'graph:3: {message} "graphframe.FooOptions"?'
    assert config.proto.node[0].name == "a"


def test_unknown_extension() -> None:
    (problem,) = parse("node {\n options {\n [mediapipe.FooOptions.ext] { x: 1 }\n }\n}", "graph").problems
    assert str(problem) == "graph:3: the extension mediapipe.FooOptions.ext is not known"


def test_all_that_is_not_known_is_found_at_once() -> None:
    text = """
        nodes { calculator: "A" }
        node {
          calculator: "B"
          node_options { [type.googleapis.com/graphframe.Nothing] { a: 1 } }
          input_strem: "x"
          node_options { [type.googleapis.com/graphframe.Nothing] { a: 1 } }
        }
    """
    config = parse(text, "graph")
    assert [problem.line for problem in config.problems] == [2, 5, 6, 7]
    assert [node.name for node in config.nodes] == ["B"]


def test_what_is_not_known_is_reported_beside_what_cannot_be_read() -> None:
    with pytest.raises(gf.GraphConfigError) as raised:
        parse("nodes { }\nnode {\n name: 3\n}", "graph")
    assert [problem.line for problem in raised.value.problems] == [1, 3]


def test_calculators_are_imported_only_for_types_that_are_not_known_yet() -> None:
    calls = []

    def load() -> Iterable[str]:
        calls.append("load")
        return ()

    parse(TEXT, "graph", load)
    assert calls == []
    parse("node { node_options { [a/Nothing] { } } nothing: 1 }", "graph", load)
    assert calls == ["load"]


def test_text_that_is_no_graph_is_given_up_soon() -> None:
    with pytest.raises(gf.GraphConfigError) as caught:
        parse("vertex_buffer: 1.5\n" * 5000, "mesh.pbtxt")
    assert len(caught.value.problems) == 25
    assert 'has no field "vertex_buffer"' in str(caught.value)
