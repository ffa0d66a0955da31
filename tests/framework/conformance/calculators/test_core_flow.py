"""The core calculators that let packets pass, hold them back or send them again: after calculators/core/*_test.cc."""

from __future__ import annotations

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.framework.conformance.runs import finish, idle, start
from tests.framework.waiting import Semaphore

GATE = """
    input_stream: "a" %s output_stream: "b" output_stream: "change"
    node { calculator: "GateCalculator" input_stream: "a" %s
           output_stream: "b" output_stream: "STATE_CHANGE:change" %s }
"""
GATE_OPTIONS = "options { [mediapipe.GateCalculatorOptions.ext] { %s } }"
BY_STREAM = GATE % ('input_stream: "c"', 'input_stream: "ALLOW:c"', GATE_OPTIONS)


@pytest.mark.parametrize(
    ("tag", "value", "passes"),
    [("ALLOW", True, True), ("ALLOW", False, False), ("DISALLOW", True, False), ("DISALLOW", False, True)],
)
def test_gate_by_a_side_packet(tag: str, value: bool, passes: bool) -> None:
    """GateCalculatorTest.AllowByALLOWSidePacketSetToTrue and its three relatives."""
    text = GATE % ('input_side_packet: "c"', f'input_side_packet: "{tag}:c"', "")
    run, seen = start(text, {"c": value})
    run.add("a", "x", 1)
    finish(run)
    assert seen["b"] == [("x", 1)] * passes


@pytest.mark.parametrize(("tag", "expected"), [("ALLOW", [1]), ("DISALLOW", [0, 2])])
def test_gate_by_a_stream(tag: str, expected: list[int]) -> None:
    """GateCalculatorTest.AllowWithStateChange, DisallowWithStateChange; where the control is empty nothing passes."""
    run, seen = start(GATE % ('input_stream: "c"', f'input_stream: "{tag}:c"', ""))
    for timestamp, control in enumerate((False, True, False)):
        run.add("a", timestamp, timestamp)
        run.add("c", control, timestamp)
    run.add("a", 3, 3)
    finish(run)
    assert [packet.value for packet in seen["b"]] == expected
    state = tag == "ALLOW"
    assert [packet.value for packet in seen["change"]][:2] == [state, not state]


def test_gate_passes_where_the_control_is_empty() -> None:
    """GateCalculatorOptions.empty_packets_as_allow."""
    run, seen = start(BY_STREAM % "empty_packets_as_allow: true")
    run.add("a", 1, 1)
    run.add("c", False, 2)
    run.add("a", 2, 2)
    finish(run)
    assert seen["b"] == [(1, 1)]


@pytest.mark.parametrize(
    ("initial", "changes"),
    [("", []), ("initial_gate_state: GATE_ALLOW", [(False, 1)]), ("initial_gate_state: GATE_DISALLOW", [])],
)
def test_initial_state_of_a_gate(initial: str, changes: list[tuple[bool, int]]) -> None:
    """GateCalculatorTest.AllowInitialNoStateTransition, StateChangeTriggeredWithInitialGateStateOption."""
    run, seen = start(BY_STREAM % initial)
    run.add("a", 1, 1)
    run.add("c", False, 1)
    finish(run)
    assert seen["change"] == changes


def test_gate_by_an_option() -> None:
    """GateCalculatorTest.AllowByALLOWOptionToTrue, DisallowByALLOWOptionSetToFalse."""
    for allow in ("true", "false"):
        run, seen = start(GATE % ("", "", GATE_OPTIONS % f"allow: {allow}"))
        run.add("a", 1, 1)
        finish(run)
        assert len(seen["b"]) == (allow == "true")


MUX = """
    input_stream: "a" input_stream: "b" output_stream: "out" %s
    node { calculator: "MuxCalculator" input_stream: "INPUT:0:a" input_stream: "INPUT:1:b" %s
           output_stream: "OUTPUT:out" }
"""


