"""More of MediaPipe's own tests of core calculators, translated; each names its file."""

from __future__ import annotations

from typing import Any

import pytest

import graphframe as gf
from tests.framework.conformance.runs import Seen, finish, idle, problems, start

Feeds = list[tuple[str, Any, int]]


def fed(text: str, feeds: Feeds, side_packets: dict[str, Any] | None = None) -> Seen:
    """The packets that a graph sends for these."""
    run, seen = start(text, side_packets)
    for stream, value, timestamp in feeds:
        run.add(stream, value, timestamp)
    finish(run)
    return seen


GATE = """
    input_stream: "in" input_stream: "control" input_side_packet: "side" output_stream: "out" output_stream: "state"
    node { calculator: "GateCalculator" input_stream: "in" output_stream: "out" %s }
"""


@pytest.mark.parametrize(
    "connections",
    [
        'input_stream: "ALLOW:control" input_stream: "DISALLOW:control"',
        'input_side_packet: "ALLOW:side" input_side_packet: "DISALLOW:side"',
        'input_stream: "ALLOW:control" input_side_packet: "ALLOW:side"',
        'input_stream: "DISALLOW:control" input_side_packet: "DISALLOW:side"',
        'input_stream: "ALLOW:control" input_side_packet: "DISALLOW:side"',
        'input_stream: "DISALLOW:control" input_side_packet: "ALLOW:side"',
    ],
)
def test_invalid_inputs(connections: str) -> None:
    """GateCalculatorTest.InvalidInputs, gate_calculator_test.cc."""
    assert "ALLOW" in problems(GATE.replace('output_stream: "state"', "", 1) % connections)[0]


def test_disallow_initial_no_state_transition() -> None:
    """GateCalculatorTest.DisallowInitialNoStateTransition."""
    seen = fed(
        GATE % 'input_stream: "DISALLOW:control" output_stream: "STATE_CHANGE:state"',
        [("in", True, 42), ("control", False, 42)],
    )
    assert (len(seen["out"]), seen["state"]) == (1, [])


def test_initial_gate_state() -> None:
    """GateCalculatorTest.InitialAllowStateChange, with initial_gate_state."""
    options = "options { [mediapipe.GateCalculatorOptions.ext] { initial_gate_state: GATE_DISALLOW } }"
    seen = fed(
        GATE % f'input_stream: "ALLOW:control" output_stream: "STATE_CHANGE:state" {options}',
        [("in", True, 42), ("control", True, 42)],
    )
    assert len(seen["state"]) == 1


SIDE = """
    input_stream: "tick" input_side_packet: "time" input_side_packet: "a" input_side_packet: "b"
    node { calculator: "SidePacketToStreamCalculator" %s }
"""


@pytest.mark.parametrize(
    "connections",
    [
        'input_side_packet: "a" output_stream: "AT_FIRST_TICK:p"',
        'input_side_packet: "a" output_stream: "AT_TIMESTAMP:p"',
        'input_side_packet: "a" output_stream: "DOES_NOT_EXIST:p"',
        'input_side_packet: "a" input_side_packet: "b" output_stream: "AT_TICK:p" output_stream: "AT_PRESTREAM:q"',
        'input_side_packet: "a" output_stream: "AT_PRESTREAM:0:p" output_stream: "AT_PRESTREAM:1:q"',
        'input_side_packet: "a" input_side_packet: "b" output_stream: "AT_PRESTREAM:p"',
    ],
)
def test_wrong_config(connections: str) -> None:
    """SidePacketToStreamCalculator.WrongConfig_*, side_packet_to_stream_calculator_test.cc."""
    assert problems(SIDE % connections)


