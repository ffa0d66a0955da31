from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.wrappers_pb2 import Int64Value, StringValue

from graphframe import Options
from graphframe.framework.config import SourcedNode, parse
from graphframe.framework.options import node_options

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
    "packed", [r'type_url: "x/google.protobuf.Int64Value" value: "\xff"', 'type_url: "x/graphframe.Nothing"']
)
def test_in_binary_form_that_cannot_be_read(packed: str) -> None:
    found, [problem] = node_options(node(f"node_options {{ {packed} }}"), TAKEN)
    assert found == {}
    assert 'node "n": options ' in str(problem)
    assert " cannot be read: " in str(problem)


def test_extensions_win() -> None:
    file = descriptor_pb2.FileDescriptorProto(
        name="toy_options.proto", package="toys", dependency=["graphframe/framework/options.proto"], syntax="proto2"
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
    text = "options { [toys.ToyOptions.ext] { number: 1 } } node_options { [x/toys.ToyOptions] { number: 2 } }"
    assert node_options(node(text), [Options(options)]) == ({options: options(number=1)}, [])