def test_mux_by_a_stream() -> None:
    """MuxCalculatorTest.InputStreamSelector_MuxInputStreamHandler: waits for the chosen stream only."""
    run, seen = start(MUX % ('input_stream: "s"', 'input_stream: "SELECT:s"'))
    run.add("s", 0, 1)
    run.add("a", "a1", 1)
    idle(run)
    assert seen["out"] == [("a1", 1)]
    run.add("s", 1, 2)
    run.add("a", "a2", 2)
    idle(run)
    assert len(seen["out"]) == 1
    run.add("b", "b2", 2)
    finish(run)
    assert seen["out"][1:] == [("b2", 2)]


def test_mux_by_a_side_packet() -> None:
    """MuxCalculatorTest.InputSidePacketSelector_DefaultInputStreamHandler."""
    run, seen = start(MUX % ('input_side_packet: "s"', 'input_side_packet: "SELECT:s"'), {"s": 1})
    for timestamp in range(3):
        run.add("a", f"a{timestamp}", timestamp)
        run.add("b", f"b{timestamp}", timestamp)
    finish(run)
    assert [packet.value for packet in seen["out"]] == ["b0", "b1", "b2"]


def test_mux_drops_what_is_not_chosen() -> None:
    """MuxCalculatorTest.DiscardSkippedInputs_MuxInputStreamHandler: skipped packets are dropped."""
    run, seen = start("max_queue_size: 1" + MUX % ('input_stream: "s"', 'input_stream: "SELECT:s"'))
    for timestamp in range(10):
        run.add("a", f"a{timestamp}", timestamp)
        run.add("b", f"b{timestamp}", timestamp)
        run.add("s", timestamp % 2, timestamp)
    finish(run)
    assert [packet.value for packet in seen["out"]] == [f"{'ab'[number % 2]}{number}" for number in range(10)]


def test_mux_by_an_index_that_is_not_there() -> None:
    """MuxCalculator: RET_CHECK_LT(select, num_data_inputs)."""
    run, _ = start(MUX % ('input_side_packet: "s"', 'input_side_packet: "SELECT:s"'), {"s": 2})
    with pytest.raises(gf.CalculatorError, match="SELECT is 2, but the INPUT streams are numbered 0 to 1"):
        run.wait_until_done(30)


def test_demux_and_merge() -> None:
    """RoundRobinDemux, MergeCalculatorTest: what is sent round several ways comes together again in order."""
    run, seen = start("""
        input_stream: "a" input_stream: "s" output_stream: "out"
        node { calculator: "DemuxCalculator" input_stream: "INPUT:a" input_stream: "SELECT:s"
               output_stream: "OUTPUT:0:x" output_stream: "OUTPUT:1:y" }
        node { calculator: "SquareIntCalculator" input_stream: "y" output_stream: "z" }
        node { calculator: "MergeCalculator" input_stream: "x" input_stream: "z" output_stream: "out" }
    """)
    for timestamp in range(4):
        run.add("a", timestamp, timestamp)
        run.add("s", timestamp % 2, timestamp)
        idle(run)
        assert len(seen["out"]) == timestamp + 1
    finish(run)
    assert seen["out"] == [(0, 0), (1, 1), (2, 2), (9, 3)]


def test_merge_prefers_the_first_stream() -> None:
    """MergeCalculatorTest: at a timestamp with several packets the first input wins."""
    run, seen = start("""
        input_stream: "a" input_stream: "b" output_stream: "out"
        node { calculator: "MergeCalculator" input_stream: "a" input_stream: "b" output_stream: "out" }
    """)
    run.add("b", "b1", 1)
    run.add("a", "a1", 1)
    run.add("b", "b2", 2)
    finish(run)
    assert seen["out"] == [("a1", 1), ("b2", 2)]


CLONER = """
    input_stream: "a" input_stream: "b" input_stream: "tick" output_stream: "a2" output_stream: "b2"
    node { calculator: "PacketClonerCalculator" input_stream: "a" input_stream: "b" input_stream: "TICK:tick"
           output_stream: "a2" output_stream: "b2" %s }
"""


