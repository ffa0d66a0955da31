"""MediaPipe's own tests of whole graphs, translated: calculator_graph_test.cc, calculator_graph_side_packet_test.cc."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import graphframe as gf
from tests.framework.conformance.life.graph_toys import COUNT
from tests.framework.conformance.runs import failure, finish, idle, start
from tests.framework.toys import Call

SOURCE = """
    node { calculator: "GlobalCountSourceCalculator" output_stream: "%s" input_side_packet: "COUNTER:counter" %s }
"""

COUNTED = 'max_queue_size: 1 input_side_packet: "counter"' + SOURCE % ("integers", "")

DELAYED = (
    COUNTED
    + """
    node { calculator: "UnitDelayCalculator" input_stream: "integers" output_stream: "delayed" }
"""
)


def run_to_end(text: str, side_packets: dict[str, Any]) -> dict[str, list[gf.Packet]]:
    run, seen = start(text, side_packets)
    run.wait_until_done(30)
    return seen


def test_output_packet_in_open() -> None:
    """CalculatorGraph.OutputPacketInOpen."""
    text = (
        'output_stream: "out" node { calculator: "PassThroughCalculator" input_stream: "delayed" output_stream: "out" }'
    )
    seen = run_to_end(DELAYED + text, {"counter": itertools.count(1)})
    assert seen["out"] == [(number, number) for number in range(COUNT + 1)]


def test_output_packet_in_open_2() -> None:
    """CalculatorGraph.OutputPacketInOpen2: it meets the first packet of the source."""
    text = """
        output_stream: "out"
        node { calculator: "JoinCalculator" input_stream: "delayed" input_stream: "integers" output_stream: "out" }
    """
    seen = run_to_end(DELAYED + text, {"counter": itertools.count(1)})
    assert [packet.value for packet in seen["out"]] == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, None)]


def test_empty_input_in_open() -> None:
    """CalculatorGraph.EmptyInputInOpen: inputs are empty there, whatever was sent already."""
    empty: list[bool] = []
    text = """
        input_side_packet: "open"
        node { name: "one" calculator: "Call" input_stream: "delayed" input_side_packet: "OPEN:open" }
        node { name: "two" calculator: "Call" input_stream: "integers" input_side_packet: "OPEN:open" }
    """
    given = {"counter": itertools.count(1), "open": lambda cc: empty.append(not cc.has(Call.inputs))}
    run_to_end(DELAYED + text, given)
    assert empty == [True, True]


def test_unthrottling_respects_layers() -> None:
    """CalculatorGraph.UnthrottleRespectsLayers: though a source of the higher layer has filled a queue in open."""
    seen = run_to_end(
        """
        max_queue_size: 1 num_threads: 1 input_side_packet: "counter" input_side_packet: "in_open"
        output_stream: "layer0" output_stream: "layer1"
        node { calculator: "PassThroughCalculator" input_stream: "integers1" output_stream: "layer1" }
        """
        + SOURCE % ("layer0", "source_layer: 0")
        + SOURCE % ("integers1", 'source_layer: 1 input_side_packet: "IN_OPEN:in_open"'),
        {"counter": itertools.count(), "in_open": True},
    )
    assert [packet.value for packet in seen["layer1"]] == [0, 6, 7, 8, 9]
    assert [packet.value for packet in seen["layer0"]] == [1, 2, 3, 4, 5]


def test_layer_ordering() -> None:
    """CalculatorGraph.LayerOrdering: layers one after the other, the sources of one layer by turns."""
    names = ["layer0", "layer1a", "layer1b", "layer2"]
    text = 'num_threads: 1 input_side_packet: "counter"' + "".join(f' output_stream: "{name}"' for name in names)
    text += "".join(SOURCE % (name, f"source_layer: {name[5]}") for name in names)
    seen = run_to_end(text, {"counter": itertools.count()})
    values = {name: [packet.value for packet in seen[name]] for name in names}
    assert values["layer0"] == list(range(COUNT))
    for place in range(COUNT):
        assert {values["layer1a"][place], values["layer1b"][place]} == {COUNT + 2 * place, COUNT + 2 * place + 1}
    assert values["layer2"] == list(range(3 * COUNT, 4 * COUNT))


ADD_OLD = """
    output_stream: "sum"
    node { calculator: "Sum" input_stream: "integers" input_stream: "old_sum" output_stream: "sum"
           input_stream_info { tag_index: ":1" back_edge: true } %s }
