from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from google.protobuf.wrappers_pb2 import Int64Value

import graphframe as gf
from graphframe.framework.config.subgraphs import expand
from graphframe.framework.config.text.reading import parse
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from tests.framework.toys import Double

Register = Callable[[str], str]
pytestmark = pytest.mark.usefixtures("subgraph")

USE = 'input_stream: "x" output_stream: "y"\nnode {\n calculator: "%s" input_stream: "x" output_stream: "y" %s }'


@dataclass(frozen=True)
class PowerOptions:
    """How often to double."""

    exponent: int
    unit: bool = False


def power() -> None:
    """Registers a subgraph that doubles as often as its options say."""
    options = gf.Options(PowerOptions)

    @gf.subgraph("Power", options)
    def make(node: gf.SubgraphNode) -> CalculatorGraphConfig:
        builder = gf.GraphBuilder()
        stream = builder.input()
        for _ in range(node[options].exponent):
            stream = builder.add(Double, stream)[""]
        builder.output("", stream)
        return builder.config()


def with_options(text: str) -> str:
    return USE % ("Power", f"node_options {{ [type.googleapis.com/PowerOptions] {{ {text} }} }}")


def problems_of(text: str) -> list[str]:
    return list(map(str, expand(parse(text, "graph"))[1]))


def test_a_graph_that_depends_on_options() -> None:
    power()
    graph = gf.Graph.from_text(with_options("exponent: 5"))
    assert graph.run(x=1) == {"y": [(32, 0)]}
    assert [node.name for node in graph.nodes] == [f"power__Double_{number}" for number in range(1, 6)]


def test_options_are_checked_as_those_of_a_calculator() -> None:
    power()
    assert problems_of(USE % ("Power", "")) == [
        'graph:2: node "Power": options PowerOptions: the field "exponent" must be given'
    ]
    other = "node_options { [type.googleapis.com/google.protobuf.Int64Value] { value: 1 } }"
    assert problems_of(USE % ("Power", other))[0] == (
        'graph:3: node "Power": Power takes no options google.protobuf.Int64Value; it takes: PowerOptions'
    )
    with pytest.raises(
        gf.GraphConfigError, match=r'graph:3: PowerOptions has no field "exponant" \(did you mean "expon'
    ):
        gf.Graph.from_text(with_options("exponant: 1"))


def test_a_message_as_options() -> None:
    times = gf.Options(Int64Value)

    @gf.subgraph("Times", times)
    def make(node: gf.SubgraphNode) -> str:
        names = [f"s{number}" for number in range(node[times].value + 1)]
        nodes = [
            f'node {{ calculator: "Double" input_stream: "{before}" output_stream: "{after}" }}'
            for before, after in pairwise(names)
        ]
        return f'input_stream: "s0" output_stream: "{names[-1]}"' + "".join(nodes)

    number = "node_options { [type.googleapis.com/google.protobuf.Int64Value] { value: 3 } }"
    assert gf.Graph.from_text(USE % ("Times", number)).run(x=1) == {"y": [(8, 0)]}


def test_a_graph_that_depends_on_the_connections() -> None:
    seen = []

    @gf.subgraph("Total of all")
    def make(node: gf.SubgraphNode) -> str:
        seen.append(node)
        inputs = [f'input_stream: "IN:{spec.index}:{spec.name}"' for spec in node.inputs]
        sums = [f'input_stream: "{spec.name}"' for spec in node.inputs]
        return (
            " ".join(inputs)
            + f'output_stream: "OUT:sum" node {{ calculator: "Sum" {" ".join(sums)} output_stream: "sum" }}'
        )

    graph = gf.Graph.from_text("""
        input_stream: "a" input_stream: "b" input_stream: "c" output_stream: "d" input_side_packet: "s"
        node { name: "all" calculator: "Total of all" input_stream: "IN:2:c" input_stream: "IN:a" input_stream: "IN:1:b"
               output_stream: "OUT:d" }
    """)
    assert graph.run(side_packets={"s": 0}, a=1, b=2, c=3) == {"d": [(6, 0)]}
    (node,) = seen
    assert node.name == "all"
    assert [str(spec) for spec in node.inputs] == ["IN:2:c", "IN:a", "IN:1:b"]
    assert [(spec.tag, spec.index, spec.name) for spec in node.outputs] == [("OUT", 0, "d")]
    assert node.side_inputs == node.side_outputs == []