def test_packet_cloner() -> None:
    """PacketClonerCalculatorTest.ClonesSingleInputSameTimestamps and its relatives: the latest at each tick."""
    run, seen = start(CLONER % "")
    run.add("a", "a1", 1)
    run.add("tick", 0, 2)
    run.add("b", "b2", 2)
    run.add("tick", 0, 3)
    finish(run)
    assert seen["a2"] == [("a1", 2), ("a1", 3)]
    assert seen["b2"] == [("b2", 2), ("b2", 3)]


def test_packet_cloner_that_waits_for_all() -> None:
    """PacketClonerCalculatorOptions.output_only_when_all_inputs_received."""
    options = "options { [mediapipe.PacketClonerCalculatorOptions.ext] { output_only_when_all_inputs_received: true } }"
    run, seen = start(CLONER % options)
    run.add("a", "a1", 1)
    run.add("tick", 0, 2)
    run.add("b", "b3", 3)
    run.add("tick", 0, 3)
    finish(run)
    assert seen["a2"] == [("a1", 3)]
    assert seen["b2"] == [("b3", 3)]


LOOPBACK = """
    input_stream: "in" output_stream: "out"
    node { calculator: "PreviousLoopbackCalculator" input_stream: "MAIN:in" input_stream: "LOOP:out"
           input_stream_info { tag_index: "LOOP" back_edge: true } output_stream: "PREV_LOOP:previous" }
    node { calculator: "JoinCalculator" input_stream: "in" input_stream: "previous" output_stream: "out" }
"""


def test_previous_loopback() -> None:
    """PreviousLoopbackCalculator.CorrectTimestamps: each packet beside the result of the one before."""
    run, seen = start(LOOPBACK)
    for timestamp in (1, 2, 5, 15):
        run.add("in", timestamp, timestamp)
        idle(run)
        assert seen["out"][-1].timestamp == timestamp
    finish(run)
    values = [packet.value for packet in seen["out"]]
    assert values == [(1, None), (2, values[0]), (5, values[1]), (15, values[2])]


@pytest.mark.parametrize("last", [9, Timestamp.MAX])
def test_previous_loopback_closes(last: int) -> None:
    """PreviousLoopbackCalculator.ClosesCorrectly, ProcessesMaxTimestamp."""
    run, seen = start(LOOPBACK)
    run.add("in", 1, 1)
    run.add("in", 2, last)
    finish(run)
    assert [packet.timestamp for packet in seen["out"]] == [1, last]


def test_previous_loopback_with_empty_results() -> None:
    """PreviousLoopbackCalculator.EmptyLoopForever: a loop without packets does not delay it."""
    run, seen = start("""
        input_stream: "in" output_stream: "joined"
        node { calculator: "PreviousLoopbackCalculator" input_stream: "MAIN:in" input_stream: "LOOP:none"
               input_stream_info { tag_index: "LOOP" back_edge: true } output_stream: "PREV_LOOP:previous" }
        node { calculator: "JoinCalculator" input_stream: "in" input_stream: "previous" output_stream: "joined" }
        node { calculator: "Call" input_stream: "joined" output_stream: "none" }
    """)
    for timestamp in range(5):
        run.add("in", timestamp, timestamp)
        idle(run)
        assert len(seen["joined"]) == timestamp + 1
    finish(run)
    assert [packet.value for packet in seen["joined"]] == [(timestamp, None) for timestamp in range(5)]


LIMITED = """
    input_stream: "in" output_stream: "out" output_stream: "allow" input_side_packet: "work"
    node { calculator: "FlowLimiterCalculator" input_stream: "in" input_stream: "FINISHED:out"
           input_stream_info { tag_index: "FINISHED" back_edge: true }
           output_stream: "limited" output_stream: "ALLOW:allow"
           options { [mediapipe.FlowLimiterCalculatorOptions.ext] { %s } } }
    node { calculator: "Call" input_stream: "limited" output_stream: "out" device: "GPU"
           input_side_packet: "PROCESS:work" }
"""


