"""Side packets: after calculator_graph_side_packet_test.cc."""

from __future__ import annotations

from typing import Any

import pytest

import graphframe as gf
from tests.framework.conformance.runs import finish, idle, start
from tests.framework.toys import Call

ADDER = """
    node { name: "%s" calculator: "Increment" input_side_packet: "VALUE:%s" output_side_packet: "MORE:%s" }
"""
SETTER = """
    input_side_packet: "set"
    node { name: "setter" calculator: "Call" %s
           input_side_packet: "%s:set" output_side_packet: "VALUE:value" }
"""
LOGGED = """
    input_side_packet: "log"
    node { name: "%s" calculator: "LogCalculator" input_stream: "%s" output_stream: "%s" input_side_packet: "LOG:%s" }
"""


def set_value(value: object) -> Any:
    return lambda cc: cc.set_side_packet(Call.value, value)


def test_given_at_start() -> None:
    """CalculatorGraph.RunsCorrectly with side packets: by name, another value in each run."""
    graph = gf.Graph.from_text(
        'input_side_packet: "value" output_side_packet: "more"' + ADDER % ("adder", "value", "more")
    )
    for value in (1, 41):
        run = graph.start_run({"value": value})
        run.wait_until_done(30)
        assert run.side_packet("more") == value + 1


def test_all_that_lack_are_named() -> None:
    """CalculatorGraph: "Side packet "s" is required but was not provided.", all of them."""
    graph = gf.Graph.from_text(
        'input_side_packet: "one" input_side_packet: "two"' + ADDER % ("a", "one", "x") + ADDER % ("b", "two", "y")
    )
    with pytest.raises(gf.GraphError, match='"one", "two"'):
        graph.start_run()


def test_not_declared_by_the_graph() -> None:
    """A side packet that no node sets is an input of the graph, as in MediaPipe; a note says so."""
    graph = gf.Graph.from_text('input_side_packet: "valye"' + ADDER % ("a", "value", "more"))
    assert graph.needed_side_packets == ["value"]
    (note,) = graph.notes
    message = 'input_side_packet "value" is an input of the graph, which does not declare it (did you mean "valye"?)'
    assert note.message == f'node "a": {message}'
    with pytest.raises(gf.GraphError, match='"value"'):
        graph.start_run()
    graph.start_run({"value": 1}).wait_until_done(30)


OPTIONAL = """
    input_side_packet: "given" output_stream: "out"
    node { calculator: "CountingSourceCalculator" input_side_packet: "MAX_COUNT:given" output_stream: "out"
           node_options { [type.googleapis.com/graphframe.CountingSourceCalculatorOptions] { max_count: 2 } } }
"""


@pytest.mark.parametrize("declared", [True, False])
def test_optional_inputs_for_graph(declared: bool) -> None:
    """GraphValidationTest.OptionalInputsForGraph: needed only if a port that is not optional reads it."""
    text = OPTIONAL if declared else OPTIONAL.replace('input_side_packet: "given"', "", 1)
    graph = gf.Graph.from_text(text)
    assert graph.needed_side_packets == []
    assert len(graph.run(side_packets={"given": 3})["out"]) == 3
    assert len(graph.run()["out"]) == 2


def test_optional_and_not_given() -> None:
    """A calculator sees no value at it."""
    seen: list[object] = []

    class Asks(gf.Calculator):
        one = gf.SideInput("ONE", optional=True)
        many = gf.SideInput("MANY", optional=True, multiple=True)

        def open(self, cc: gf.Context) -> None:
            seen.extend([cc.has(self.one), cc.get(self.one, "default"), cc.values(self.many), cc.connected(self.one)])
            with pytest.raises(LookupError, match="has no value"):
                cc[self.one]

    gf.register(Asks)
    node = 'calculator: "Asks" input_side_packet: "ONE:a" input_side_packet: "MANY:0:a" input_side_packet: "MANY:1:b"'
    gf.Graph.from_text(f"node {{ {node} }}").run(side_packets={"b": None})
    assert seen == [False, "default", [None], 1]


