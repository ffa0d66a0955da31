from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.wrappers_pb2 import Int64Value, StringValue

import graphframe as gf
from graphframe import Options
from graphframe.framework.config.options.node_options import node_options, pack, unpack
from graphframe.framework.config.sourced import SourcedNode
from graphframe.framework.config.text.reading import parse
from tests.framework.dataclass_toys import Direction, Label, LabelOptions, Step, StepOptions

INT = "[type.googleapis.com/google.protobuf.Int64Value]"
TAKEN: list[Options[Any]] = [Options(Int64Value), Options(StringValue)]


def node(text: str) -> SourcedNode:
    return parse(f'node {{ name: "n" calculator: "Toy"\n {text} }}', "graph").nodes[0]


def test_by_their_class() -> None:
    text = (
        f'node_options {{ {INT} {{ value: 3 }} }} node_options {{ {INT.replace("Int64", "String")} {{ value: "s" }} }}'
    )
    assert node_options(node(text), TAKEN) == (
        {Int64Value: Int64Value(value=3), StringValue: StringValue(value="s")},
        [],
    )


def test_given_twice() -> None:
    _, [problem] = node_options(node(f"node_options {{ {INT} {{ }} }}\n node_options {{ {INT} {{ }} }}"), TAKEN)
    assert str(problem) == 'graph:3: node "n": options google.protobuf.Int64Value are given twice'


def test_of_another_calculator() -> None:
    _, [problem] = node_options(node(f"node_options {{ {INT} {{ }} }}"), TAKEN[1:])
    assert str(problem) == (
        'graph:2: node "n": Toy takes no options google.protobuf.Int64Value; it takes: google.protobuf.StringValue'
    )
    _, [problem] = node_options(node(f"node_options {{ {INT} {{ }} }}"), [])
    assert problem.message.endswith("it takes: none")


def test_of_a_calculator_that_is_not_known() -> None:
    assert node_options(node(f"node_options {{ {INT} {{ }} }}"), None)[1] == []


def test_unset() -> None:
    assert node_options(node("node_options { }"), TAKEN) == ({}, [])


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (
            r'type_url: "x/google.protobuf.Int64Value" value: "\xff"',
            "options google.protobuf.Int64Value cannot be read",
        ),
        ('type_url: "x/graphframe.Nothing"', "the option type graphframe.Nothing is unknown"),
    ],
)
def test_in_binary_form_that_cannot_be_read(packed: str, message: str) -> None:
    found, [problem] = node_options(node(f"node_options {{ {packed} }}"), TAKEN)
    assert found == {}
    assert message in str(problem)


def test_extensions_win() -> None:
    file = descriptor_pb2.FileDescriptorProto(
        name="toy_options.proto",
        package="toys",
        dependency=["graphframe/framework/protos/options.proto"],
        syntax="proto2",
    )
    toy = file.message_type.add(name="ToyOptions")
    toy.field.add(name="number", number=1, type="TYPE_INT32", label="LABEL_OPTIONAL")
    toy.extension.add(
        name="ext",
        number=20000,
        type="TYPE_MESSAGE",
        label="LABEL_OPTIONAL",
        type_name=".toys.ToyOptions",
        extendee=".graphframe.CalculatorOptions",
    )
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    options = message_factory.GetMessageClass(pool.FindMessageTypeByName("toys.ToyOptions"))
    text = "options { [toys.ToyOptions.ext] { number: 1 } }"
    text += " node_options { [type.googleapis.com/toys.ToyOptions] { number: 2 } }"
    assert node_options(node(text), [Options(options)]) == ({options: options(number=1)}, [])


STEP = "[type.googleapis.com/StepOptions]"


def test_of_a_dataclass() -> None:
    text = f"node_options {{ {STEP} {{ by: 3 direction: DOWN also: [1, 2] }} }}"
    expected = StepOptions(3, Direction.DOWN, [1, 2])
    assert node_options(node(text), [Step.options]) == ({StepOptions: expected}, [])
    assert node_options(node(""), [Step.options]) == ({StepOptions: StepOptions()}, [])


def test_a_dataclass_in_a_graph() -> None:
    graph = gf.Graph.from_text(f"""
        input_stream: "a" output_stream: "c"
        node {{ calculator: "Step" input_stream: "a" output_stream: "b" node_options {{ {STEP} {{ by: 5 also: 2 }} }} }}
        node {{ calculator: "Step" input_stream: "b" output_stream: "c" }}
    """)
    assert graph.run(a=0) == {"c": [(8, 0)]}


def test_an_error_of_the_dataclass_is_a_problem() -> None:
    text = f"\nnode_options {{\n{STEP} {{ by: 11 }} }}"
    found, [problem] = node_options(node(text), [Step.options])
    assert str(problem) == 'graph:3: node "n": options StepOptions: by is at most 10, not 11'
    assert found == {}


def test_a_dataclass_with_a_field_that_must_be_given() -> None:
    message = 'node "n": options LabelOptions: the field "text" must be given'
    for text, line in [("", 1), ("\nnode_options { [type.googleapis.com/LabelOptions] { } }", 3)]:
        _, [problem] = node_options(node(text), [Label.options])
        assert str(problem) == f"graph:{line}: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[type.googleapis.com/StepOption] { }", 'the option type StepOption is unknown (did you mean "StepOptions"'),
        (f"{STEP} {{ bye: 1 }}", 'StepOptions has no field "bye" (did you mean "by"?); it has: by, direction, also'),
        (f"{STEP} {{ direction: UPP }}", ' (did you mean "UP"?); it has: UP, DOWN'),
        (f"{STEP} {{ by: 1.5 }}", "graph:3: StepOptions.by is a whole number, not 1.5"),
    ],
)
def test_mistakes_in_a_dataclass_are_reported_as_in_any_message(text: str, message: str) -> None:
    with pytest.raises(gf.GraphConfigError) as caught:
        gf.Graph.from_text(f'input_stream: "a"\nnode {{ calculator: "Step" node_options {{\n{text} }} }}')
    assert message in str(caught.value)
    assert "graph:3: " in str(caught.value)


@pytest.mark.parametrize("options", [StepOptions(3, Direction.DOWN, [1]), LabelOptions("x"), Int64Value(value=3)])
def test_packed_options_are_those_of_a_graph(options: Any) -> None:
    taken = Options(type(options))
    packed = SourcedNode(gf.GraphBuilder().add("Toy", options=options).proto, "n", "graph")
    assert packed.proto.node_options == [pack(options)]
    assert type(unpack(pack(options))) is taken.message
    assert node_options(packed, [taken]) == ({type(options): options}, [])