def test_subgraphs_within_each_other() -> None:
    power()

    @gf.subgraph("Sixteenfold")
    def make(node: gf.SubgraphNode) -> str:
        return with_options("exponent: 2").replace('"y"', '"z"', 1).replace('"y"', '"m"') + (
            'node { calculator: "Power" input_stream: "m" output_stream: "z" '
            "node_options { [type.googleapis.com/PowerOptions] { exponent: 2 } } }"
        )

    graph = gf.Graph.from_text(USE % ("Sixteenfold", ""))
    assert graph.run(x=1) == {"y": [(16, 0)]}
    assert graph.nodes[0].name == "sixteenfold__power_1__Double_1"


def test_one_within_itself_that_comes_to_an_end() -> None:
    options = gf.Options(PowerOptions)

    @gf.subgraph("Power", options)
    def make(node: gf.SubgraphNode) -> str:
        exponent = node[options].exponent
        if not exponent:
            return USE % ("PassThroughCalculator", "")
        inner = with_options(f"exponent: {exponent - 1}").replace('"y"', '"z"').replace('output_stream: "z"', "", 1)
        return inner + 'output_stream: "y" node { calculator: "Double" input_stream: "z" output_stream: "y" }'

    assert gf.Graph.from_text(with_options("exponent: 15")).run(x=1) == {"y": [(2**15, 0)]}


@pytest.mark.parametrize("copies", [1, 2])
def test_one_that_contains_itself_without_an_end(subgraph: Register, copies: int) -> None:
    gf.subgraph("Loop")(lambda node: 'node { calculator: "Between" }' * copies)
    subgraph('type: "Between" node { calculator: "Loop" }')
    problems = problems_of('node { calculator: "Loop" } node { calculator: "Loop" }')
    assert {problem.partition("the subgraph contains itself: ")[2] for problem in problems} == {
        "Between > Loop > Between"
    }


def test_one_that_contains_itself_many_times_is_found_soon() -> None:
    gf.subgraph("Loop")(lambda node: 'node { calculator: "Loop" }' * 3)
    (problem,) = problems_of('\nnode { calculator: "Loop" }')
    assert problem.startswith('graph:2: node "loop__loop_1__')
    assert problem.endswith("the subgraph contains itself: Loop > Loop")


def test_its_graph_belongs_to_the_package_of_the_outer_graph(subgraph: Register) -> None:
    subgraph("""
        package: "mine" type: "Twice" input_stream: "a" output_stream: "b"
        node { calculator: "Double" input_stream: "a" output_stream: "b" }
    """)
    gf.subgraph("Container")(lambda node: USE % ("Inner", ""))
    gf.subgraph("Inner")(lambda node: USE % ("Twice", ""))
    assert gf.Graph.from_text('package: "mine"' + USE % ("Container", "")).run(x=1) == {"y": [(2, 0)]}
    with pytest.raises(gf.GraphConfigError, match='unknown calculator or subgraph "Twice"'):
        gf.Graph.from_text(USE % ("Container", ""))


