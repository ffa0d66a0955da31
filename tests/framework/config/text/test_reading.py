from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, wrappers_pb2

import graphframe as gf
from graphframe.framework.config.sourced import FieldPath
from graphframe.framework.config.text.reading import parse, parse_file

assert descriptor_pb2  # the types of these are used as options below
assert wrappers_pb2

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


def test_values() -> None:
    config = parse(TEXT, "graph")
    assert list(config.proto.input_stream) == ["a", "b", "c"]
    assert config.proto.node[1].calculator == "Two"
    assert list(config.proto.node[1].output_stream) == ["x", "y"]
    assert config.problems == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('node {\n  calculator: "A"\n', 'graph:1: the message node has no end: its closing "}" is missing'),
        ("node {\n  max_in_flight: 99999999999\n}", "graph:2: cannot be parsed: "),
        ('node {\n  name: "a"\n  name: "b"\n}', "graph:3: "),
        ("}", "graph:1: "),
    ],
)
def test_text_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(gf.GraphConfigError) as raised:
        parse(text, "graph")
    (problem,) = raised.value.problems
    assert message in str(problem)
    assert problem.line is not None


def test_messages_hold_only_a_part_of_a_long_line() -> None:
    nodes = 'node { calculator: "A" } ' * 1000
    with pytest.raises(gf.GraphConfigError) as caught:
        parse(f"{nodes} node {{ max_in_flight: 99999999999 }} {nodes}", "graph")
    assert "node { max_in_flight: 99999999999 }" in str(caught.value)
    assert len(str(caught.value)) < 300


def test_unknown_field() -> None:
    (problem,) = parse('node {\n  calculator: "A"\n  input_streams: "a"\n}', "graph").problems
    assert problem.line == 3
    assert 'graphframe.CalculatorGraphConfig.Node has no field "input_streams" (did you mean "input_stream"?)' in str(
        problem
    )
    assert "it has: name, calculator," in str(problem)


def test_unknown_field_of_options() -> None:
    text = 'node {\n  calculator: "A" node_options {\n[type.googleapis.com/google.protobuf.Int64Value] { valu: 3 } } }'
    config = parse(text, "graph")
    (problem,) = config.problems
    assert str(problem) == (
        'graph:3: google.protobuf.Int64Value has no field "valu" (did you mean "value"?); it has: value'
    )
    assert config.proto.node[0].node_options[0].TypeName() == "google.protobuf.Int64Value"


def test_unknown_type_of_options() -> None:
    text = 'node {\n node_options {\n[type.googleapis.com/graphframe.FooOption] { x { y: "]}" } } } name: "a" }'
    config = parse(text, "graph", lambda: ["graphframe.FooOptions", "graphframe.BarOptions"])
    (problem,) = config.problems
    message = "the option type graphframe.FooOption is unknown"
    assert str(problem) == f'graph:3: {message} (did you mean "graphframe.FooOptions"?)'
    assert config.proto.node[0].name == "a"


def test_unknown_extension() -> None:
    (problem,) = parse("node {\n options {\n [mediapipe.Unheard.of] { x: 1 }\n }\n}", "graph").problems
    assert str(problem) == "graph:3: the extension mediapipe.Unheard.of is unknown"


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


def test_unknown_fields_are_reported_beside_a_parse_error() -> None:
    with pytest.raises(gf.GraphConfigError) as raised:
        parse('nodes { }\nnode {\n name: "a" name: "b"\n}', "graph")
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


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\nvertex_buffer: 1.5\n" * 5000, 2),
        ('{ "nodes": [{ "calculator": "Double" }] }', 1),
        ("Dear sir,\nthis is not a graph.", 1),
        ("import graphframe as gf\n", 1),
        ("# a comment\n<html><body></body></html>", 2),
        ("\x00\x7fELF\x02\x01", 1),
        ("{" * 10_000, 1),
        ("a {" * 10_000, 1),
    ],
)
def test_a_text_that_is_not_a_graph_is_one_problem(text: str, line: int) -> None:
    with pytest.raises(gf.GraphConfigError) as caught:
        parse(text, "mesh.pbtxt")
    (problem,) = caught.value.problems
    assert problem.line == line
    assert "this is not a graph in protobuf's text format" in problem.message
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("DescriptorProto] {" + "nested_type {" * 3000 + "}" * 3001, "nested too deeply", id="deep"),
        pytest.param("UninterpretedOption.NamePart] { }", "", id="without its required fields"),
    ],
)
def test_options_that_protobuf_cannot_hold(options: str, message: str) -> None:
    with pytest.raises(gf.GraphConfigError, match=f"^graph: .*{message}"):
        parse(f"node {{ node_options {{ [type.googleapis.com/google.protobuf.{options} }} }}", "graph")


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "graph.pbtxt"
    path.write_text('node {\r\n name: "ü" calculater: "A"\r\n}', encoding="utf-8", newline="")
    config = parse_file(path)
    assert config.nodes[0].name == "ü"
    assert [(problem.source, problem.line) for problem in config.problems] == [(str(path), 2)]
    path.write_bytes(b"\xef\xbb\xbfnode { }")
    assert len(parse_file(path).nodes) == 1
    path.write_bytes(b"node {\n\xff }")
    with pytest.raises(gf.GraphConfigError, match=r"graph.pbtxt:2: this is not a text in UTF-8: .* 0xff"):
        parse_file(path)
    with pytest.raises(FileNotFoundError):
        parse_file(tmp_path / "other.pbtxt")


