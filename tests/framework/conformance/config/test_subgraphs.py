"""Subgraphs: after tool/subgraph_expansion_test.cc and graph_validation_test.cc."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import graphframe as gf
from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.validation import validate
from tests.framework.conformance.runs import finish, problems, start
from tests.framework.toys import Call

Register = Callable[[str], str]

SQUARES = """
    type: "FourthPowerSubgraph"
    input_stream: "IN:x" output_stream: "OUT:z"
    node { name: "one" calculator: "SquareIntCalculator" input_stream: "x" output_stream: "y" }
    node { name: "two" calculator: "SquareIntCalculator" input_stream: "y" output_stream: "z" }
"""
OPTIONAL = """
    type: "OptionalSubgraph"
    input_stream: "MAIN:a" input_stream: "EXTRA:0:b" input_stream: "EXTRA:1:c" output_stream: "SUM:d"
    node {
      calculator: "Sum" input_stream: "a" input_stream: "b" input_stream: "c" output_stream: "d"
    }
"""


def names(text: str) -> list[str]:
    return [node.name for node in gf.Graph.from_text(text).nodes]


def test_inner_names_get_a_prefix(subgraph: Register) -> None:
    """SubgraphExpansionTest.TransformNames, TransformStreamNames."""
    subgraph(SQUARES)
    graph = gf.Graph.from_text("""
        input_stream: "a"
        node { name: "My Node.x" calculator: "FourthPowerSubgraph" input_stream: "IN:a" output_stream: "OUT:b" }
    """)
    assert [node.name for node in graph.nodes] == ["my_node_x__one", "my_node_x__two"]
    assert [node.outputs[0].name for node in graph.nodes] == ["my_node_x__y", "b"]


def test_nodes_without_a_name_get_the_prefix_of_their_type(subgraph: Register) -> None:
    """SubgraphExpansionTest.TransformNames."""
    subgraph(SQUARES)
    text = """
        input_stream: "a"
        node { calculator: "FourthPowerSubgraph" input_stream: "IN:a" output_stream: "OUT:b" }
    """
    assert names(text) == ["fourthpowersubgraph__one", "fourthpowersubgraph__two"]
    text += 'node { calculator: "FourthPowerSubgraph" input_stream: "IN:b" output_stream: "OUT:c" }'
    assert names(text) == [f"fourthpowersubgraph_{number}__{inner}" for number in (1, 2) for inner in ("one", "two")]


def test_nested(subgraph: Register) -> None:
    """SubgraphExpansionTest.ExpandSubgraphs: level by level, prefixes nest."""
    subgraph(SQUARES)
    subgraph("""
        type: "OuterSubgraph" input_stream: "IN:p" output_stream: "OUT:r"
        node { name: "inner" calculator: "FourthPowerSubgraph" input_stream: "IN:p" output_stream: "OUT:q" }
        node { name: "more" calculator: "SquareIntCalculator" input_stream: "q" output_stream: "r" }
    """)
    text = """
        input_stream: "a" output_stream: "b"
        node { name: "outer" calculator: "OuterSubgraph" input_stream: "IN:a" output_stream: "OUT:b" }
    """
    assert names(text) == ["outer__inner__one", "outer__inner__two", "outer__more"]
    run, seen = start(text)
    run.add("a", 2)
    finish(run)
    assert seen["b"] == [(256, 0)]


def test_interface_is_matched_by_tag_and_index(subgraph: Register) -> None:
    """SubgraphExpansionTest.ConnectSubgraphStreams: not by name; untagged ones by their order."""
    subgraph("""
        type: "SwapSubgraph" input_stream: "a" input_stream: "b" output_stream: "SWAPPED:c"
        node { calculator: "JoinCalculator" input_stream: "b" input_stream: "a" output_stream: "c" }
    """)
    run, seen = start("""
        input_stream: "b" input_stream: "a" output_stream: "c"
        node { calculator: "SwapSubgraph" input_stream: "b" input_stream: "a" output_stream: "SWAPPED:c" }
    """)
    run.add("b", "outer b")
    run.add("a", "outer a")
    finish(run)
    assert seen["c"] == [(("outer a", "outer b"), 0)]


def test_optional_streams_of_the_interface(subgraph: Register) -> None:
    """GraphValidationTest.OptionalSubgraphStreams: what is not connected is taken from the inner nodes."""
    subgraph(OPTIONAL)
    run, seen = start("""
        input_stream: "a" input_stream: "b" output_stream: "d"
        node { calculator: "OptionalSubgraph" input_stream: "MAIN:a" input_stream: "EXTRA:b" output_stream: "SUM:d" }
    """)
    run.add("a", 1)
    run.add("b", 20)
    finish(run)
    assert seen["d"] == [(21, 0)]


def test_streams_that_are_not_optional_within(subgraph: Register) -> None:
    """GraphValidationTest.OptionalInputNotProvidedForSubgraphCalculator."""
    subgraph(SQUARES)
    found = problems('node { name: "n" calculator: "FourthPowerSubgraph" output_stream: "OUT:b" }')
    assert found == ['node "n__one": SquareIntCalculator needs an input_stream without a tag']


def test_tag_that_the_subgraph_lacks(subgraph: Register) -> None:
    """GraphValidationTest.OptionalSubgraphStreamsMismatched: "Tag "VIDEO" does not exist in the subgraph config."."""
    subgraph(SQUARES)
    [found] = problems("""
        input_stream: "a"
        node { name: "n" calculator: "FourthPowerSubgraph"
               input_stream: "IN:a" input_stream: "VIDEO:a" output_stream: "OUT:b" }
    """)
    assert 'has no input_stream "VIDEO" for "VIDEO:a"' in found


def test_more_indexes_than_the_subgraph_has(subgraph: Register) -> None:
    """GraphValidationTest.MultipleOptionalInputsForSubgraph: "there are only n in the subgraph config"."""
    subgraph(OPTIONAL)
    streams = " ".join(f'input_stream: "EXTRA:{index}:a"' for index in range(3))
    [found] = problems(f"""
        input_stream: "a"
        node {{ calculator: "OptionalSubgraph" input_stream: "MAIN:a" {streams} output_stream: "SUM:d" }}
    """)
    assert 'has no input_stream "EXTRA:2" for "EXTRA:2:a"' in found


def test_fields_that_are_only_for_calculators(subgraph: Register) -> None:
    """SubgraphExpansionTest.ValidateSubgraphFields: "has a field that is only applicable to calculators"."""
    subgraph(SQUARES)
    [found] = problems("""
        input_stream: "a"
        node { calculator: "FourthPowerSubgraph" input_stream: "IN:a" output_stream: "OUT:b" source_layer: 1 }
    """)
    assert "source_layer" in found


def test_executor_of_an_inner_node(subgraph: Register) -> None:
    """SubgraphExpansionTest.ExecutorFieldOfNodeInSubgraphPreserved: the graph itself must declare it."""
    subgraph("""
        type: "PooledSubgraph" input_stream: "IN:x" output_stream: "OUT:y"
        node { name: "n" calculator: "SquareIntCalculator" input_stream: "x" output_stream: "y" executor: "pool" }
    """)
    text = """
        input_stream: "a"
        node { name: "s" calculator: "PooledSubgraph" input_stream: "IN:a" output_stream: "OUT:b" }
    """
    assert problems(text) == ['node "s__n": the executor "pool" is not declared; add executor { name: "pool" ... }']
    executor = """executor { name: "pool" type: "ThreadPoolExecutor"
                             options { [graphframe.ThreadPoolExecutorOptions.ext] { num_threads: 1 } } }"""
    assert validate(parse(text + executor, "graph")).nodes[0].executor == "pool"


def test_recursion(subgraph: Register) -> None:
    """MediaPipe's expansion never ends."""
    subgraph("""
        type: "EndlessSubgraph" input_stream: "IN:x" output_stream: "OUT:y"
        node { calculator: "EndlessSubgraph" input_stream: "IN:x" output_stream: "OUT:y" }
    """)
    found = problems("""
        input_stream: "a"
        node { calculator: "EndlessSubgraph" input_stream: "IN:a" output_stream: "OUT:b" }
    """)
    assert any("the subgraph contains itself: EndlessSubgraph > EndlessSubgraph" in message for message in found)


