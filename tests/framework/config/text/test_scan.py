from __future__ import annotations

from collections.abc import Iterable

import pytest
from google.protobuf import text_format, wrappers_pb2
from hypothesis import given
from hypothesis import strategies as st

from graphframe.framework.config.text.scan import Scan
from graphframe.framework.protos import stream_handler_pb2
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

assert wrappers_pb2  # its types are used as options below


def scan(text: str, types: Iterable[str] = ()) -> Scan:
    return Scan(text, CalculatorGraphConfig.DESCRIPTOR, lambda: types)


def read(text: str) -> CalculatorGraphConfig:
    """Parse a text without its unknown fields."""
    proto: CalculatorGraphConfig = text_format.Parse(scan(text).known_text, CalculatorGraphConfig())
    return proto


def test_a_text_without_anything_unknown_stays_as_it_is() -> None:
    text = 'node { calculator: "A" # comment\n } input_stream: ["a", \'b\'];'
    assert scan(text).known_text == text
    assert scan(text).unknown == []


@pytest.mark.parametrize(
    "field",
    [
        "extra: 1",
        "extra: -1.5e3,",
        'extra: "a" \'b\' "}";',
        "extra { a { b: [1, 2] } c < d: 1 > }",
        "extra: [{ a: 1 }, { a: 2 }]",
        "extra: []",
        "extra < >",
        "größe: 1",
        "node_options { [type.googleapis.com/no.Such] { a: [{ }] } }",
        "options { [no.such.ext] { a: 1 } }",
        "options { [no.such.ext]: 3 }",
        "node_options < [type.googleapis.com/no.Such] < > >",
    ],
)
def test_unknown_fields_are_skipped(field: str) -> None:
    text = f'node {{\n name: "a" {field}\n calculator: "b" }}\nnode {{ }}'
    (unknown,) = scan(text).unknown
    assert unknown.line == 2
    assert unknown.is_type is ("[" in field and "no" in field)
    config = read(text)
    assert [(node.name, node.calculator) for node in config.node] == [("a", "b"), ("", "")]
    assert scan(text).lines["node", 1] == 4


def test_each_place_of_an_unknown_field_is_reported() -> None:
    found = scan("nodes { }\nnodes { }\nnode { nodes: 1 }").unknown
    assert [(unknown.line, unknown.message.partition(";")[0]) for unknown in found] == [
        (1, 'graphframe.CalculatorGraphConfig has no field "nodes" (did you mean "node"?)'),
        (2, 'graphframe.CalculatorGraphConfig has no field "nodes" (did you mean "node"?)'),
        (3, 'graphframe.CalculatorGraphConfig.Node has no field "nodes"'),
    ]


@pytest.mark.parametrize(
    "text", ["node { 'a': 1 }", "node { [a }", "node { [a.b] { } }", "[a/b] { }", "a.b: 1", "1: 1", "-"]
)
def test_malformed_fields_are_left_to_the_parser(text: str) -> None:
    assert scan(text).unknown == []
    assert scan(text).known_text == text
    with pytest.raises(text_format.ParseError):
        read(text)


HANDLER = """input_stream_handler { options {
    [ mediapipe.FixedSizeInputStreamHandlerOptions.ext ]  # mediapipe.FixedSizeInputStreamHandlerOptions
    { trigger_queue_size: 7 } } }"""


@pytest.mark.parametrize("blanks", [" ", "\n", "\n # no.such/Type\n"])
def test_types_of_mediapipe_with_blanks_in_their_names(blanks: str) -> None:
    written = blanks.join(["[type.googleapis.com", "/", "mediapipe", ".", "SyncSetInputStreamHandlerOptions", "]"])
    packed = read(f"graph_options {{ {written} {{ }} }}").graph_options[0]
    assert packed.type_url == "type.googleapis.com/graphframe.SyncSetInputStreamHandlerOptions"


def test_types_of_mediapipe_stand_for_ours_of_the_same_name() -> None:
    options = read(HANDLER).input_stream_handler.options
    assert options.Extensions[stream_handler_pb2.FixedSizeInputStreamHandlerOptions.ext].trigger_queue_size == 7
    text = "graph_options { [type.googleapis.com/mediapipe.SyncSetInputStreamHandlerOptions] { } }"
    assert read(text).graph_options[0].type_url == "type.googleapis.com/graphframe.SyncSetInputStreamHandlerOptions"


def test_an_extension_that_is_not_known_but_whose_message_is() -> None:
    (unknown,) = scan("node { options { [google.protobuf.Int64Value.ext] { value: 1 } } }").unknown
    assert unknown.message == (
        "the extension google.protobuf.Int64Value.ext is unknown; "
        "write node_options { [type.googleapis.com/google.protobuf.Int64Value] { ... } } instead"
    )


def test_extensions_are_suggested() -> None:
    text = HANDLER.replace("mediapipe.FixedSize", "graphframe.FixSize", 1)
    (unknown,) = scan(text).unknown
    assert unknown.message.endswith('did you mean "graphframe.FixedSizeInputStreamHandlerOptions.ext"?)')


OPTIONS = "type.googleapis.com/google.protobuf.Int64Value"
SCALARS = ("type: 'a' \"b\"", "input_stream: ['c', 'd']", "num_threads: 4", "report_deadlock: true", "value: 3;")
BLOCKS = ("node", "node:", "executor", "node_options", f"[{OPTIONS}]", "options", "device_properties")
MARKS = ("name:", '"d"', ",", ";", ":", "[", "]", "# {\n", "<", ">", "}", "4", "input_stream: []")
pieces = st.lists(st.sampled_from((*SCALARS, *SCALARS, *MARKS)), max_size=2).map(" ".join)
texts = st.recursive(pieces, lambda inner: st.builds("{} {{ {} }} {}".format, st.sampled_from(BLOCKS), inner, inner))


@given(texts)
def test_all_that_protobuf_parses_is_known_and_has_lines(text: str) -> None:
    found = scan(text)
    try:
        proto = text_format.Parse(text, CalculatorGraphConfig())
    except text_format.ParseError:
        return
    assert found.unknown == []
    assert found.known_text == text
    fields = {(field.name, 0) for field, _ in proto.ListFields()}
    assert fields <= found.lines.keys()
