"""The core calculators that make, split and join values: after calculators/core/*_test.cc, switch_container_test.cc."""

from __future__ import annotations

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.framework.conformance.runs import finish, idle, problems, start

LOOP = """
    input_stream: "in" output_stream: "out"
    node { calculator: "BeginLoopCalculator" input_stream: "ITERABLE:in"
           output_stream: "ITEM:item" output_stream: "BATCH_END:end" }
    node { calculator: "%s" input_stream: "item" output_stream: "result" }
    node { calculator: "EndLoopCalculator" input_stream: "ITEM:result" input_stream: "BATCH_END:end"
           output_stream: "ITERABLE:out" }
"""


def test_loop() -> None:
    """BeginEndLoopCalculatorGraphTest.SingleNonEmptyVector, MultipleVectors: results at the iterable's timestamp."""
    run, seen = start(LOOP % "SquareIntCalculator")
    for timestamp, items in ((3, [1, 2, 3]), (5, [4]), (100, [5, 6])):
        run.add("in", items, timestamp)
        idle(run)
        assert seen["out"][-1] == ([item**2 for item in items], timestamp)
    finish(run)


def test_loop_over_nothing() -> None:
    """BeginEndLoopCalculatorGraphTest.SingleEmptyVector: MediaPipe only settles it, here a list comes."""
    run, seen = start(LOOP % "SquareIntCalculator")
    run.add("in", [], 1)
    idle(run)
    assert seen["out"] == [([], 1)]
    run.add("in", [2], 2)
    finish(run)
    assert seen["out"][1:] == [([4], 2)]


def test_loop_that_drops() -> None:
    """BeginEndLoopCalculatorGraphProcessingEmptyPacketsTest: items without a result are omitted."""
    run, seen = start(LOOP % "EvenIntFilterCalculator")
    run.add("in", [1, 2, 3, 4, 5], 1)
    run.add("in", [7], 2)
    finish(run)
    assert seen["out"] == [([2, 4], 1), ([], 2)]


def test_loop_settles_what_has_no_iterable() -> None:
    """BeginEndLoopCalculatorGraphTest: downstream joins do not wait."""
    run, seen = start(
        LOOP
        % "SquareIntCalculator"
        + 'input_stream: "other" output_stream: "joined" node { calculator: "JoinCalculator" input_stream: "other" '
        'input_stream: "out" output_stream: "joined" }'
    )
    run.add("other", "x", 5)
    run.set_bound("in", 6)
    idle(run)
    assert seen["joined"] == [(("x", None), 5)]
    finish(run)


def test_loop_with_a_clone() -> None:
    """BeginEndLoopCalculatorGraphWithClonedInputsTest: the packet beside the iterable comes with every item."""
    run, seen = start("""
        input_stream: "in" input_stream: "factor" output_stream: "out"
        node { calculator: "BeginLoopCalculator" input_stream: "ITERABLE:in" input_stream: "CLONE:factor"
               output_stream: "ITEM:item" output_stream: "CLONE:factor_of_item" output_stream: "BATCH_END:end" }
        node { calculator: "JoinCalculator" input_stream: "item" input_stream: "factor_of_item"
               output_stream: "result" }
        node { calculator: "EndLoopCalculator" input_stream: "ITEM:result" input_stream: "BATCH_END:end"
               output_stream: "ITERABLE:out" }
    """)
    for timestamp, (items, factor) in enumerate((([1, 2], "x"), ([], "y"), ([3], "z"))):
        run.add("in", items, timestamp)
        run.add("factor", factor, timestamp)
    finish(run)
    assert [packet.value for packet in seen["out"]] == [[(1, "x"), (2, "x")], [], [(3, "z")]]


def test_loop_on_threads() -> None:
    """ParallelLoop: items in flight at once come back in order."""
    text = (LOOP % "SquareIntCalculator").replace('"result" }', '"result" max_in_flight: 3 }', 1)
    run, seen = start(text + "num_threads: 3")
    for timestamp in range(10):
        run.add("in", list(range(timestamp)), timestamp)
    finish(run)
    assert [packet.value for packet in seen["out"]] == [[i**2 for i in range(count)] for count in range(10)]


SIDE_TO_STREAM = """
    input_side_packet: "one" input_side_packet: "two" output_stream: "a" output_stream: "b" %s
    node { calculator: "SidePacketToStreamCalculator" input_side_packet: "one" input_side_packet: "two" %s
           output_stream: "%s:0:a" output_stream: "%s:1:b" }
"""


