from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

import graphframe as gf
from graphframe.framework.config.subgraphs import expand
from graphframe.framework.config.text.reading import parse
from tests.framework import dataclass_toys

assert dataclass_toys  # its calculators and options are used below

Register = Callable[[str], str]
KINDS = ("BarOptions", "FooOptions")


def _messages() -> None:
    """Makes `toy_graph.FooOptions` and `toy_graph.BarOptions`, which are alike, with extensions."""
    file = descriptor_pb2.FileDescriptorProto(
        name="toy_graph_options.proto",
        package="toy_graph",
        dependency=["graphframe/framework/protos/options.proto"],
        syntax="proto2",
    )
    for number, kind in enumerate(KINDS):
        message = file.message_type.add(name=kind)
        text_format.Parse(
            f"""
            field {{ name: "number" number: 1 type: TYPE_INT32 label: LABEL_OPTIONAL }}
            field {{ name: "text" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }}
            field {{ name: "many" number: 3 type: TYPE_INT32 label: LABEL_REPEATED }}
            field {{ name: "sub" number: 4 type: TYPE_MESSAGE type_name: ".toy_graph.{kind}" label: LABEL_OPTIONAL }}
            field {{ name: "subs" number: 5 type: TYPE_MESSAGE type_name: ".toy_graph.{kind}" label: LABEL_REPEATED }}
            field {{ name: "factor" number: 6 type: TYPE_FLOAT label: LABEL_OPTIONAL }}
            """,
            message,
        )
        for extendee in ("CalculatorOptions", "MediaPipeOptions"):
            extension = message.extension.add(name=f"ext_{extendee}", number=30_000 + number)
            extension.type, extension.label = extension.TYPE_MESSAGE, extension.LABEL_OPTIONAL
            extension.type_name, extension.extendee = f".toy_graph.{kind}", f".graphframe.{extendee}"
    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())


_messages()
FOO: Any = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName("toy_graph.FooOptions"))


def foo(text: str, kind: str = "Foo") -> str:
    return f"[type.googleapis.com/toy_graph.{kind}Options] {{ {text} }}"


def applied(graph: str, node: str, value: str) -> str:
    """The options of a node, as text, after it took over something from the options of its graph."""
    text = f'{graph} node {{ calculator: "A" {node} option_value: "{value}" }}'
    (expanded,), problems = expand(parse(text, "graph"))
    assert problems == []
    assert not expanded.proto.option_value
    message = FOO()
    assert expanded.proto.node_options[0].Unpack(message)
    return text_format.MessageToString(message, as_one_line=True)


GRAPH = 'number: 5 text: "t" many: [1, 2, 3] sub { number: 6 } subs { number: 7 } subs { number: 8 text: "u" }'


@pytest.mark.parametrize(
    ("value", "before", "after"),
    [
        ("number:number", "", "number: 5"),
        ("OPTIONS/number:options/number", "number: 1", "number: 5"),
        ("text:text", "number: 1", 'number: 1 text: "t"'),
        ("factor:number", "", "factor: 5.0"),
        ("number:sub/number", "", "number: 6"),
        ("sub/sub/number:number", "", "sub { sub { number: 5 } }"),
        ("many:many", "many: [9, 9]", "many: 1 many: 2 many: 3"),
        ("many:number", "many: [9, 9]", "many: 5"),
        ("many/1:number", "many: [9, 9, 9]", "many: 9 many: 5 many: 9"),
        ("many/1:number", "many: 9", "many: 9 many: 5"),
        ("number:many/2", "", "number: 3"),
        ("number:subs/1/number", "", "number: 8"),
        ("number:subs/number", "", "number: 7"),
        ("many:subs/0/number", "", "many: 7"),
        ("subs/1/number:number", "subs { } subs { }", "subs { } subs { number: 5 }"),
        ("subs/0:subs/1", "subs { } subs { number: 1 }", 'subs { number: 8 text: "u" } subs { number: 1 }'),
        ("sub:sub", 'sub { text: "x" }', 'sub { number: 6 text: "x" }'),
        (
            "sub:options",
            "",
            f"sub {{ {text_format.MessageToString(text_format.Parse(GRAPH, FOO()), as_one_line=True)} }}",
        ),
        ("Ext::toy_graph.FooOptions/number:options/Ext::toy_graph.FooOptions/number", "", "number: 5"),
    ],
)
def test_options_that_a_node_takes_from_its_graph(value: str, before: str, after: str) -> None:
    assert applied(f"graph_options {{ {foo(GRAPH)} }}", f"node_options {{ {foo(before)} }}", value) == after


def test_the_whole_message() -> None:
    taken = applied(
        f"graph_options {{ {foo('number: 1')} }}", f"node_options {{ {foo('factor: 2')} }}", "OPTIONS:options"
    )
    assert taken == "number: 1 factor: 2.0"


@pytest.mark.parametrize(
    "value", ["number:text", "number:many/5", "number:sub/number", "many:many", "number:subs/number"]
)
def test_unset_fields_are_not_copied(value: str) -> None:
    assert applied(f"graph_options {{ {foo('')} }}", f"node_options {{ {foo('number: 1')} }}", value) == "number: 1"
    assert applied("", f"node_options {{ {foo('number: 1')} }}", value) == "number: 1"


