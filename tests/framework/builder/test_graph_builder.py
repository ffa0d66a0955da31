from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import Int64Value

import graphframe as gf
from graphframe.framework.config.canonical import canonical
from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.text.reading import parse
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig, InputStreamHandlerConfig
from tests.framework.dataclass_toys import Direction, Step, StepOptions
from tests.framework.toys import Add, Constant, Double, Pair, Scale, Sum, Threshold


def same(builder: gf.GraphBuilder, text: str) -> bool:
    return canonical(SourcedConfig(builder.config(), "builder")) == canonical(parse(text, "graph"))


def test_a_graph_runs() -> None:
    builder = gf.GraphBuilder()
    a, b = builder.input("A"), builder.input("B")
    added = builder.add(Add, A=a, B=builder.add(Double, b)[""])
    builder.output("OUT", added["SUM"])
    graph = builder.build()
    assert graph.run(A=1, B=2) == {"OUT": [(5, 0)]}


def test_a_builder_and_a_text_make_the_same_graph(subgraph: Callable[[str], str]) -> None:
    subgraph("""
        type: "Quadruple" input_stream: "IN:number" output_stream: "OUT:result"
        node { calculator: "Double" input_stream: "number" output_stream: "twice" }
        node { calculator: "Double" input_stream: "twice" output_stream: "result" }
    """)
    builder = gf.GraphBuilder()
    builder.proto.max_queue_size = 7
    number = builder.input("NUMBER").named("number")
    factor = builder.side_input("FACTOR").named("factor")
    loop = builder.back_edge()
    summed = builder.add(Add, A=number, B=loop, input_policy="ImmediateInputStreamHandler", name="sum")
    quad = builder.add("Quadruple", IN=summed["SUM"].named("sum"))
    limit = builder.add(Threshold, quad["OUT"].named("four"), options=Int64Value(value=100), device="CPU")
    loop.connect(limit["BELOW"].named("below"))
    scaled = builder.add(Scale, limit["ABOVE"].named("above"), FACTOR=factor, executor="pool", max_in_flight=2)
    step = builder.add(Step, scaled[""].named("scaled"), options=StepOptions(by=2, direction=Direction.DOWN))
    constant = builder.add(Constant, options=Int64Value(value=3), device_properties={"K": "v"})
    builder.output("OUT", step[""].named("out"))
    builder.output("SIDE", constant.side_packet("VALUE").named("side"))
    assert same(
        builder,
        """
        input_stream: "NUMBER:number" output_stream: "OUT:out" max_queue_size: 7
        input_side_packet: "FACTOR:factor" output_side_packet: "SIDE:side"
        node {
          name: "sum" calculator: "Add" input_stream: "B:below" input_stream: "A:number" output_stream: "SUM:sum"
          input_stream_info { tag_index: "B" back_edge: true }
          input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" }
        }
        node { calculator: "Quadruple" input_stream: "IN:sum" output_stream: "OUT:four" }
        node {
          calculator: "Threshold" input_stream: "four" output_stream: "BELOW:below" output_stream: "ABOVE:0:above"
          node_options { [type.googleapis.com/google.protobuf.Int64Value] { value: 100 } } device: "CPU"
        }
        node {
          calculator: "Scale" input_stream: "above" output_stream: "scaled" input_side_packet: "FACTOR:factor"
          executor: "pool" max_in_flight: 2
        }
        node {
          calculator: "Step" input_stream: "scaled" output_stream: "out"
          node_options { [type.googleapis.com/StepOptions] { direction: DOWN by: 2 } }
        }
        node {
          calculator: "Constant" output_side_packet: "VALUE:side" device_properties { key: "K" value: "v" }
          node_options { [type.googleapis.com/google.protobuf.Int64Value] { value: 3 } }
        }
        """,
    )


def test_indexes() -> None:
    builder = gf.GraphBuilder()
    a, b = builder.input("IN"), builder.input("IN:1")
    c = builder.input().named("c")
    d = builder.input().named("d")
    node = builder.add("PassThroughCalculator", c, d, IN=[a, b], X=a)
    total = builder.add(Sum, node["IN:1"], node["X"], node[":1"])
    builder.output("", total[""].named("total"))
    builder.output("IN", node["IN"])
    builder.output("IN", node["IN:1"])
    config = builder.config()
    assert list(config.input_stream) == ["c", "d", "IN:in", "IN:1:in_1"]
    assert list(config.node[0].input_stream) == ["c", "d", "IN:in", "IN:1:in_1", "X:in"]
    assert list(config.node[0].output_stream) == [
        "pass_through",
        "pass_through_1",
        "IN:pass_through_in",
        "IN:1:pass_through_in_1",
        "X:pass_through_x",
    ]
    inputs: dict[str, Any] = {"IN": 1, "IN:1": 10, "c": 100, "d": 1000}
    assert builder.build().run(**inputs) == {
        "total": [(1011, 0)],
        "IN": [(1, 0)],
        "IN:1": [(10, 0)],
    }