@pytest.mark.parametrize(
    ("tag", "timestamp"),
    [("AT_PRESTREAM", Timestamp.PRE_STREAM), ("AT_POSTSTREAM", Timestamp.POST_STREAM), ("AT_ZERO", 0)],
)
def test_side_packets_to_streams(tag: str, timestamp: int) -> None:
    """The tags AT_PRESTREAM, AT_POSTSTREAM and AT_ZERO of SidePacketToStreamCalculator."""
    run, seen = start(SIDE_TO_STREAM % ("", "", tag, tag), {"one": 1, "two": 2})
    run.wait_until_done(30)
    assert seen == {"a": [(1, timestamp)], "b": [(2, timestamp)]}


def test_side_packets_at_a_timestamp() -> None:
    """SidePacketToStreamCalculator.AtTimestamp."""
    more = 'input_side_packet: "at"', 'input_side_packet: "TIMESTAMP:at"'
    run, seen = start(SIDE_TO_STREAM % (*more, "AT_TIMESTAMP", "AT_TIMESTAMP"), {"one": 1, "two": 2, "at": 1000})
    run.wait_until_done(30)
    assert seen == {"a": [(1, 1000)], "b": [(2, 1000)]}


def test_side_packets_at_ticks() -> None:
    """SidePacketToStreamCalculator.AtTick: at each packet of TICK."""
    more = 'input_stream: "tick"', 'input_stream: "TICK:tick"'
    run, seen = start(SIDE_TO_STREAM % (*more, "AT_TICK", "AT_TICK"), {"one": 1, "two": 2})
    for timestamp in (3, 7):
        run.add("tick", "x", timestamp)
    finish(run)
    assert seen == {"a": [(1, 3), (1, 7)], "b": [(2, 3), (2, 7)]}


@pytest.mark.parametrize(
    ("outputs", "more"),
    [
        ("AT_TICK:0:a AT_TICK:1:b", ""),
        ("AT_TIMESTAMP:0:a AT_TIMESTAMP:1:b", ""),
        ("AT_ZERO:a AT_PRESTREAM:b", ""),
        ("AT_ZERO:a", ""),
        ("NO_TAG:a", ""),
        ("AT_ZERO:0:a AT_ZERO:1:b", 'input_stream: "TICK:tick"'),
    ],
    ids=["MissingTick", "MissingTimestampSideInput", "MixedTags", "NotEnoughOutputs", "NonExistentTag", "unused tick"],
)
def test_side_packets_to_streams_wrongly(outputs: str, more: str) -> None:
    """SidePacketToStreamCalculator.WrongConfigWithMissingTick and so on."""
    streams = "".join(f'output_stream: "{output}" ' for output in outputs.split())
    [found] = problems(f"""
        input_stream: "tick" input_side_packet: "one" input_side_packet: "two"
        node {{ calculator: "SidePacketToStreamCalculator" input_side_packet: "one" input_side_packet: "two"
                {streams} {more} }}
    """)
    assert "SidePacketToStreamCalculator" in found


def test_stream_to_side_packet() -> None:
    """StreamToSidePacketCalculatorTest: what takes it opens then; a second packet is an error."""
    text = """
        input_stream: "in" output_side_packet: "more"
        node { calculator: "StreamToSidePacketCalculator" input_stream: "in" output_side_packet: "value" }
        node { calculator: "Increment" input_side_packet: "VALUE:value" output_side_packet: "MORE:more" }
    """
    run, _ = start(text)
    run.add("in", 5, 100)
    idle(run)
    assert run.side_packet("more") == 6
    with pytest.raises(gf.CalculatorError, match="was set already"):
        run.add("in", 6, 101)


def test_counting_source() -> None:
    """CountingSourceCalculator of MediaPipe's tests: MAX_COUNT, INITIAL_VALUE, INCREMENT, ERROR_COUNT."""
    text = """
        output_stream: "number" input_side_packet: "max" input_side_packet: "first" input_side_packet: "step"
        node { calculator: "CountingSourceCalculator" output_stream: "number" input_side_packet: "MAX_COUNT:max"
               input_side_packet: "INITIAL_VALUE:first" input_side_packet: "INCREMENT:step" }
    """
    run, seen = start(text, {"max": 3, "first": 10, "step": 5})
    run.wait_until_done(30)
    assert seen["number"] == [(10, 10), (15, 15), (20, 20)]
    run, seen = start(text.replace("MAX_COUNT", "ERROR_COUNT"), {"max": 2, "first": 0, "step": 1})
    with pytest.raises(gf.CalculatorError, match="process failed"):
        run.wait_until_done(30)
    assert seen["number"] == [(0, 0), (1, 1)]


CONCATENATE = """
    input_stream: "a" input_stream: "b" output_stream: "c"
    node { calculator: "ConcatenateVectorCalculator" input_stream: "a" input_stream: "b" output_stream: "c"
           options { [mediapipe.ConcatenateVectorCalculatorOptions.ext] { only_emit_if_all_present: %s } } }
"""


