from __future__ import annotations

import pytest

import graphframe as gf
from tests.calculators.core.steps import Steps, interface, node, problems
from tests.framework import toys

assert toys  # Double is one

TWO = 'contained_node { calculator: "PassThroughCalculator" } contained_node { calculator: "Double" }'


CONSTANTS = " ".join(
    f"""contained_node {{ calculator: "Constant"
        node_options {{ [type.googleapis.com/google.protobuf.Int64Value] {{ value: {value} }} }} }}"""
    for value in (7, 8)
)
OPTIONS = "options { [graphframe.SwitchContainerOptions.ext] { %s } }"


def switch(inputs: str, more: str = "", side: str = "", contained: str = TWO, outputs: str = "out") -> str:
    specs = " ".join(f'input_side_packet: "{spec}"' for spec in side.split())
    return node("SwitchContainer", inputs, outputs, f"{specs} {OPTIONS % f'{contained} {more}'}")


@pytest.mark.parametrize(("side", "value", "out"), [("SELECT", 0, 5), ("SELECT", 1, 10), ("ENABLE", True, 10)])
def test_side_packet_chooses(side: str, value: int, out: int) -> None:
    graph = gf.Graph.from_text(interface("a", "out", "side") + switch("a", side=f"{side}:side"))
    assert graph.run(a=5, side_packets={"side": value}) == {"out": [(out, 0)]}


@pytest.mark.parametrize(
    ("option", "out"), [("select: 0", 5), ("select: 1", 10), ("enable: true", 10), ("enable: false", 5)]
)
def test_option_chooses(option: str, out: int) -> None:
    assert gf.Graph.from_text(interface("a", "out") + switch("a", option)).run(a=5) == {"out": [(out, 0)]}


@pytest.mark.parametrize("tag", ["SELECT", "ENABLE"])
def test_stream_chooses_from_its_timestamp_on(tag: str) -> None:
    steps = Steps(interface("a s", "out") + switch(f"a {tag}:s", "select: 1"))
    assert steps.add("a", 1, 0) == []
    assert steps.set_bound("s", 3) == [("out", 2, 0)]
    assert steps.add("a", 2, 3) == []
    assert steps.add("s", False, 3) == [("out", 2, 3)]
    steps.set_bound("s", 6)
    assert steps.add("a", 3, 5) == [("out", 3, 5)]
    assert steps.close() == []


@pytest.mark.parametrize(
    ("option", "side", "value", "made"),
    [
        ("select: 1", "", None, 8),
        ("enable: false", "", None, 7),
        ("", "SELECT:chosen", 1, 8),
        ("select: 1", "ENABLE:chosen", False, 7),
    ],
)
def test_output_side_packets(option: str, side: str, value: object, made: int) -> None:
    """MediaPipe's graphs choose between the files of two models like this."""
    sides = 'output_side_packet: "VALUE:made" ' + (f'input_side_packet: "{side}" ' if side else "")
    text = node("SwitchContainer", "", "", sides + OPTIONS % (CONSTANTS + option))
    graph = gf.Graph.from_text('output_side_packet: "made" ' + interface("", "", side and "chosen") + text)
    run = graph.start_run({"chosen": value} if side else {})
    run.wait_until_done(20)
    assert run.side_packet("made") == made


def test_only_the_chosen_one_works() -> None:
    contained = "".join(
        f"""contained_node {{ calculator: "LogAndPass"
            node_options {{ [type.googleapis.com/google.protobuf.StringValue] {{ value: "{name}" }} }} }}"""
        for name in "xyz"
    )
    log: list[tuple[str, str, str]] = []
    steps = Steps(interface("a s", "out", "log") + switch("a SELECT:s", side="LOG:log", contained=contained), log=log)
    for timestamp, chosen in enumerate((2, 0, 1)):
        steps.add("a", timestamp, timestamp)
        assert steps.add("s", chosen, timestamp) == [("out", timestamp, timestamp)]
    assert [entry for entry in log if entry[1] == "process"] == [
        ("z", "process", "0"),
        ("x", "process", "1"),
        ("y", "process", "2"),
    ]


def test_several_streams_with_tags() -> None:
    contained = 'contained_node { calculator: "Add" } contained_node { calculator: "Add" name: "other" }'
    text = interface("a b", "out") + switch("A:a B:b", "select: 1", contained=contained, outputs="SUM:out")
    graph = gf.Graph.from_text(text)
    assert graph.run(a=1, b=2) == {"out": [(3, 0)]}
    assert [node.name for node in graph.nodes if node.calculator == "Add"] == [
        "switchcontainer__c0",
        "switchcontainer__other",
    ]