def test_generated_names_tell_where_a_stream_comes_from_and_differ() -> None:
    builder = gf.GraphBuilder()
    image = builder.input("IMAGE")
    outputs = [
        builder.add(Pair, A=image)["PAIR"],
        builder.add(Pair, A=image)["PAIR"],
        builder.add(Pair, A=image, name="Front Door")["PAIR"],
        builder.add("my.own.HTTPFetchCalculator")[""],
        builder.add(Pair, A=image)["PAIR"].named("pair_pair_2"),
    ]
    for output in outputs:
        builder.output("OUT", output)
    names = [text.rpartition(":")[2] for text in builder.config().output_stream]
    assert names == ["pair_pair", "pair_pair_3", "front_door_pair", "httpfetch", "pair_pair_2"]


def test_a_calculator_need_not_be_registered() -> None:
    class Mine(gf.Calculator):
        value = gf.Input("", int)
        same = gf.Output("", int)

        def process(self, cc: gf.Context) -> None:
            cc.send(self.same, cc[self.value])

    builder = gf.GraphBuilder()
    builder.output("OUT", builder.add(Mine, builder.input("IN"))[""])
    assert builder.build().run(IN=3) == {"OUT": [(3, 0)]}
    other = type("Mine", (Mine,), {})
    with pytest.raises(TypeError, match="there is another calculator Mine in the graph"):
        builder.add(other)


def test_an_input_policy_with_options() -> None:
    policy = InputStreamHandlerConfig(input_stream_handler="FixedSizeInputStreamHandler")
    builder = gf.GraphBuilder()
    node = builder.add(Double, builder.input("IN"), input_policy=policy)
    assert node.proto.input_stream_handler == policy
    builder.output("OUT", node[""])
    assert builder.build().run(IN=3) == {"OUT": [(6, 0)]}


def test_fields_without_a_parameter_are_set_on_the_config() -> None:
    builder = gf.GraphBuilder()
    builder.proto.type = "Sub"
    builder.add(Double, builder.input("IN")).proto.buffer_size_hint = 5
    config = builder.config()
    assert (config.type, config.node[0].buffer_size_hint) == ("Sub", 5)
    assert builder.config() == config
    assert builder.proto == CalculatorGraphConfig(type="Sub")


def problems_of(make: Callable[[], Any]) -> list[str]:
    with pytest.raises(gf.GraphConfigError) as caught:
        make()
    return list(map(str, caught.value.problems))


def test_a_back_edge_that_comes_from_nowhere() -> None:
    builder = gf.GraphBuilder()
    loop = builder.back_edge()
    builder.add(Add, A=loop, B=builder.input("IN"), name="sum")
    builder.add(Sum, loop, loop)
    builder.output("OUT", loop)
    end = "has no source: connect() its back edge to a stream"
    assert problems_of(builder.config) == [
        f'GraphBuilder: output_stream "OUT" {end}',
        f'GraphBuilder: node "sum": input_stream "A" {end}',
        f'GraphBuilder: node "Sum": input_stream "" {end}',
        f'GraphBuilder: node "Sum": input_stream ":1" {end}',
    ]


def test_a_stream_of_another_builder() -> None:
    builder = gf.GraphBuilder()
    builder.add(Double, gf.GraphBuilder().input("IN"))
    assert problems_of(builder.build) == [
        'GraphBuilder: node "Double": input_stream "" comes from another GraphBuilder'
    ]


def test_other_problems_are_found_by_validation() -> None:
    builder = gf.GraphBuilder()
    builder.output("OUT", builder.add(Add, A=builder.input("IN"), C=builder.input("C"))["SUMM"])
    assert len(problems_of(builder.build)) == 5
    assert any('node "Add": Add needs an input_stream "B:..."' in problem for problem in problems_of(builder.build))


@pytest.mark.parametrize("source", [None, 3, [None], "stream"])
def test_values_that_cannot_be_connected(source: Any) -> None:
    builder = gf.GraphBuilder()
    with pytest.raises(TypeError, match='input "A" takes a stream or side packet of the builder, not '):
        builder.add(Add, A=source)
    with pytest.raises(TypeError, match='output "OUT" takes a stream or side packet of the builder, not '):
        builder.output("OUT", source)


def test_malformed_tag() -> None:
    builder = gf.GraphBuilder()
    with pytest.raises(ValueError, match='"image" is not a tag'):
        builder.add(Add, image=builder.input("IN"))
    with pytest.raises(ValueError, match='"image" is not a tag'):
        builder.input("image")
    with pytest.raises(ValueError, match='"sum" is not a tag'):
        builder.add(Add)["sum"]
