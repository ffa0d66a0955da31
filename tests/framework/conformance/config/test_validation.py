"""The problems of graphs: after graph_validation_test.cc and parts of calculator_graph_test.cc."""

from __future__ import annotations

import pytest

import graphframe as gf
from tests.framework.conformance.runs import finish, problems, start

PASS = 'node { name: "%s" calculator: "PassThroughCalculator" input_stream: "%s" output_stream: "%s" }\n'


def test_every_unknown_calculator_is_named() -> None:
    """GraphValidationTest: "Unable to find Calculator", a line for each node."""
    found = problems("""
        node { name: "one" calculator: "NoSuchCalculator" }
        node { name: "two" calculator: "PassThroughCalculatr" }
    """)
    assert found[0].startswith('node "one": unknown calculator or subgraph "NoSuchCalculator"')
    assert found[1].endswith('did you mean "PassThroughCalculator"?)')


def test_input_without_a_producer() -> None:
    """CalculatorGraph.BadInitialization: "does not have a corresponding output stream"."""
    assert problems('input_stream: "frames"' + PASS % ("n", "frame", "out")) == [
        'node "n": input_stream "frame" has no producer (did you mean "frames"?)'
    ]


def test_stream_with_two_producers() -> None:
    """CalculatorGraph.BadInitialization: "Output Stream "b" defined twice."."""
    assert problems('input_stream: "a"' + PASS % ("n1", "a", "b") + PASS % ("n2", "a", "b")) == [
        'node "n2": output_stream "b" already comes from node "n1"'
    ]


def test_graph_input_is_a_producer() -> None:
    """CalculatorGraph.BadInitialization: a node's output stream of the name of a graph's input stream."""
    found = problems('input_stream: "a" input_stream: "b"' + PASS % ("n", "a", "b"))
    assert found == ['node "n": output_stream "b" already comes from the graph\'s own input']


def test_side_packet_with_two_producers() -> None:
    """CalculatorGraph.BadInitialization: "Output Side Packet "b" defined twice."."""
    adder = 'node { name: "%s" calculator: "Increment" input_side_packet: "VALUE:a" '
    adder += 'output_side_packet: "MORE:b" }'
    found = problems('input_side_packet: "a"' + adder % "n1" + adder % "n2")
    assert found == ['node "n2": output_side_packet "b" already comes from node "n1"']


def test_cycle_names_its_nodes() -> None:
    """CalculatorGraph.Cycle: "cycle detected in graph: [A, B]"."""
    text = 'input_stream: "in"' + PASS % ("before", "in", "x")
    text += """
        node { name: "add" calculator: "Sum" input_stream: "in" input_stream: "back" output_stream: "b" }
    """
    found = problems(text + PASS % ("loop", "b", "back"))
    assert len(found) == 1
    assert "is on a cycle: add > loop > add" in found[0]


def test_cycle_through_side_packets() -> None:
    """ValidatedGraphConfig: side packets take part in the check for cycles."""
    adder = 'node { name: "%s" calculator: "Increment" input_side_packet: "VALUE:%s" '
    adder += 'output_side_packet: "MORE:%s" }'
    found = problems(adder % ("n1", "a", "b") + adder % ("n2", "b", "a"))
    assert len(found) == 1
    assert "is on a cycle: n1 > n2 > n1" in found[0]


def test_needless_back_edge() -> None:
    """ValidatedGraphConfig: MediaPipe only warns."""
    run, seen = start("""
        input_stream: "a" output_stream: "b"
        node {
          calculator: "SquareIntCalculator" input_stream: "a" output_stream: "b"
          input_stream_info { tag_index: ":0" back_edge: true }
        }
    """)
    run.add("a", 3)
    finish(run)
    assert seen["b"] == [(9, 0)]


def test_back_edge_of_an_input_that_is_not_there() -> None:
    """ValidatedGraphConfig: "requested in InputStreamInfo but is not an input stream of the calculator."."""
    found = problems("""
        input_stream: "a"
        node {
          name: "n" calculator: "SquareIntCalculator" input_stream: "a" output_stream: "b"
          input_stream_info { tag_index: "FINISHED" back_edge: true }
        }
    """)
    assert found == ['node "n": input_stream_info: the node has no input stream at "FINISHED"']


def test_back_edge_that_is_given_twice() -> None:
    """ValidatedGraphConfig: "has more than one InputStreamInfo"."""
    found = problems("""
        input_stream: "a"
        node {
          name: "n" calculator: "SquareIntCalculator" input_stream: "a" output_stream: "b"
          input_stream_info { tag_index: "" back_edge: true } input_stream_info { tag_index: ":0" back_edge: true }
        }
    """)
    assert found == ['node "n": input_stream_info: the input stream at "" is given twice']


def test_ports_that_lack_and_ports_that_are_not_there() -> None:
    """CalculatorContractTest, "Failed to get tag" and "was not expected": here both at once."""
    found = problems("""
        input_stream: "a"
        node { name: "n" calculator: "SquareIntCalculator" input_stream: "VALUE:a" output_stream: "b" }
    """)
    assert [message.split(";")[0] for message in found] == [
        'node "n": SquareIntCalculator has no input_stream "VALUE"',
        'node "n": SquareIntCalculator needs an input_stream without a tag',
    ]


def test_check_of_the_calculator() -> None:
    """PassThroughCalculatorTest: "Input and output streams must use matching tags and indexes."."""
    found = problems("""
        input_stream: "a"
        node { name: "n" calculator: "PassThroughCalculator" input_stream: "A:a" output_stream: "B:b" }
    """)
    assert found
    assert all(message.startswith('node "n": ') for message in found)


