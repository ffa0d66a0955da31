"""Which packets meet: the Default policy and what a stream takes, after calculator_graph_test.cc,
default_input_stream_handler_test.cc and input_stream_manager_test.cc."""

from __future__ import annotations

import pytest

import graphframe as gf
from graphframe import Timestamp
from tests.framework.conformance.runs import finish, idle, start
from tests.framework.toys import Call

JOIN = """
    input_stream: "a" input_stream: "b" output_stream: "joined"
    node { calculator: "JoinCalculator" input_stream: "a" input_stream: "b" output_stream: "joined" %s }
"""
PASS = """
    input_stream: "a" output_stream: "b"
    node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" }
"""


def test_packets_of_one_timestamp_meet() -> None:
    """CalculatorGraph.RunsCorrectly; DefaultInputStreamHandler: waits until every stream is settled."""
    run, seen = start(JOIN % "")
    run.add("a", "a1", 1)
    idle(run)
    assert seen["joined"] == []
    run.add("b", "b1", 1)
    idle(run)
    assert seen["joined"] == [(("a1", "b1"), 1)]
    finish(run)


def test_a_later_packet_settles_earlier_timestamps() -> None:
    """DefaultInputStreamHandler: (a1, -) is ready once b has had 2; (-, b2) is not before a has."""
    run, seen = start(JOIN % "")
    run.add("a", "a1", 1)
    run.add("b", "b2", 2)
    idle(run)
    assert seen["joined"] == [(("a1", None), 1)]
    run.add("a", "a3", 3)
    idle(run)
    assert seen["joined"][1:] == [((None, "b2"), 2)]
    finish(run)
    assert seen["joined"][2:] == [(("a3", None), 3)]


def test_queued_packets_come_one_timestamp_after_the_other() -> None:
    """CalculatorGraph: input timestamps rise strictly, whatever waits."""
    run, seen = start(JOIN % "")
    for timestamp in range(20):
        run.add("a", timestamp, timestamp)
    idle(run)
    for timestamp in range(0, 20, 2):
        run.add("b", timestamp, timestamp)
    finish(run)
    assert seen["joined"] == [((timestamp, None if timestamp % 2 else timestamp), timestamp) for timestamp in range(20)]


def test_closed_stream_delays_no_node() -> None:
    """InputStreamManagerTest.Close: the bound of a closed stream is Done."""
    run, seen = start(JOIN % "")
    run.add("a", "a1", 1)
    run.close_input("b")
    idle(run)
    assert seen["joined"] == [(("a1", None), 1)]
    finish(run)


@pytest.mark.parametrize("timestamp", [5, 4, Timestamp.PRE_STREAM])
def test_timestamp_below_the_bound_fails_the_run(timestamp: int) -> None:
    """InputStreamManagerTest.AddPacketsReverseTimestamps: "Current minimum expected timestamp is 6 but received 5"."""
    run, _ = start(PASS)
    run.add("a", 1, 5)
    with pytest.raises(gf.GraphError, match='stream "a", which now takes timestamp 6 or later'):
        run.add("a", 1, timestamp)
    with pytest.raises(gf.GraphError, match="now takes timestamp 6 or later"):
        run.wait_until_done()


@pytest.mark.parametrize(
    "timestamp", [Timestamp.UNSET, Timestamp.UNSTARTED, Timestamp.ONE_OVER_POST_STREAM, Timestamp.DONE]
)
def test_timestamps_that_no_packet_may_have(timestamp: int) -> None:
    """InputStreamManagerTest.AddPacketUnset, AddPacketUnstarted, AddPacketOneOverPostStream, AddPacketDone."""
    run, _ = start(PASS)
    with pytest.raises(gf.GraphError, match="cannot take this timestamp"):
        run.add("a", 1, timestamp)


@pytest.mark.parametrize("timestamp", [Timestamp.PRE_STREAM, Timestamp.MIN, 0, Timestamp.MAX, Timestamp.POST_STREAM])
def test_timestamps_that_a_packet_may_have(timestamp: int) -> None:
    """InputStreamManagerTest.AddPacketsOnlyPreStream, AddPacketsOnlyPostStream, AddPackets."""
    run, seen = start(PASS)
    run.add("a", 1, timestamp)
    finish(run)
    assert seen["b"] == [(1, timestamp)]