def test_flow_limiter() -> None:
    """FlowLimiterCalculatorTest.ZeroQueue: what comes while one is in flight is dropped."""
    gate = Semaphore()
    run, seen = start(LIMITED % "max_in_flight: 1 max_in_queue: 0", {"work": gate})
    run.add("in", 0, 0)
    gate.entered()
    for timestamp in (1, 2, 3):
        run.add("in", timestamp, timestamp)
    gate.go_on()
    idle(run)
    run.add("in", 4, 4)
    gate.entered()
    gate.go_on()
    finish(run)
    assert seen["out"] == [(0, 0), (4, 4)]
    assert seen["allow"] == [(True, 0), (False, 1), (False, 2), (False, 3), (True, 4)]


def test_flow_limiter_with_a_queue() -> None:
    """FlowLimiterCalculatorSemaphoreTest.FramesDropped: the newest waits."""
    gate = Semaphore()
    run, seen = start(LIMITED % "max_in_flight: 1 max_in_queue: 1", {"work": gate})
    run.add("in", 0, 0)
    gate.entered()
    for timestamp in (1, 2, 3):
        run.add("in", timestamp, timestamp)
    gate.go_on(2)
    gate.entered()
    finish(run)
    assert seen["out"] == [(0, 0), (3, 3)]


def test_flow_limiter_is_no_bottleneck() -> None:
    """FlowLimiterCalculatorTest.FinishedTimestamps: nothing is dropped if each is finished before the next comes."""
    gate = Semaphore()
    gate.go_on(100)
    run, seen = start(LIMITED % "", {"work": gate})
    for timestamp in range(20):
        run.add("in", timestamp, timestamp)
        idle(run)
    finish(run)
    assert [packet.value for packet in seen["out"]] == list(range(20))


def thinned(options: str) -> list[tuple[int, int]]:
    """Return the packets that are left of 2, 4, 6 ... 14."""
    run, seen = start(f"""
        input_stream: "a" output_stream: "b"
        node {{ calculator: "PacketThinnerCalculator" input_stream: "a" output_stream: "b"
                options {{ [mediapipe.PacketThinnerCalculatorOptions.ext] {{ {options} }} }} }}
    """)
    for timestamp in range(2, 16, 2):
        run.add("a", timestamp, timestamp)
    finish(run)
    return [tuple(packet) for packet in seen["b"]]


def test_asynchronous_thinner() -> None:
    """PacketThinnerCalculatorTest.AsyncUniformStreamThinningTest."""
    assert thinned("thinner_type: ASYNC period: 5") == [(2, 2), (8, 8), (14, 14)]


def test_asynchronous_thinner_of_a_part() -> None:
    """PacketThinnerCalculatorTest.StartAndEndTimeTest."""
    assert thinned("thinner_type: ASYNC period: 5 start_time: 4 end_time: 12") == [(4, 4), (10, 10)]


def test_synchronous_thinner() -> None:
    """PacketThinnerCalculatorTest.SyncUniformStreamThinningTest2: the nearest to each centre, at the centre."""
    assert thinned("thinner_type: SYNC period: 5") == [(2, 0), (6, 5), (10, 10), (14, 15)]


def test_synchronous_thinner_with_own_timestamps() -> None:
    """PacketThinnerCalculatorTest.SyncUniformStreamThinningTest1: sync_output_timestamps false keeps them."""
    found = thinned("thinner_type: SYNC period: 5 sync_output_timestamps: false")
    assert found == [(2, 2), (6, 6), (10, 10), (14, 14)]


def test_pass_through() -> None:
    """PassThroughCalculatorTest: each stream on its own, tags and indexes kept; bounds pass, too."""
    run, seen = start("""
        input_stream: "a" input_stream: "b" output_stream: "x" output_stream: "y"
        node { calculator: "PassThroughCalculator" input_stream: "T:0:a" input_stream: "T:1:b"
               output_stream: "T:0:x" output_stream: "T:1:y" }
    """)
    run.add("a", 1, 1)
    run.set_bound("b", 2)
    idle(run)
    assert seen == {"x": [(1, 1)], "y": []}
    run.add("b", 2, 5)
    finish(run)
    assert seen["y"] == [(2, 5)]