def test_default_optional_inputs_for_graph() -> None:
    """GraphValidationTest.DefaultOptionalInputsForGraph: a node replaces what is not given by a default."""
    graph = gf.Graph.from_text("""
        output_side_packet: "style"
        node { calculator: "ConstantSidePacketCalculator" output_side_packet: "PACKET:usual"
               options { [mediapipe.ConstantSidePacketCalculatorOptions.ext] { packet { string_value: "oil" } } } }
        node { calculator: "DefaultSidePacketCalculator" input_side_packet: "OPTIONAL_VALUE:wanted"
               input_side_packet: "DEFAULT_VALUE:usual" output_side_packet: "VALUE:style" }
    """)
    found = []
    for side_packets in ({}, {"wanted": "ink"}):
        run = graph.start_run(side_packets)
        run.wait_until_done(30)
        found.append(run.side_packet("style"))
    assert found == ["oil", "ink"]


def test_output_side_packet_that_is_not_given() -> None:
    """An output side packet of the graph that is an optional input of it, too."""
    graph = gf.Graph.from_text('input_side_packet: "a" output_side_packet: "a"')
    run = graph.start_run()
    run.wait_until_done(30)
    with pytest.raises(gf.GraphError, match="not set"):
        run.side_packet("a")


def test_of_another_type() -> None:
    """CalculatorGraph: "Packet type mismatch on calculator receiving side packet"."""
    graph = gf.Graph.from_text('input_side_packet: "value"' + ADDER % ("adder", "value", "more"))
    with pytest.raises(TypeError, match='input side packet "value" takes int, not str'):
        graph.start_run({"value": "1"})


def test_that_the_graph_does_not_have() -> None:
    """An error here; MediaPipe takes side packets that no node reads."""
    with pytest.raises(gf.GraphError, match=r'no input side packet "vlaue" \(did you mean "value"'):
        gf.Graph.from_text('input_side_packet: "value"').start_run({"vlaue": 1})


def test_none_is_a_value() -> None:
    """None is given, not missing."""
    opened: list[bool] = []
    run, _ = start(
        """
        input_side_packet: "value" input_side_packet: "open"
        node { calculator: "Call" input_stream: "a" input_side_packet: "OPEN:open"
               input_side_packet: "CLOSE:value" }
        input_stream: "a"
        """,
        {"value": None, "open": lambda cc: opened.append(cc.has(Call.on_close))},
    )
    assert opened == [True]
    run.cancel()


def test_side_packets_order_the_opening() -> None:
    """CalculatorGraph: a node opens when its side packets are there, whatever the text says."""
    run, _ = start(
        'input_side_packet: "a" output_side_packet: "d"'
        + ADDER % ("third", "c", "d")
        + ADDER % ("second", "b", "c")
        + ADDER % ("first", "a", "b"),
        {"a": 0},
    )
    run.wait_until_done(30)
    assert run.side_packet("d") == 3


def test_set_in_process() -> None:
    """CalculatorGraph.OutputSidePacketInProcess: packets wait for the node that cannot open yet."""
    log: list[str] = []
    run, seen = start(
        'input_stream: "in" input_stream: "a" output_stream: "b"'
        + SETTER % ('input_stream: "in"', "PROCESS")
        + LOGGED % ("late", "a", "b", "value"),
        {"set": set_value(log), "log": []},
    )
    run.add("a", "x", 3)
    idle(run)
    assert log == []
    run.add("in", "now", 1)
    idle(run)
    assert log == ["late open", "late 3"]
    assert seen["b"] == [("x", 3)]
    finish(run)


def test_set_in_close() -> None:
    """CalculatorGraph.OutputSummarySidePacketInClose: what depends on it runs after that."""
    log: list[str] = []
    run, seen = start(
        'input_stream: "in" input_stream: "a" output_stream: "b" output_side_packet: "value"'
        + SETTER % ('input_stream: "in"', "CLOSE")
        + LOGGED % ("late", "a", "b", "value"),
        {"set": set_value(log), "log": []},
    )
    run.add("a", "x", 3)
    run.close_input("a")
    run.add("in", 1)
    idle(run)
    assert log == []
    finish(run)
    assert log == ["late open", "late 3", "late close"]
    assert seen["b"] == [("x", 3)]
    assert run.side_packet("value") is log