@pytest.mark.parametrize(
    ("tag", "connection", "ticks", "expected"),
    [
        ("AT_FIRST_TICK", 'input_stream: "TICK:tick"', [1234, 1235], [1234]),
        ("AT_TICK", 'input_stream: "TICK:tick"', [0, 1, 128, 1024, 1025], [0, 1, 128, 1024, 1025]),
        ("AT_TIMESTAMP", 'input_side_packet: "TIMESTAMP:time"', [], [2000]),
    ],
)
def test_multiple_side_packets(tag: str, connection: str, ticks: list[int], expected: list[int]) -> None:
    """SidePacketToStreamCalculator.AtFirstTick, AtTick_MultipleSidePackets and AtTimestamp_MultipleSidePackets."""
    streams = f'{connection} input_side_packet: "a" input_side_packet: "b" output_stream: "{tag}:0:p"'
    text = 'output_stream: "p" output_stream: "q"' + SIDE % f'{streams} output_stream: "{tag}:1:q"'
    seen = fed(text, [("tick", None, tick) for tick in ticks], {"a": 20, "b": 128, "time": 2000})
    assert seen == {"p": [(20, at) for at in expected], "q": [(128, at) for at in expected]}


@pytest.mark.parametrize("tag", ["TICK:", ""])
def test_clones_single_input_with_earlier_timestamps(tag: str) -> None:
    """PacketClonerCalculatorTest.ClonesSingleInputSameTimestamps and EarlierTimestamps, packet_cloner_..._test.cc."""
    run, seen = start(f"""
        input_stream: "in" input_stream: "tick" output_stream: "out"
        node {{ calculator: "PacketClonerCalculator" input_stream: "in" input_stream: "{tag}tick"
               output_stream: "out" }}
    """)
    run.add("in", 1, 5000)
    for timestamp in (10000, 10001, 10002):
        run.add("tick", 0, timestamp)
    run.add("in", 2, 15000)
    idle(run)
    assert seen["out"] == [(1, 10000), (1, 10001), (1, 10002)]
    finish(run)


@pytest.mark.parametrize(
    ("feeds", "packets", "bound"),
    [
        ([("tick", False, 100), ("in", False, 200)], [], 101),
        ([("in", True, 100), ("tick", True, 100), ("tick", False, 110), ("in", False, 200)], [(1, 100)], 111),
        (
            [("in", True, 100), ("tick", True, 100), ("in", True, 110), ("tick", False, 200), ("in", False, 200)],
            [(1, 100)],
            201,
        ),
    ],
    ids=["WithEmptyInput", "WithInput", "FromTick"],
)
def test_propagates_timestamp_bounds(feeds: Feeds, packets: list[tuple[int, int]], bound: int) -> None:
    """PacketClonerCalculatorGateTest.PropagatesTimestampBounds*."""
    bounds: list[int] = []
    gates = "".join(
        f"""input_stream: "{name}" input_stream: "{name}_allowed"
            node {{ calculator: "GateCalculator" input_stream: "{name}" input_stream: "ALLOW:{name}_allowed"
                   output_stream: "{name}_passed" }}"""
        for name in ("in", "tick")
    )
    run, seen = start(
        gates
        + """
        output_stream: "out"
        node { calculator: "PacketClonerCalculator" input_stream: "in_passed" input_stream: "TICK:tick_passed"
               output_stream: "out" options { [mediapipe.PacketClonerCalculatorOptions.ext] {
                 output_only_when_all_inputs_received: true } } }
        """,
        bound_observers={"out": bounds.append},
    )
    for name, allowed, timestamp in feeds:
        run.add(f"{name}_allowed", allowed, timestamp)
        run.add(name, 1, timestamp)
    idle(run)
    assert seen["out"] == packets
    assert bounds[-1] == bound
    finish(run)


MUX = """
    input_stream: "in0" input_stream: "in1" input_stream: "select" output_stream: "out"
    node { calculator: "MuxCalculator" input_stream: "INPUT:0:in0" input_stream: "INPUT:1:in1"
           input_stream: "SELECT:select" output_stream: "OUTPUT:out"
           input_stream_handler { input_stream_handler: "MuxInputStreamHandler" } }
"""


def test_timestamp_bound_update_when_control_packet_earlier_than_data_packet() -> None:
    """MuxInputStreamHandlerTest.TimestampBoundUpdateWhenControlPacketEarlierThanDataPacketPacketsAtOnce."""
    bounds: list[int] = []
    run, seen = start(MUX, bound_observers={"out": bounds.append})
    for stream, value, timestamp in (
        ("select", 0, 1), ("in0", 1000, 2), ("in1", 900, 1), ("in1", 800, 4),
        ("select", 0, 2), ("select", 1, 3), ("select", 1, 4),
    ):  # fmt: skip
        run.add(stream, value, timestamp)
    idle(run)
    assert seen["out"] == [(1000, 2), (800, 4)]
    assert {2, 4} <= set(bounds)
    finish(run)