def test_types_of_streams_that_clash() -> None:
    """CalculatorGraph.TypeMismatch: "expects packets of type"."""
    found = problems("""
        input_stream: "a"
        node { name: "n" calculator: "SquareIntCalculator" input_stream: "a" output_stream: "b" }
        node { name: "m" calculator: "Text" input_stream: "TEXT:b" output_stream: "TEXT:c" }
    """)
    assert found == ['node "m": input_stream "TEXT:b" takes str, but node "n" sends int']


def test_any_type_goes_with_each() -> None:
    """CalculatorGraph.TypeMismatch: SetAny() goes with everything; what does not fit is found when it comes."""
    run, _ = start(
        """
        input_stream: "a" input_side_packet: "log"
        node { calculator: "LogCalculator" input_stream: "a" output_stream: "b" input_side_packet: "LOG:log" }
        node { name: "n" calculator: "Text" input_stream: "TEXT:b" output_stream: "TEXT:c" }
        """,
        {"log": []},
    )
    with pytest.raises(gf.CalculatorError, match='node "n"'):
        run.add("a", 1)


def test_type_of_what_the_application_adds() -> None:
    """CalculatorGraph: "Packet type mismatch"; here the call fails, not the run."""
    run, seen = start("""
        input_stream: "a" output_stream: "b"
        node { calculator: "Text" input_stream: "TEXT:a" output_stream: "TEXT:b" }
    """)
    with pytest.raises(TypeError, match='input stream "a" takes str, not int'):
        run.add("a", 1)
    run.add("a", "x")
    finish(run)
    assert seen["b"] == [("X", 0)]


def test_type_of_what_a_calculator_sends() -> None:
    """CalculatorGraph.TypeMismatch: "Packet type mismatch on calculator outputting to stream"."""

    class WrongCalculator(gf.Calculator):
        value = gf.Input("")
        number = gf.Output("", int)

        def process(self, cc: gf.Context) -> None:
            cc.send(self.number, cc[self.value])

    with pytest.raises(gf.CalculatorError, match='output stream "" takes int, not str'):
        gf.CalculatorRunner(WrongCalculator).run(["text"])


def test_what_is_not_used_is_no_error() -> None:
    """GraphValidationTest: inputs and side packets of a graph need no consumer, outputs of a node neither."""
    run, _ = start(
        'input_stream: "a" input_stream: "unused" input_side_packet: "unused"' + PASS % ("n", "a", "b"), {"unused": 1}
    )
    run.add("a", 1)
    run.add("unused", 1)
    finish(run)


def test_output_of_the_graph_without_a_producer() -> None:
    """An error here, not in MediaPipe."""
    found = problems('input_stream: "a" output_stream: "bb"' + PASS % ("n", "a", "b"))
    assert found == ['output_stream "bb" has no producer (did you mean "b"?)']


def test_two_nodes_of_one_name() -> None:
    """An error here, not in MediaPipe: messages say which node it is."""
    found = problems('input_stream: "a"' + PASS % ("n", "a", "b") + PASS % ("n", "a", "c"))
    assert found == ['node "n": another node has the same name']


def test_nodes_without_a_name_are_numbered() -> None:
    """CanonicalNodeName: the calculator with _1, _2 ... in the order of the text."""
    text = 'node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "%s" }'
    graph = gf.Graph.from_text('input_stream: "a"' + text % "b" + text % "c")
    assert [node.name for node in graph.nodes] == ["PassThroughCalculator_1", "PassThroughCalculator_2"]


def test_sort_is_stable() -> None:
    """ValidatedGraphConfig: of the nodes that are free the first of the text comes next."""
    graph = gf.Graph.from_text(
        'input_stream: "in"'
        + PASS % ("last", "c", "d")
        + PASS % ("third", "b", "c")
        + PASS % ("first", "in", "a")
        + PASS % ("other", "in", "z")
        + PASS % ("second", "a", "b")
    )
    assert [node.name for node in graph.nodes] == ["first", "other", "second", "third", "last"]


def test_unknown_input_policy() -> None:
    """InputStreamHandlerRegistry: ""H" is not a registered input stream handler."."""
    [found] = problems("""
        input_stream: "a"
        node {
          name: "n" calculator: "SquareIntCalculator" input_stream: "a" output_stream: "b"
          input_stream_handler { input_stream_handler: "EagerInputStreamHandler" }
        }
    """)
    assert found.startswith('node "n": the input policy "EagerInputStreamHandler" is unknown')


def test_all_problems_come_at_once_with_their_lines() -> None:
    """Not so in MediaPipe, which gives no lines and stops at the first kind of error."""
    text = """input_stream: "a"
node { name: "x" calculator: "Nope" input_stream: "a" }
node { name: "y" calculator: "SquareIntCalculator" input_stream: "nowhere" output_stream: "c" }
node { name: "z" calculator: "SquareIntCalculator" input_stream: "a" output_stream: "c" colour: "red" }
"""
    with pytest.raises(gf.GraphConfigError) as caught:
        gf.Graph.from_text(text, source="my.pbtxt")
    assert [(problem.source, problem.line) for problem in caught.value.problems] == [
        ("my.pbtxt", 2),
        ("my.pbtxt", 3),
        ("my.pbtxt", 4),
        ("my.pbtxt", 4),
    ]


def test_graph_without_nodes() -> None:
    """CalculatorGraph.ConstructAndDestruct: an empty graph is one, and its run ends at once."""
    run, seen = start("")
    run.wait_until_done()
    assert seen == {}


def test_long_chain() -> None:
    """CalculatorGraph: nodes that pass on what they get, one after the other."""
    nodes = "".join(PASS % (f"n{number}", f"s{number}", f"s{number + 1}") for number in range(1500))
    run, seen = start('input_stream: "s0" output_stream: "s1500"' + nodes)
    run.add("s0", 1)
    finish(run)
    assert seen["s1500"] == [(1, 0)]