def fail(_: gf.SubgraphNode) -> str:
    raise LookupError("no such thing")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (fail, "the subgraph Broken: LookupError: no such thing"),
        (
            lambda _: 'node {\n calculater: "Double"\n}',
            "the subgraph Broken:2: graphframe.CalculatorGraphConfig.Node has no",
        ),
        (lambda _: "node { ", "the subgraph Broken:1: the message node has no end"),
        (lambda _: "nonsense", "the subgraph Broken:1: this is not a graph in protobuf's text format"),
        (
            lambda _: 3,
            "the subgraph Broken: TypeError: its function must return a CalculatorGraphConfig or text, not int",
        ),
    ],
)
def test_a_function_that_fails(make: Callable[[gf.SubgraphNode], str], message: str) -> None:
    gf.subgraph("Broken")(make)
    (problem,) = problems_of(USE % ("Broken", ""))
    assert problem.startswith(f'graph:3: node "Broken": {message}')


def test_problems_of_its_nodes_have_the_line_of_the_outer_node() -> None:
    gf.subgraph("Wrong")(lambda node: 'node { calculator: "Dubble" }\n\n\nnode { calculator: "Double" }')
    with pytest.raises(gf.GraphConfigError) as caught:
        gf.Graph.from_text(USE % ("Wrong", ""), source="graph.pbtxt")
    assert {problem.line for problem in caught.value.problems if problem.source == "graph.pbtxt"} >= {3}
    assert 'graph.pbtxt:3: node "wrong__Dubble": unknown calculator or subgraph "Dubble"' in str(caught.value)
    assert 'graph.pbtxt:3: node "wrong__Double": Double needs an input_stream without a tag' in str(caught.value)
    assert 'graph.pbtxt:3: node "Wrong": the subgraph ' in str(caught.value)


def test_the_decorator_returns_the_function() -> None:
    assert gf.subgraph("Failing")(fail) is fail


@dataclass(frozen=True)
class ListOptions:
    """Files, of which a subgraph wants to know whether they are there."""

    files: list[str] = field(default_factory=list)
    count: int = 0


def listing() -> None:
    options = gf.Options(ListOptions)

    @gf.subgraph("Listing", options)
    def make(node: gf.SubgraphNode) -> str:
        missing = [index for index, file in enumerate(node[options].files) if not node.path(file).exists()]
        raise gf.GraphConfigError(
            [
                *(node.problem(f"file {index} is missing", "files", index) for index in missing),
                node.problem("the count is wrong", "count"),
            ]
        )


LISTING = """
input_stream: "x"
node {
  calculator: "Listing"
  input_stream: "x"
  node_options {
    [type.googleapis.com/ListOptions] {
      files: "there"
      files: "not there"
      count: 3
    }
  }
}
"""


def test_problems_at_the_lines_of_options(tmp_path: Path) -> None:
    listing()
    (tmp_path / "there").touch()
    with pytest.raises(gf.GraphConfigError) as caught:
        gf.Graph.from_text(LISTING, tmp_path)
    assert str(caught.value).splitlines() == [
        'graph:9: node "Listing": file 1 is missing',
        'graph:10: node "Listing": the count is wrong',
    ]
    with pytest.raises(gf.GraphConfigError, match='graph:3: node "Listing": the count is wrong'):
        gf.Graph.from_text(LISTING.replace("count: 3", ""), tmp_path)


def test_paths_start_from_the_folder_of_the_outermost_graph(tmp_path: Path, subgraph: Register) -> None:
    listing()
    for name in ("there", "not there"):
        (tmp_path / name).touch()
    subgraph('type: "Inner"' + LISTING)
    gf.subgraph("Outer")(lambda node: 'input_stream: "x" node { calculator: "Inner" input_stream: "x" }')
    with pytest.raises(gf.GraphConfigError) as caught:
        gf.Graph.from_text('input_stream: "x" node { calculator: "Outer" input_stream: "x" }', tmp_path)
    assert [problem.message for problem in caught.value.problems] == [
        'node "outer__inner__Listing": the count is wrong'
    ]


def test_a_path_that_leaves_the_folder(tmp_path: Path) -> None:
    listing()
    with pytest.raises(gf.GraphConfigError, match=r'the path "\.\./a" leaves the folder'):
        gf.Graph.from_text(LISTING.replace('"there"', '"../a"'), tmp_path)
