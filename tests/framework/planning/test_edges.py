from __future__ import annotations

from pathlib import Path

import pytest

import graphframe as gf
from graphframe.framework.config.registry import find_calculator
from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.validation import validate
from tests.framework import toys
from tests.framework.planning.plans import double, plan, problems

assert toys


def test_nodes_are_put_in_execution_order_and_keep_that_of_the_text_where_they_can() -> None:
    found = plan("""
        input_stream: "a"
        node { name: "last" calculator: "Double" input_stream: "c" output_stream: "d" }
        node { name: "second" calculator: "Double" input_stream: "b" output_stream: "c" }
        node { name: "first" calculator: "Double" input_stream: "a" output_stream: "b" }
        node { name: "other" calculator: "Double" input_stream: "a" output_stream: "e" }
    """)
    assert [node.info.name for node in found.nodes] == ["first", "second", "last", "other"]
    assert [node.info.index for node in found.nodes] == [0, 1, 2, 3]


def test_side_packets_order_nodes_too() -> None:
    found = plan("""
        node { name: "second" calculator: "Increment" input_side_packet: "VALUE:a" output_side_packet: "MORE:b" }
        node { name: "first" calculator: "Constant" output_side_packet: "VALUE:a" }
    """)
    assert [node.info.name for node in found.nodes] == ["first", "second"]


def test_streams_and_side_packets_have_name_spaces_of_their_own() -> None:
    found = plan("""
        input_stream: "a" input_side_packet: "a"
        node { calculator: "Scale" input_stream: "a" input_side_packet: "FACTOR:a" output_stream: "b" }
        node { calculator: "Constant" output_side_packet: "VALUE:b" }
    """)
    assert (found.streams, found.side_packets) == (["a", "b"], ["a", "b"])


def test_producers_of_side_packets() -> None:
    text = """input_side_packet: "a"
        node { name: "x" calculator: "Constant"
               output_side_packet: "VALUE:a" }
        node { name: "y" calculator: "Constant" output_side_packet: "VALUE:b" }
        node { name: "z" calculator: "Increment"
               input_side_packet: "VALUE:c" output_side_packet: "MORE:b" }"""
    assert problems(text) == [
        'graph:3: node "x": output_side_packet "a" already comes from the graph\'s own input',
        'graph:6: node "z": output_side_packet "b" already comes from node "y"',
    ]


def test_cycle_through_side_packets() -> None:
    (problem,) = problems("""
        node { name: "x" calculator: "Increment" input_side_packet: "VALUE:a" output_side_packet: "MORE:b" }
        node { name: "y" calculator: "Increment" input_side_packet: "VALUE:b" output_side_packet: "MORE:a" }
    """)
    assert 'node "x": is on a cycle: x > y > x' in problem


def test_node_that_feeds_itself_is_a_cycle() -> None:
    (problem,) = problems('node { name: "x" calculator: "Double" input_stream: "a" output_stream: "a" }')
    assert 'node "x": is on a cycle: x > x' in problem


def test_each_cycle_is_reported() -> None:
    text = "".join(
        f'node {{ name: "{name}" calculator: "Double" input_stream: "{a}" output_stream: "{b}" }}\n'
        for name, a, b in [("a1", "x", "y"), ("a2", "y", "x"), ("b1", "v", "w"), ("b2", "w", "v")]
    )
    assert [problem.partition("cycle: ")[2].partition(";")[0] for problem in problems(text)] == [
        "a1 > a2 > a1",
        "b1 > b2 > b1",
    ]


LOOP = """
    input_stream: "in"
    node { name: "add" calculator: "Add" input_stream: "A:in" input_stream: "B:back" output_stream: "SUM:forth"
           input_stream_info { tag_index: "%s" back_edge: true } }
    node { name: "double" calculator: "Double" input_stream: "forth" output_stream: "back" }
"""


def test_back_edge_is_no_cycle() -> None:
    assert [node.info.name for node in plan(LOOP % "B").nodes] == ["add", "double"]


@pytest.mark.parametrize(
    ("tag_index", "message"),
    [
        ("C", 'input_stream_info: the node has no input stream at "C"'),
        ("B:1", 'input_stream_info: the node has no input stream at "B:1"'),
        ("b", 'input_stream_info: "b" is not a tag, "TAG:index" or ":index"'),
    ],
)
def test_back_edge_of_an_input_that_is_not_there(tag_index: str, message: str) -> None:
    assert f'graph:4: node "add": {message}' in problems(LOOP % tag_index)