def test_set_by_a_source() -> None:
    """CalculatorGraph.GeneratorAfterCalculatorProcess, with a source."""

    def process(cc: gf.Context) -> None:
        cc.set_side_packet(Call.value, 6)
        cc.stop()

    run, _ = start('output_side_packet: "more"' + SETTER % ("", "PROCESS") + ADDER % ("a", "value", "more"),
                   {"set": process})  # fmt: skip
    run.wait_until_done(30)
    assert run.side_packet("more") == 7


def test_set_twice() -> None:
    """CalculatorGraph.OutputSidePacketAlreadySet: ALREADY_EXISTS "was already set."."""
    run, _ = start('input_stream: "in"' + SETTER % ('input_stream: "in"', "PROCESS"), {"set": set_value(1)})
    run.add("in", 1, 1)
    idle(run)
    with pytest.raises(gf.CalculatorError, match=r'node "setter".*the side packet "value" was set already'):
        run.add("in", 1, 2)


def test_set_to_another_type() -> None:
    """CalculatorGraph: "Packet type mismatch on calculator outputting side packet"."""

    @gf.register
    class WrongSideCalculator(gf.Calculator):
        value = gf.SideOutput("VALUE", int)

        def open(self, cc: gf.Context) -> None:
            text: Any = "text"
            cc.set_side_packet(self.value, text)

    run, _ = start('node { calculator: "WrongSideCalculator" output_side_packet: "VALUE:value" }')
    with pytest.raises(gf.CalculatorError, match='output side packet "VALUE" takes int, not str'):
        run.wait_until_done(30)


def test_output_side_packet_of_the_graph() -> None:
    """CalculatorGraph.GetOutputSidePacket: UNAVAILABLE before it is set, NOT_FOUND if there is none."""
    run, _ = start(
        'input_stream: "in" output_side_packet: "value"' + SETTER % ('input_stream: "in"', "PROCESS"),
        {"set": set_value(5)},
    )
    with pytest.raises(gf.GraphError, match='the output side packet "value" is not set yet'):
        run.side_packet("value")
    with pytest.raises(gf.GraphError, match=r'no output side packet "vale" \(did you mean "value"'):
        run.side_packet("vale")
    run.add("in", 1)
    idle(run)
    assert run.side_packet("value") == 5
    finish(run)
    assert run.side_packet("value") == 5


def test_that_is_never_set() -> None:
    """A node would wait for it forever: here the run fails and says so."""
    run, _ = start('output_side_packet: "more"' + SETTER % ("", "OPEN") + ADDER % ("needs", "value", "more")
                   + 'input_stream: "unused"',
                   {"set": lambda cc: cc.stop()})  # fmt: skip
    run.close_inputs()
    with pytest.raises(gf.GraphError, match=r'the run cannot go on(?s:.*)node "needs".*waits for side packets: value'):
        run.wait_until_done(30)


def test_source_opens_again_in_each_run() -> None:
    """CalculatorGraph.OutputSidePacketCached: MediaPipe re-sends the old outputs if its inputs are the same; here a run
    owes nothing to another one."""
    opened: list[int] = []

    def open_(cc: gf.Context) -> None:
        opened.append(1)
        cc.set_side_packet(Call.value, len(opened))
        cc.stop()

    graph = gf.Graph.from_text('output_side_packet: "value"' + SETTER % ("", "OPEN"))
    for number in (1, 2):
        run = graph.start_run({"set": open_})
        run.stop()
        run.wait_until_done(30)
        assert run.side_packet("value") == number


def test_optional_side_packet() -> None:
    """CalculatorContract Optional(): may be omitted."""
    found: list[bool] = []
    run, _ = start(
        """
        input_stream: "a" input_side_packet: "process"
        node { calculator: "Call" input_stream: "a" input_side_packet: "PROCESS:process" }
        """,
        {"process": lambda cc: found.append(cc.has(Call.on_close))},
    )
    run.add("a", 1)
    finish(run)
    assert found == [False]