def test_stream_of_a_subgraph_is_observed(subgraph: Register) -> None:
    """CalculatorGraph.ObserveOutputStreamSubgraph."""
    subgraph(SQUARES)
    run, seen = start("""
        input_stream: "a" output_stream: "b"
        node { calculator: "FourthPowerSubgraph" input_stream: "IN:a" output_stream: "OUT:b" }
    """)
    for timestamp in range(3):
        run.add("a", timestamp, timestamp)
    finish(run)
    assert seen["b"] == [(0, 0), (1, 1), (16, 2)]


def test_side_packets_of_a_subgraph(subgraph: Register) -> None:
    """SubgraphExpansionTest.ConnectSubgraphStreams, for side packets."""
    subgraph("""
        type: "TwiceMoreSubgraph" input_side_packet: "VALUE:a" output_side_packet: "MORE:c"
        node { calculator: "Increment" input_side_packet: "VALUE:a" output_side_packet: "MORE:b" }
        node { calculator: "Increment" input_side_packet: "VALUE:b" output_side_packet: "MORE:c" }
    """)
    run, _ = start(
        """
        input_side_packet: "b" output_side_packet: "more"
        node { calculator: "TwiceMoreSubgraph" input_side_packet: "VALUE:b" output_side_packet: "MORE:more" }
        """,
        {"b": 1},
    )
    run.wait_until_done()
    assert run.side_packet("more") == 3


def test_back_edge_within_a_subgraph(subgraph: Register) -> None:
    """SubgraphExpansionTest: input_stream_info of an inner node stays."""
    subgraph("""
        type: "LoopSubgraph" input_stream: "IN:x" output_stream: "OUT:y"
        node {
          calculator: "JoinCalculator" input_stream: "x" input_stream: "back" output_stream: "y"
          input_stream_info { tag_index: ":1" back_edge: true }
          input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" }
        }
        node { calculator: "Call" input_stream: "y" output_stream: "back" }
    """)
    run, seen = start("""
        input_stream: "a" output_stream: "b"
        node { calculator: "LoopSubgraph" input_stream: "IN:a" output_stream: "OUT:b" }
    """)
    run.add("a", 1)
    finish(run)
    assert seen["b"] == [((1, None), 0)]


def test_failure_names_the_inner_node(subgraph: Register) -> None:
    """Calculator::Process() for node "n" failed: the name has the prefix."""
    subgraph(SQUARES)
    run, _ = start(
        """
        input_stream: "a" input_side_packet: "f"
        node { calculator: "Call" input_stream: "a" output_stream: "b" input_side_packet: "PROCESS:f" }
        node { name: "s" calculator: "FourthPowerSubgraph" input_stream: "IN:b" output_stream: "OUT:c" }
        """,
        {"f": lambda cc: cc.send(Call.outputs, "text")},
    )
    with pytest.raises(gf.CalculatorError) as caught:
        run.add("a", 1)
    assert caught.value.node == "s__one"