LOOP = """
    input_stream: "lists" output_stream: "results"
    node { calculator: "BeginLoopCalculator" input_stream: "ITERABLE:lists" output_stream: "ITEM:item"
           output_stream: "BATCH_END:end" }
    node { calculator: "PassThroughCalculator" input_stream: "item" output_stream: "done" }
    node { calculator: "EndLoopCalculator" input_stream: "ITEM:done" input_stream: "BATCH_END:end"
           output_stream: "ITERABLE:results" }
"""


def test_multiple_vectors() -> None:
    """BeginEndLoopCalculatorGraphTest.MultipleVectors, begin_loop_calculator_test.cc."""
    lists = [[0, 1], [2, 3], [], [4]]
    seen = fed(LOOP, [("lists", items, timestamp) for timestamp, items in enumerate(lists)])
    assert [packet for packet in seen["results"] if packet.value] == [([0, 1], 0), ([2, 3], 1), ([4], 3)]


def test_end_loop_for_integers_does_not_race() -> None:
    """EndLoopForIntegersDoesNotRace."""
    lists = [list(range(timestamp % 7)) for timestamp in range(100)]
    seen = fed("num_threads: 4" + LOOP, [("lists", items, timestamp) for timestamp, items in enumerate(lists)])
    assert [packet.value for packet in seen["results"]] == lists


@pytest.mark.parametrize(("all_present", "count"), [("true", 0), ("false", 1)])
def test_items_one_empty_stream(all_present: str, count: int) -> None:
    """ItemsOneEmptyStreamStillOutput and ItemsOneEmptyStreamNoOutput, concatenate_vector_calculator_test.cc."""
    graph = gf.Graph.from_text(f"""
        input_stream: "a" input_stream: "b" output_stream: "out"
        node {{ calculator: "ConcatenateVectorCalculator" input_stream: "a" input_stream: "b" output_stream: "out"
               options {{ [mediapipe.ConcatenateVectorCalculatorOptions.ext] {{
                 only_emit_if_all_present: {all_present} }} }} }}
    """)
    assert len(graph.run(a=1)["out"]) == count


SWITCH = """
    input_stream: "foo" input_stream: "enable" output_stream: "bar" %s
    node { calculator: "SwitchContainer" input_stream: "ENABLE:enable" input_stream: "foo" output_stream: "bar"
           options { [mediapipe.SwitchContainerOptions.ext] {
             contained_node: { calculator: "Double" } contained_node: { calculator: "PassThroughCalculator" } %s } } }
"""


def test_switch_runs_with_subnodes() -> None:
    """SwitchContainerTest.RunsWithSubnodes, switch_container_test.cc: ENABLE is rare, and selects asynchronously."""
    run, seen = start(SWITCH % ("", "async_selection: true"))
    run.add("enable", True, 5000)
    for number in range(1, 5):
        if number == 3:
            run.add("enable", False, 25000)
        run.add("foo", number, number * 10000)
        idle(run)
        assert len(seen["bar"]) == number
    assert [packet.value for packet in seen["bar"]] == [1, 2, 6, 8]
    finish(run)


def test_switch_runs_with_input_stream_handler() -> None:
    """SwitchContainerTest.RunsWithInputStreamHandler: ENABLE has a packet at each timestamp."""
    handler = 'input_stream_handler { input_stream_handler: "DefaultInputStreamHandler" }'
    run, seen = start(SWITCH % (handler, ""))
    for number in range(1, 5):
        run.add("enable", number < 3, number * 10000)
        idle(run)
        run.add("foo", number, number * 10000)
        idle(run)
        assert len(seen["bar"]) == number
    assert [packet.value for packet in seen["bar"]] == [1, 2, 6, 8]
    finish(run)