def test_a_text_that_is_not_a_graph_may_be_a_slip() -> None:
    with pytest.raises(gf.GraphConfigError, match=r'has no field "nodes" \(did you mean "node"'):
        parse('nodes { calculator: "A" }', "graph")


def test_any_number_of_things_that_are_not_known() -> None:
    nodes = "".join(f'node {{ name: "n{n}" calculater: "A" extra_{n} {{ a {{ }} }} }}\n' for n in range(300))
    config = parse(nodes, "graph")
    assert len(config.nodes) == 300
    assert [problem.line for problem in config.problems] == [line for line in range(1, 301) for _ in range(2)]


def test_value_that_is_none_of_an_enum() -> None:
    options = "[type.googleapis.com/google.protobuf.FieldDescriptorProto] {\n name: 'a' label: LABEL_OPTIONEL }"
    config = parse(f"node {{ node_options {{ {options} }} }}", "graph")
    (problem,) = config.problems
    assert str(problem).startswith(
        'graph:2: google.protobuf.FieldDescriptorProto.Label has no value "LABEL_OPTIONEL" '
        '(did you mean "LABEL_OPTIONAL"?); it has: LABEL_'
    )
    assert config.proto.node[0].node_options[0].TypeName() == "google.protobuf.FieldDescriptorProto"


MEDIAPIPE = """
    # In MediaPipe's style.
    input_stream: 'VIDEO:input_video'
    max_queue_size: -1
    packet_generator { packet_generator: "ModelGenerator" output_side_packet: "MODEL:model"
                       options { [mediapipe.ModelGeneratorOptions.ext] { path: "a" 'b' } } }
    status_handler { status_handler: "Handler" external_input: "x" }
    packet_factory { packet_factory: "Factory" output_side_packet: "y" }
    node: {
      calculator: "FlowLimiterCalculator"
      input_stream: "input_video"  input_stream: "FINISHED:out"
      input_stream_info: { tag_index: "FINISHED" back_edge: true }
      output_stream: "throttled"
      options: { [mediapipe.LimiterCalculatorOptions.ext] { max_in_flight: 1; allowance: [1.5f, -inf], } }
    }
    node <
      calculator: "ImageToTensorCalculator", input_stream: "IMAGE:throttled"
      node_options: <
        [type.googleapis.com/mediapipe.ImageToCalculatorOptions] < range { min: -1.0 max: 1 } border: ZERO >
      >
      option_value: "gpu_origin:options/gpu_origin"
      external_input: "MODEL:model"
      input_stream_handler {
        input_stream_handler: "FixedSizeInputStreamHandler"
        options { [mediapipe.FixedSizeInputStreamHandlerOptions.ext] { trigger_queue_size: 5 } }
      }
    >
    graph_options { [type.googleapis.com/mediapipe.FaceOptions] {} }
"""


def test_graph_of_mediapipe_with_calculators_that_are_not_known() -> None:
    config = parse(MEDIAPIPE, "graph", allow_unknown=True)
    assert config.problems == []
    assert [node.name for node in config.nodes] == ["FlowLimiterCalculator", "ImageToTensorCalculator"]
    assert config.proto.packet_generator[0].output_side_packet == ["MODEL:model"]


def test_types_of_mediapipe_that_are_not_known_are_problems_otherwise() -> None:
    assert [problem.message.partition(" (did")[0] for problem in parse(MEDIAPIPE, "graph").problems] == [
        "the extension mediapipe.ModelGeneratorOptions.ext is unknown",
        "the extension mediapipe.LimiterCalculatorOptions.ext is unknown",
        "the option type mediapipe.ImageToCalculatorOptions is unknown",
        "the option type mediapipe.FaceOptions is unknown",
    ]


def test_fields_that_are_not_known_are_problems_even_if_types_may_be_unknown() -> None:
    (problem,) = parse('node { calculater: "A" }', "graph", allow_unknown=True).problems
    assert 'has no field "calculater"' in problem.message