def test_streams_of_one_tag() -> None:
    contained = 'contained_node { calculator: "PassThroughCalculator" }'
    text = interface("a b", "x y") + switch("V:0:a V:1:b", "select: 0", contained=contained, outputs="V:0:x V:1:y")
    assert gf.Graph.from_text(text).run(a=1, b=2) == {"x": [(1, 0)], "y": [(2, 0)]}


def test_streams_are_not_joined() -> None:
    contained = """contained_node {
        calculator: "PassThroughCalculator"
        input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" }
    }"""
    steps = Steps(
        interface("a b", "x y") + switch("V:0:a V:1:b", "select: 0", contained=contained, outputs="V:0:x V:1:y")
    )
    assert steps.add("b", "b", 5) == [("y", "b", 5)]
    assert steps.add("a", "a", 1) == [("x", "a", 1)]


def test_contained_subgraphs(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("subgraph") / "twice.pbtxt"
    path.write_text(
        'type: "SwitchedTwice" input_stream: "a" output_stream: "c"'
        + node("Double", "a", "b")
        + node("Double", "b", "c")
    )
    gf.register_subgraph(path)
    contained = 'contained_node { calculator: "Double" } contained_node { calculator: "SwitchedTwice" }'
    text = interface("a", "out", "e") + switch("a", side="ENABLE:e", contained=contained)
    assert gf.Graph.from_text(text).run(a=1, side_packets={"e": True}) == {"out": [(4, 0)]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (switch("a", "select: 0", contained=""), "it needs a contained_node"),
        (switch("a"), "it needs SELECT or ENABLE, as an input stream, an input side packet or an option"),
        (switch("a SELECT:b ENABLE:c"), '"SELECT:b" and "ENABLE:c" both select'),
        (switch("SELECT:b"), "it needs an input stream other than SELECT and ENABLE, or an output side packet"),
        (
            node("SwitchContainer", "a SELECT:b", "", 'output_side_packet: "VALUE:v" ' + OPTIONS % CONSTANTS),
            "a stream cannot select output side packets",
        ),
        (switch("a", "select: 2"), "its option select is 2, but the contained nodes are numbered 0 to 1"),
        (switch("a", "select: 1 enable: true"), "its options select and enable have the same meaning"),
        (
            switch("a", "select: 0", contained='contained_node { calculator: "Double" input_stream: "a" }'),
            "the contained node Double gets the streams and side packets of the container",
        ),
        (switch("X:a", "select: 0"), 'Double has no input_stream "X"'),
    ],
)
def test_problems(text: str, message: str) -> None:
    found = problems(interface("a b c", "") + "\n" + text)
    assert message in found
    assert "graph:3" in found


def test_select_out_of_range() -> None:
    graph = gf.Graph.from_text(interface("a", "out", "side") + switch("a", side="SELECT:side"))
    with pytest.raises(gf.CalculatorError, match="SELECT is 2, but the OUTPUT streams are numbered 0 to 1"):
        graph.run(a=5, side_packets={"side": 2})


def test_async_selection_applies_to_what_arrives_later() -> None:
    steps = Steps(interface("a s", "out") + switch("a ENABLE:s", "async_selection: true"))
    steps.add("s", False, 5000)
    assert steps.add("a", 1, 10) == [("out", 1, 10)]
    steps.add("s", True, 5001)
    assert steps.add("a", 2, 20) == [("out", 4, 20)]
    assert steps.add("a", 3, 30) == [("out", 6, 30)]
    assert steps.close() == []


def test_a_tick_input_stream_changes_the_selection() -> None:
    contained = 'contained_node { calculator: "PassThroughCalculator" }' * 2
    more = 'select: 0 async_selection: true tick_input_stream: "B"'
    steps = Steps(interface("a b s", "x y") + switch("a B:b SELECT:s", more, contained=contained, outputs="x B:y"))
    steps.add("s", 1, 0)
    assert steps.add("a", 1, 10) == []
    assert sorted(steps.add("b", 2, 10)) == [("x", 1, 10), ("y", 2, 10)]
    assert steps.close() == []


def test_a_wrong_tick_input_stream() -> None:
    text = interface("a s", "out") + switch("a ENABLE:s", 'tick_input_stream: "VIDEO"')
    assert 'tick_input_stream names an input stream that it does not have; it has: ":0"' in problems(text)
