"""Options of nodes and graphs: after tool/options_util_test.cc and tool/options_map_test.cc."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.protobuf.wrappers_pb2 import Int64Value

import graphframe as gf
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from tests.framework.conformance.runs import finish, problems, start

Register = Callable[[str], str]


@gf.register
class AddConstantCalculator(gf.Calculator):
    """Adds what its options say."""

    value = gf.Input("", int)
    sum = gf.Output("", int)
    constant = gf.Options(Int64Value)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.sum, cc[self.value] + cc[self.constant].value)


ADD = 'node { name: "add" calculator: "AddConstantCalculator" input_stream: "a" output_stream: "b" %s }'
CONSTANT = "[type.googleapis.com/google.protobuf.Int64Value] { value: %d }"
GRAPH = 'input_stream: "a" output_stream: "b" ' + ADD
THIN = """
    input_stream: "a" output_stream: "b"
    node { name: "thin" calculator: "PacketThinnerCalculator" input_stream: "a" output_stream: "b" %s }
"""


def result(text: str) -> int:
    """Return the output for 1."""
    run, seen = start(text)
    run.add("a", 1)
    finish(run)
    return int(seen["b"][0].value)


def test_node_options() -> None:
    """GetOptionsTest.AddProto3Options, OptionsMapTest.Proto3QueryFound: an expanded Any."""
    assert result(GRAPH % f"node_options {{ {CONSTANT % 5} }}") == 6


def test_defaults() -> None:
    """OptionsMapTest.QueryNotFound: Options<T>() without any gives the defaults of the type."""
    assert result(GRAPH % "") == 1


@pytest.mark.parametrize("package", ["graphframe", "mediapipe"])
def test_extension(package: str) -> None:
    """GetOptionsTest.AddProto2Options, OptionsMapTest.Proto2QueryFound: proto2's extension form, in MediaPipe's
    spelling, too."""
    options = f"options {{ [{package}.PacketThinnerCalculatorOptions.ext] {{ period: 3 }} }}"
    run, seen = start(THIN % options)
    for timestamp in range(6):
        run.add("a", timestamp, timestamp)
    finish(run)
    assert [packet.value for packet in seen["b"]] == [0, 3]


def test_extension_wins() -> None:
    """OptionsMapTest.PrefersOptionsOverNodeOptions: given both ways, `options` wins over `node_options`."""
    both = """
        options { [mediapipe.PacketThinnerCalculatorOptions.ext] { period: 3 } }
        node_options { [type.googleapis.com/mediapipe.PacketThinnerCalculatorOptions] { period: 2 } }
    """
    run, seen = start(THIN % both)
    for timestamp in range(6):
        run.add("a", timestamp, timestamp)
    finish(run)
    assert [packet.value for packet in seen["b"]] == [0, 3]


def test_given_twice() -> None:
    """OptionsMap: "Options type: '…' specified more than once"."""
    [found] = problems(GRAPH % (f"node_options {{ {CONSTANT % 1} }}" * 2))
    assert 'node "add": options google.protobuf.Int64Value are given twice' in found


def test_unknown_field_and_type_with_their_lines() -> None:
    """In MediaPipe "Failed to parse:" and the whole text; here line and suggestion, all at once."""
    text = """input_stream: "a"
        node { calculator: "PacketThinnerCalculator" input_stream: "a" output_stream: "b"
        node_options { [type.googleapis.com/mediapipe.PacketThinnerCalculatorOptions] { perod: 2 } } }
        node { calculator: "AddConstantCalculator" input_stream: "a" output_stream: "c"
        node_options { [type.googleapis.com/google.protobuf.Int64Valu] { value: 2 } } }
    """
    with pytest.raises(gf.GraphConfigError) as caught:
        gf.Graph.from_text(text)
    assert [problem.line for problem in caught.value.problems] == [3, 5]
    assert 'did you mean "period"' in caught.value.problems[0].message
    assert "google.protobuf.Int64Value" in caught.value.problems[1].message


def test_options_of_another_calculator() -> None:
    """An error here; MediaPipe ignores options that no calculator takes."""
    [found] = problems(GRAPH % "node_options { [type.googleapis.com/mediapipe.PacketThinnerCalculatorOptions] { } }")
    assert "AddConstantCalculator takes no options graphframe.PacketThinnerCalculatorOptions" in found


def test_graph_options(subgraph: Register) -> None:
    """SubgraphExpansionTest.SimpleSubgraphOptionsUsage, option_value: a field of the options of the graph."""
    subgraph(f"""
        type: "AddSubgraph" input_stream: "IN:a" output_stream: "OUT:b"
        graph_options {{ {CONSTANT % 100} }}
        {ADD % f'node_options {{ {CONSTANT % 0} }} option_value: "value:options/value"'}
    """)
    outer = """
        input_stream: "a" output_stream: "b"
        node { calculator: "AddSubgraph" input_stream: "IN:a" output_stream: "OUT:b" %s }
    """
    assert result(outer % "") == 101
    assert result(outer % f"node_options {{ {CONSTANT % 7} }}") == 8


def test_subgraph_made_in_python(subgraph: Register) -> None:
    """GraphValidationTest.InitializeTemplateFromProtos: a function makes the graph, and sees the options."""

    @gf.subgraph("RepeatSubgraph", gf.Options(Int64Value))
    def repeat(node: gf.SubgraphNode) -> CalculatorGraphConfig:
        builder = gf.GraphBuilder()
        stream = builder.input("IN")
        for _ in range(node[gf.Options(Int64Value)].value):
            stream = builder.add(AddConstantCalculator, stream, options=Int64Value(value=10))[""]
        builder.output("OUT", stream)
        return builder.config()

    text = """
        input_stream: "a" output_stream: "b"
        node { calculator: "RepeatSubgraph" input_stream: "IN:a" output_stream: "OUT:b" node_options { %s } }
    """
    assert result(text % (CONSTANT % 3)) == 31
    assert result(text % (CONSTANT % 1)) == 11


def test_class_is_looked_up_in_its_package(subgraph: Register) -> None:
    """CalculatorGraph.CalculatorInNamepsace: `package`, each enclosing one, the global names."""
    for package, constant in (("", 1), ("studio", 10), ("studio.one", 100)):
        subgraph(f"""
            package: "{package}" type: "Plus" input_stream: "IN:a" output_stream: "OUT:b"
            {ADD % f"node_options {{ {CONSTANT % constant} }}"}
        """)
    text = """
        package: "%s" input_stream: "a" output_stream: "b"
        node { calculator: "%s" input_stream: "IN:a" output_stream: "OUT:b" }
    """
    assert result(text % ("", "Plus")) == 2
    assert result(text % ("studio", "Plus")) == 11
    assert result(text % ("studio.two", "Plus")) == 11
    assert result(text % ("studio.one", "Plus")) == 101
    assert result(text % ("other", "studio.one.Plus")) == 101