def test_types_may_be_narrower_than_what_is_taken() -> None:
    class Animal:
        pass

    class Cat(Animal):
        pass

    class Feed(gf.Calculator):
        animal = gf.Input("ANIMAL", Animal)

        def process(self, cc: gf.Context) -> None:
            pass

    class Cats(gf.Calculator):
        any_ = gf.Input("ANY")
        cat = gf.Output("CAT", Cat)

        def process(self, cc: gf.Context) -> None:
            pass

    class Animals(gf.Calculator):
        any_ = gf.Input("ANY")
        animal = gf.Output("CAT", Animal)

        def process(self, cc: gf.Context) -> None:
            pass

    class FeedCat(gf.Calculator):
        animal = gf.Input("ANIMAL", Cat)

        def process(self, cc: gf.Context) -> None:
            pass

    def check(producer: type[gf.Calculator], consumer: type[gf.Calculator]) -> None:
        text = """input_stream: "in"
            node { name: "p" calculator: "Producer" input_stream: "ANY:in" output_stream: "CAT:x" }
            node { name: "c" calculator: "Consumer" input_stream: "ANIMAL:x" }"""
        validate(parse(text, "graph"), {"Producer": producer, "Consumer": consumer}.__getitem__)

    check(Cats, Feed)
    check(Cats, FeedCat)
    with pytest.raises(gf.GraphConfigError, match='"ANIMAL:x" takes Cat, but node "p" sends Animal'):
        check(Animals, FeedCat)


def test_types_of_what_comes_from_outside() -> None:
    found = plan("""
        input_stream: "IN:a" input_stream: "b" input_side_packet: "F:f"
        node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "c" }
        node { calculator: "Scale" input_stream: "a" input_side_packet: "FACTOR:f" output_stream: "d" }
    """)
    found.inputs.check("b", "anything")
    found.inputs.check("a", 3)
    with pytest.raises(TypeError, match='input stream "IN" takes int, not str'):
        found.inputs.check("IN", "3")
    with pytest.raises(TypeError, match='input side packet "F" takes int, not str'):
        found.side_inputs.check("F", "3")


def test_types_of_what_comes_from_outside_clash() -> None:
    assert problems("""input_stream: "a"
        node { name: "x" calculator: "Double" input_stream: "a" output_stream: "b" }
        node { name: "y" calculator: "Text" input_stream: "TEXT:a" output_stream: "TEXT:c" }""") == [
        'graph:3: node "y": input_stream "TEXT:a" takes str, but node "x" takes int from it'
    ]


def test_back_edge_is_given_once() -> None:
    info = 'input_stream_info { tag_index: "" back_edge: true }'
    assert problems(double(f"{info}\n{info}")) == [
        'graph:3: node "x": input_stream_info: the input stream at "" is given twice'
    ]


class Passes(gf.Calculator):
    """Two ways to send on what comes."""

    many = gf.Input("*", optional=True)
    one = gf.Input("ONE", optional=True)
    many_too = gf.Output("*", optional=True, same_as=many)
    one_too = gf.Output("OTHER", optional=True, same_as=one)

    def process(self, cc: gf.Context) -> None:
        pass


class TestSameAs:
    """A stream keeps its type through nodes that pass it on."""

    def problems(self, streams: str) -> list[str]:
        text = f"""input_stream: "in"
            node {{ calculator: "Double" input_stream: "in" output_stream: "number" }}
            node {{ calculator: "Passes" {streams} }}
            node {{ name: "text" calculator: "Text" input_stream: "TEXT:last" output_stream: "TEXT:out" }}"""
        try:
            validate(parse(text, "graph"), lambda name: Passes if name == "Passes" else find_calculator(name))
        except gf.GraphConfigError as error:
            return list(map(str, error.problems))
        return []

    @pytest.mark.parametrize(
        "streams",
        [
            'input_stream: "ONE:number" output_stream: "OTHER:last"',
            'input_stream: "number" output_stream: "last"',
            'input_stream: "X:1:number" input_stream: "X:0:in" output_stream: "X:1:last" output_stream: "X:0:x"',
            'input_stream: "number" input_stream: "ONE:mid" output_stream: "mid" output_stream: "OTHER:last" '
            'input_stream_info { tag_index: "ONE" back_edge: true }',
        ],
    )
    def test_type_goes_through(self, streams: str) -> None:
        message = 'input_stream "TEXT:last" takes str, but node "Passes" sends int'
        assert self.problems(streams) == [f'graph:4: node "text": {message}']

    @pytest.mark.parametrize(
        "streams",
        [
            'input_stream: "in" output_stream: "last"',
            'input_stream: "number" input_stream: "A:in" output_stream: "x" output_stream: "A:last"',
            'input_stream: "last" output_stream: "last" input_stream_info { tag_index: "" back_edge: true }',
        ],
    )
    def test_unknown_type_fits_any_port(self, streams: str) -> None:
        assert self.problems(streams) == []


def test_unknown_subgraph_may_hold_the_back_edge(tmp_path: Path) -> None:
    file = tmp_path / "graph.pbtxt"
    text = """
        input_stream: "in"
        node { name: "a" calculator: "PassThroughCalculator" input_stream: "X:in" input_stream: "Y:c"
               output_stream: "X:b" output_stream: "Y:d" }
        node { name: "b" calculator: "%s" input_stream: "b" output_stream: "c" }
    """
    file.write_text(text % "TrackingSubgraph")
    assert [node.name for node in gf.Graph.from_file(file, allow_unknown=True).nodes] == ["a", "b"]
    file.write_text(text % "PassThroughCalculator")
    with pytest.raises(gf.GraphConfigError, match="is on a cycle: a > b > a"):
        gf.Graph.from_file(file, allow_unknown=True)