"""

EARLY_CLOSE = 'input_stream_handler { input_stream_handler: "EarlyCloseInputStreamHandler" }'

BARRIER = 'input_stream_handler { input_stream_handler: "BarrierInputStreamHandler" }'


def test_cycle() -> None:
    """CalculatorGraph.Cycle: a running sum."""
    delay = 'node { calculator: "UnitDelayCalculator" input_stream: "sum" output_stream: "old_sum" }'
    seen = run_to_end(COUNTED + ADD_OLD % EARLY_CLOSE + delay, {"counter": itertools.count(1)})
    assert seen["sum"] == [(1, 0), (3, 1), (6, 2), (10, 3), (15, 4)]


def test_cycle_untimed() -> None:
    """CalculatorGraph.CycleUntimed: with Barrier everywhere timestamps do not matter."""
    delay = 'node { calculator: "UnitDelayUntimedCalculator" input_stream: "sum" output_stream: "old_sum" }'
    seen = run_to_end(BARRIER + COUNTED + ADD_OLD % "" + delay, {"counter": itertools.count(1)})
    assert [packet.value for packet in seen["sum"]] == [1, 3, 6, 10, 15]


def float_node(inputs: str, output: str, more: str = "") -> str:
    streams = "".join(f'input_stream: "{name}" ' for name in inputs.split())
    return f'node {{ calculator: "FloatCalculator" {streams} output_stream: "{output}" {more} }}\n'


def delay_node(source: str, target: str) -> str:
    return f'node {{ calculator: "UnitDelayCalculator" input_stream: "{source}" output_stream: "{target}" }}\n'


def test_direct_form_1() -> None:
    """CalculatorGraph.DirectFormI: a digital filter with feedback."""
    text = (
        COUNTED
        + 'output_stream: "y" input_side_packet: "a1" input_side_packet: "a2" input_side_packet: "b1"'
        + float_node("integers", "x")
        + delay_node("x", "a")
        + float_node("a", "b", 'input_side_packet: "FACTOR:b1"')
        + float_node("x b", "c", EARLY_CLOSE)
        + float_node("c f", "y", EARLY_CLOSE + 'input_stream_info { tag_index: ":1" back_edge: true }')
        + delay_node("y", "d")
        + float_node("d", "e", 'input_side_packet: "FACTOR:a1"')
        + delay_node("d", "g")
        + float_node("g", "h", 'input_side_packet: "FACTOR:a2"')
        + float_node("e h", "f", EARLY_CLOSE)
    )
    seen = run_to_end(text, {"counter": itertools.count(1), "a1": 1.5, "a2": -0.9, "b1": 2.0})
    assert [packet.value for packet in seen["y"]] == pytest.approx([1.0, 5.5, 14.35, 26.575, 39.9475])
    assert [packet.timestamp for packet in seen["y"]] == list(range(5))


def test_direct_form_2() -> None:
    """CalculatorGraph.DirectFormII: the same filter with half of the delays."""
    text = (
        COUNTED
        + 'output_stream: "y" input_side_packet: "a1" input_side_packet: "a2" input_side_packet: "b1"'
        + float_node("integers", "x")
        + float_node("x f", "a", EARLY_CLOSE + 'input_stream_info { tag_index: ":1" back_edge: true }')
        + delay_node("a", "b")
        + float_node("b", "d", 'input_side_packet: "FACTOR:a1"')
        + delay_node("b", "c")
        + float_node("c", "e", 'input_side_packet: "FACTOR:a2"')
        + float_node("d e", "f", EARLY_CLOSE)
        + float_node("b", "g", 'input_side_packet: "FACTOR:b1"')
        + float_node("a g", "y", EARLY_CLOSE)
    )
    seen = run_to_end(text, {"counter": itertools.count(1), "a1": 1.5, "a2": -0.9, "b1": 2.0})
    assert [packet.value for packet in seen["y"]] == pytest.approx([1.0, 5.5, 14.35, 26.575, 39.9475])


def test_dot_product() -> None:
    """CalculatorGraph.DotProduct: Barrier joins by order of arrival what a demultiplexer has dealt out."""
    text = BARRIER + 'output_stream: "dot" '
    for name in ("one", "two", "select"):
        text += f'input_side_packet: "{name}" node {{ calculator: "SequenceSourceCalculator" '
        text += f'input_side_packet: "NUMBERS:{name}" output_stream: "{name}" }}\n'
    for name in ("one", "two"):
        outputs = "".join(f'output_stream: "OUTPUT:{index}:{axis}_{name}" ' for index, axis in enumerate("xyz"))
        text += f'node {{ calculator: "DemuxCalculator" input_stream: "INPUT:{name}" input_stream: "SELECT:select" '
        text += outputs + "}\n"
    for axis in "xyz":
        text += f'node {{ calculator: "ProductCalculator" input_stream: "{axis}_one" input_stream: "{axis}_two" '
        text += f'output_stream: "{axis}" }}\n'
    text += 'node { calculator: "Sum" input_stream: "x" input_stream: "y" input_stream: "z" '
    text += 'output_stream: "dot" }'
    given = {"one": list(range(15)), "two": list(range(1, 16)), "select": [0, 1, 2] * 5}
    seen = run_to_end(text, given)
    assert [packet.value for packet in seen["dot"]] == [8, 62, 170, 332, 548]


def test_if_then_else() -> None:
    """CalculatorGraph.IfThenElse: two branches of different lengths."""
    run, seen = start("""
        input_stream: "in" input_stream: "select" output_stream: "out"
        node { calculator: "DemuxCalculator" input_stream: "INPUT:in" input_stream: "SELECT:select"
               output_stream: "OUTPUT:0:left" output_stream: "OUTPUT:1:right" }
        node { calculator: "PassThroughCalculator" input_stream: "left" output_stream: "left1" }
        node { calculator: "Sum" input_stream: "left1" input_stream: "left1" output_stream: "left2" }
        node { calculator: "PassThroughCalculator" input_stream: "left2" output_stream: "left3" }
        node { calculator: "SquareIntCalculator" input_stream: "right" output_stream: "right1" }
        node { calculator: "MuxCalculator" input_stream: "INPUT:0:left3" input_stream: "INPUT:1:right1"
               input_stream: "SELECT:select" output_stream: "OUTPUT:out" }
    """)
    expected: list[tuple[int, int]] = []
    for batch in ([(1, 0)], [(2, 1)], [(3, 0), (4, 0)], [(5, 1)], [(6, 0)], [(7, 1), (8, 1), (9, 1), (10, 0)]):
        for value, select in batch:
            run.add("in", value, value)
            run.add("select", select, value)
            expected.append((value**2 if select else 2 * value, value))
        idle(run)
        assert seen["out"] == expected
    finish(run)
    assert seen["out"] == expected


def test_closed_source_is_not_unthrottled() -> None:
    """CalculatorGraph.ClosedSourceNodeShouldNotBeUnthrottled: one source sends all at once, one packet by packet."""

    def all_at_once(cc: gf.Context) -> None:
        for timestamp in range(300):
            cc.send(Call.outputs, 0, timestamp)
        cc.stop()

    def decimate(cc: gf.Context) -> None:
        if cc.timestamp % 101 == 0:
            cc.send(Call.outputs, 0)
        else:
            cc.set_next_timestamp_bound(Call.outputs, cc.timestamp - cc.timestamp % 101)

    def no_promise(cc: gf.Context) -> None:
        cc.set_offset(None)

    seen = run_to_end(
        """
        num_threads: 1 max_queue_size: 100 output_stream: "output" input_side_packet: "all" input_side_packet: "one"
        input_side_packet: "decimate" input_side_packet: "open"
        node { calculator: "Call" output_stream: "first" input_side_packet: "PROCESS:all" }
        node { calculator: "RangeCalculator" output_stream: "second" input_side_packet: "N:one" }
        node { calculator: "Call" input_stream: "second" output_stream: "decimated"
               input_side_packet: "PROCESS:decimate" input_side_packet: "OPEN:open" }
        node { calculator: "JoinCalculator" input_stream: "first" input_stream: "second" input_stream: "decimated"
               output_stream: "output" }
        """,
        {"all": all_at_once, "one": 300, "decimate": decimate, "open": no_promise},
    )
    assert len(seen["output"]) == 300


def test_deadlock_is_reported_to_who_would_wait() -> None:
    """CalculatorGraph.TwoDeadlocksAreReportedAndSufficientInfoProvided: by the second packet, not the first."""
    run, _ = start("""
        report_deadlock: true max_queue_size: 1 input_stream: "input1" input_stream: "input2"
        node { calculator: "JoinCalculator" input_stream: "input1" input_stream: "input2" output_stream: "output1" }
        node { calculator: "JoinCalculator" input_stream: "input1" input_stream: "output1" output_stream: "output2" }
    """)
    run.add("input1", 1, 0)
    error = str(failure(run, "input1", 1, 1))
    assert "deadlock" in error
    assert "input1" in error
    assert "JoinCalculator" in error


def test_set_offset_in_process() -> None:
    """CalculatorGraph.SetOffsetInProcess: FAILED_PRECONDITION, as the promise was made in open."""
    run, _ = start(
        """
        input_stream: "in" input_side_packet: "process"
        node { calculator: "Call" input_stream: "in" output_stream: "out"
               input_side_packet: "PROCESS:process" }
        """,
        {"process": lambda cc: cc.set_offset(10)},
    )
    with pytest.raises(gf.CalculatorError, match="set_offset can be called in open only"):
        run.add("in", 0)


def test_side_packet_for_a_source() -> None:
    """CalculatorGraph.OutputSidePacketConsumedBySourceNode: it opens only then."""
    run, seen = start("""
        input_stream: "max_count" output_stream: "output"
        node { calculator: "StreamToSidePacketCalculator" input_stream: "max_count" output_side_packet: "max_count" }
        node { calculator: "CountingSourceCalculator" output_stream: "count" input_side_packet: "MAX_COUNT:max_count" }
        node { calculator: "PassThroughCalculator" input_stream: "count" output_stream: "output" }
    """)
    idle(run)
    assert seen["output"] == []
    run.add("max_count", 10)
    run.close_input("max_count")
    run.wait_until_done(30)
    assert seen["output"] == [(number, number) for number in range(10)]


def test_source_layer_inversion() -> None:
    """CalculatorGraph.SourceLayerInversion: a source of layer 0 needs what comes of one of layer 1: a deadlock."""
    run, seen = start(
        """
        num_threads: 1 output_stream: "count0"
        input_side_packet: "max_count" input_side_packet: "first1" input_side_packet: "process"
        node { calculator: "CountingSourceCalculator" output_stream: "count0" input_side_packet: "MAX_COUNT:max_count"
               source_layer: 0 }
        node { calculator: "CountingSourceCalculator" output_stream: "count1" input_side_packet: "MAX_COUNT:max_count"
               input_side_packet: "INITIAL_VALUE:first1" source_layer: 1 }
        node { calculator: "Call" input_stream: "count1" output_side_packet: "VALUE:increment2"
               input_side_packet: "PROCESS:process" }
        node { calculator: "CountingSourceCalculator" output_stream: "count2" input_side_packet: "MAX_COUNT:max_count"
               input_side_packet: "INCREMENT:increment2" source_layer: 0 }
        """,
        {"max_count": 10, "first1": 100, "process": lambda cc: cc.set_side_packet(Call.value, 100)},
    )
    with pytest.raises(gf.GraphError, match="cannot go on"):
        run.wait_until_done(30)
    assert [packet.value for packet in seen["count0"]] == list(range(10))