@pytest.mark.parametrize(
    ("strict", "expected"), [("false", [([1, 2, 3], 0), ([4], 1), ([5], 2)]), ("true", [([1, 2, 3], 0)])]
)
def test_concatenate(strict: str, expected: list[tuple[list[int], int]]) -> None:
    """TestConcatenateIntVectorCalculatorTest.OneEmptyStreamStillOutput, OneEmptyStreamNoOutput; in the order of
    streams."""
    run, seen = start(CONCATENATE % strict)
    run.add("b", [3], 0)
    run.add("a", [1, 2], 0)
    run.add("a", [4], 1)
    run.add("b", [5], 2)
    finish(run)
    assert seen["c"] == expected


SPLIT = """
    input_stream: "a" output_stream: "b" output_stream: "c"
    node { calculator: "SplitVectorCalculator" input_stream: "a" output_stream: "b" output_stream: "c"
           options { [mediapipe.SplitVectorCalculatorOptions.ext] { %s } } }
"""
RANGES = "ranges { begin: 0 end: 1 } ranges { begin: 1 end: %d }"


def test_split() -> None:
    """MovableSplitUniqueIntPtrCalculatorTest.SmokeTest, SmokeTestElementOnly."""
    for options, expected in ((RANGES % 3, ([1], [2, 3])), (RANGES % 2 + " element_only: true", (1, 2))):
        run, seen = start(SPLIT % options)
        run.add("a", [1, 2, 3], 0)
        finish(run)
        assert (seen["b"][0].value, seen["c"][0].value) == expected


def test_split_of_a_list_that_is_too_short() -> None:
    """SplitVectorCalculator: a list that is too short is an error."""
    run, _ = start(SPLIT % (RANGES % 3))
    with pytest.raises(gf.CalculatorError, match="a list of 2 is too short for a range that ends at 3"):
        run.add("a", [1, 2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("ranges { begin: 0 end: 1 }", "has 1 ranges, so it needs 1 output streams, not 2"),
        (
            "ranges { begin: 2 end: 1 } ranges { begin: 1 end: 2 }",
            "a range must begin at 0 or later",
        ),
        (RANGES % 3 + " element_only: true", "element_only needs ranges of one item"),
        (RANGES % 3 + " combine_outputs: true", "needs 1 output streams, not 2"),
    ],
    ids=[
        "InvalidOutputStreamCountTest",
        "InvalidRangeTest",
        "ElementOnlyDisablesVectorOutputs",
        "InvalidCombineOutputs",
    ],
)
def test_split_wrongly(options: str, message: str) -> None:
    """SplitTfLiteTensorVectorCalculatorTest.InvalidRangeTest, InvalidOutputStreamCountTest and so on."""
    assert any(message in problem for problem in problems(SPLIT % options))


SWITCH = """
    input_stream: "a" output_stream: "b" %s
    node { name: "switch" calculator: "SwitchContainer" input_stream: "a" output_stream: "b" %s
           options { [mediapipe.SwitchContainerOptions.ext] {
             contained_node { calculator: "SquareIntCalculator" }
             contained_node { calculator: "EvenIntFilterCalculator" }
           } } }
"""


@pytest.mark.parametrize(("enable", "expected"), [(False, [1, 4, 9]), (True, [2])])
def test_switch_for_a_run(enable: bool, expected: list[int]) -> None:
    """SwitchContainerTest.RunWithSideSubnodes: ENABLE chooses between the first and the second."""
    run, seen = start(SWITCH % ('input_side_packet: "e"', 'input_side_packet: "ENABLE:e"'), {"e": enable})
    for number in (1, 2, 3):
        run.add("a", number, number)
    finish(run)
    assert [packet.value for packet in seen["b"]] == expected


def test_switch_by_a_stream() -> None:
    """SwitchContainerTest.RunsWithSubnodes: SELECT chooses from its timestamp on."""
    run, seen = start(SWITCH % ('input_stream: "s"', 'input_stream: "SELECT:s"'))
    for timestamp, select in ((3, 0), (4, 1), (5, 1), (6, 0)):
        run.add("s", select, timestamp)
        run.add("a", timestamp, timestamp)
        idle(run)
    finish(run)
    assert seen["b"] == [(9, 3), (4, 4), (36, 6)]


def test_switch_is_a_subgraph() -> None:
    """SwitchContainerTest.ApplyToSubnodes: the graph has the contained nodes."""
    graph = gf.Graph.from_text(SWITCH % ('input_stream: "s"', 'input_stream: "SELECT:s"'))
    calculators = {node.calculator for node in graph.nodes}
    assert calculators == {
        "DemuxCalculator", "SquareIntCalculator", "EvenIntFilterCalculator", "MergeCalculator"
    }  # fmt: skip
    assert all(node.name.startswith("switch__") for node in graph.nodes)