def test_extensions_as_options() -> None:
    text = """
        options { [toy_graph.FooOptions.ext_MediaPipeOptions] { number: 3 } }
        node { calculator: "A" options { [toy_graph.FooOptions.ext_CalculatorOptions] { text: "a" } }
               option_value: "number:number" }
    """
    (node,), problems = expand(parse(text, "graph"))
    assert problems == []
    assert "number: 3" in str(node.proto.options)
    assert 'text: "a"' in str(node.proto.options)


SUB = f"""
    type: "Sub" input_stream: "a" output_stream: "b"
    graph_options {{ {foo('number: 1 text: "inner"')} }}
    node {{ calculator: "A" input_stream: "a" output_stream: "b" node_options {{ {foo("")} }}
           option_value: "number:number" option_value: "text:text" }}
"""


def test_options_of_a_node_that_is_a_subgraph_come_over_those_of_its_graph(subgraph: Register) -> None:
    subgraph(SUB)
    subgraph(f"""
        type: "Outer" input_stream: "a" output_stream: "b" graph_options {{ {foo("")} }}
        node {{ calculator: "Sub" input_stream: "a" output_stream: "b" node_options {{ {foo("")} }}
               option_value: "OPTIONS:options" }}
    """)
    text = """
        node {{ calculator: "Sub" }}
        node {{ calculator: "Sub" node_options {{ {} }} }}
        node {{ calculator: "Outer" options {{ [toy_graph.FooOptions.ext_CalculatorOptions] {{ number: 9 }} }} }}
    """
    for _ in range(2):  # the graphs that are registered stay as they are
        nodes, problems = expand(parse(text.format(foo("number: 7")), "graph"))
        assert problems == []
        options = [FOO.FromString(node.proto.node_options[0].value) for node in nodes]
        assert [message.number for message in options] == [1, 7, 9]
        assert [message.text for message in options] == ["inner"] * 3


def test_options_that_a_subgraph_does_not_take(subgraph: Register) -> None:
    subgraph(SUB)
    subgraph('type: "Plain" node { calculator: "A" }')
    text = f"""node {{ calculator: "Sub" node_options {{ {foo("", "Bar")} }} }}
    node {{ calculator: "Plain"
            node_options {{ {foo("")} }} }}"""
    assert [str(problem) for problem in expand(parse(text, "graph"))[1]] == [
        'graph:1: node "Sub": the subgraph Sub takes no options toy_graph.BarOptions; it takes: toy_graph.FooOptions '
        "(a graph names them by its graph_options)",
        'graph:3: node "Plain": the subgraph Plain takes no options toy_graph.FooOptions; it takes: none '
        "(a graph names them by its graph_options)",
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("number", 'it is not "node_field:graph_field", with "/" between nested fields'),
        ("a:b:c", 'it is not "node_field:graph_field"'),
        ("numbre:number", 'toy_graph.FooOptions has no field "numbre" (did you mean "number"?); it has: number, text'),
        ("number:sub/numbre", 'toy_graph.FooOptions has no field "numbre" (did you mean "number"?)'),
        ("number/x:number", "toy_graph.FooOptions.number has no fields"),
        ("number/1:number", "toy_graph.FooOptions.number has no fields"),
        ("number:many", '"many" is repeated, and "number" is not'),
        ("many/4:number", "toy_graph.FooOptions.many has 0 items, so none at 4"),
        ("number:text", ""),
        ("sub:Ext::toy_graph.BarOptions", ""),
        (
            "Ext::toy_graph.BarOptions/number:number",
            "the node has no such options; add node_options { [type.googleapis.com/toy",
        ),
    ],
)
def test_problems(value: str, message: str) -> None:
    text = f"""
        graph_options {{ {foo(GRAPH)} }} graph_options {{ {foo("number: 1", "Bar")} }}
        node {{ calculator: "A" node_options {{ {foo("")} }}
                option_value: "{value}" }}"""
    _, [problem] = expand(parse(text, "graph"))
    assert str(problem).startswith(f'graph:4: node "A": option_value "{value}": ')
    assert message in str(problem)


def test_options_of_a_graph_that_are_given_twice() -> None:
    text = f'graph_options {{ {foo("")} }}\ngraph_options {{ {foo("")} }} node {{ calculator: "A" }}'
    _, [problem] = expand(parse(text, "graph"))
    assert str(problem) == "graph:2: options toy_graph.FooOptions are given twice"


def test_a_dataclass_as_options_of_a_graph(subgraph: Register) -> None:
    subgraph("""
        type: "Steps" input_stream: "a" output_stream: "b" graph_options { [type.googleapis.com/StepOptions] { by: 2 } }
        node { calculator: "Step" input_stream: "a" output_stream: "b"
               node_options { [type.googleapis.com/StepOptions] { } } option_value: "OPTIONS:options" }
    """)
    graph = gf.Graph.from_text("""
        input_stream: "a" output_stream: "c"
        node { calculator: "Steps" input_stream: "a" output_stream: "b" }
        node { calculator: "Steps" input_stream: "b" output_stream: "c"
               node_options { [type.googleapis.com/StepOptions] { by: 5 also: [1, 2] } } }
    """)
    assert graph.run(a=0) == {"c": [(10, 0)]}