def test_packet_at_pre_stream_is_the_only_one() -> None:
    """InputStreamManagerTest.AddPacketsAfterPreStream: an error."""
    run, _ = start(PASS)
    run.add("a", 1, Timestamp.PRE_STREAM)
    with pytest.raises(gf.GraphError, match="takes no packet after its last one"):
        run.add("a", 1, Timestamp.MIN)


def test_packet_at_post_stream_is_the_only_one() -> None:
    """InputStreamManagerTest.AddPacketsBeforePostStream: "must be the only Packet"."""
    run, _ = start(PASS)
    run.add("a", 1, 0)
    with pytest.raises(gf.GraphError, match="a packet at POST_STREAM must be the only one"):
        run.add("a", 2, Timestamp.POST_STREAM)


def test_pre_stream_comes_before_and_post_stream_after_the_others() -> None:
    """InputStreamManagerTest.AddPacketsOnlyPreStream, AddPacketsOnlyPostStream: they order packets of different
    streams."""
    timestamps: list[int] = []
    run, _ = start(
        """
        input_stream: "pre" input_stream: "a" input_stream: "post" input_side_packet: "process"
        node {
          calculator: "Call" input_side_packet: "PROCESS:process"
          input_stream: "pre" input_stream: "a" input_stream: "post"
        }
        """,
        {"process": lambda cc: timestamps.append(cc.timestamp)},
    )
    run.add("post", "z", Timestamp.POST_STREAM)
    run.add("a", "m", 7)
    run.add("pre", "a", Timestamp.PRE_STREAM)
    finish(run)
    assert timestamps == [Timestamp.PRE_STREAM, 7, Timestamp.POST_STREAM]


def test_application_adds_to_a_stream_that_it_closed() -> None:
    """CalculatorGraph::CloseInputStream; MediaPipe's Python drops the packet, here it fails the run."""
    run, _ = start(JOIN % "")
    run.close_input("a")
    with pytest.raises(gf.GraphError, match='stream "a", which is closed'):
        run.add("a", 1)


def test_calculator_sends_to_a_stream_that_it_closed() -> None:
    """OutputStreamManagerTest: "Packet sent to closed stream"."""

    def process(cc: gf.Context) -> None:
        cc.close(Call.outputs)
        cc.flush()
        cc.send(Call.outputs, 1)

    run, _ = start(
        """
        input_stream: "a" input_side_packet: "process"
        node { name: "n" calculator: "Call"
               input_stream: "a" output_stream: "b" input_side_packet: "PROCESS:process" }
        """,
        {"process": process},
    )
    run.add("a", 1, 1)
    with pytest.raises(gf.CalculatorError, match=r'node "n".*stream "b", which is closed'):
        run.add("a", 1, 2)


def test_output_that_goes_back_fails_the_node() -> None:
    """OutputStreamManagerTest.AddPacketReverseTimestamps: "Packet timestamp mismatch on a calculator receiving from
    stream"."""
    run, _ = start(
        """
        input_stream: "a" input_side_packet: "process"
        node { name: "n" calculator: "Call"
               input_stream: "a" output_stream: "b" input_side_packet: "PROCESS:process" }
        """,
        {"process": lambda cc: cc.send(Call.outputs, 1, 100 - cc.timestamp)},
    )
    run.add("a", 1, 1)
    with pytest.raises(
        gf.CalculatorError, match='timestamp 98 was sent to stream "b", which now takes timestamp 100 or later'
    ):
        run.add("a", 1, 2)


def test_timestamps_start_afresh_with_each_run() -> None:
    """CalculatorGraph.RunsCorrectly, twice: 2000, then 1000 in another run of the graph."""
    graph = gf.Graph.from_text(PASS)
    for timestamp in (2000, 1000):
        seen: list[gf.Packet] = []
        run = graph.start_run(observers={"b": seen.append})
        run.add("a", 1, timestamp)
        finish(run)
        assert seen == [(1, timestamp)]


def test_packet_at_max() -> None:
    """InputStreamManagerTest.AddPackets up to Max: nothing comes after it."""
    run, _ = start(PASS)
    run.add("a", 1, Timestamp.MAX)
    with pytest.raises(gf.GraphError, match="takes no packet after its last one"):
        run.add("a", 1, Timestamp.MAX)


def test_one_value_at_several_timestamps() -> None:
    """Packet::At: the payload is shared, only the timestamp changes."""
    value = object()
    run, seen = start(PASS)
    for timestamp in range(3):
        run.add("a", value, timestamp)
    finish(run)
    assert all(packet.value is value for packet in seen["b"])
    assert [packet.timestamp for packet in seen["b"]] == [0, 1, 2]
