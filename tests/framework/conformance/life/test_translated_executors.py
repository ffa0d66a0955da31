"""More of MediaPipe's own tests of executors, subgraphs and runs, translated; each names its file."""

from __future__ import annotations

from contextlib import suppress

import pytest

import graphframe as gf
from tests.framework.calls import POOL, VALUE
from tests.framework.conformance.runs import finish, idle, problems, start
from tests.framework.waiting import SECONDS

PASS = 'node { calculator: "PassThroughCalculator" %s input_stream: "%s" output_stream: "%s" }'
ONE = 'input_stream: "in" output_stream: "out"' + PASS % ("%s", "in", "out")
NESTED = (
    'input_stream: "in" output_stream: "out" node { calculator: "%s" input_stream: "IN:in" output_stream: "OUT:out" }'
)
XYZ = POOL % ("xyz", 1)
ABC = POOL % ("abc", 1)


@gf.subgraph("SubgraphWithExecutor")
def _with_executor(node: gf.SubgraphNode) -> str:
    return 'input_stream: "IN:foo" output_stream: "OUT:bar"' + XYZ + PASS % ('executor: "xyz"', "foo", "bar")


@gf.subgraph("NestedSubgraphWithExecutors")
def _with_executors(node: gf.SubgraphNode) -> str:
    inner = 'node { calculator: "SubgraphWithExecutor" input_stream: "IN:foo" output_stream: "OUT:bar0" }'
    return 'input_stream: "IN:foo" output_stream: "OUT:bar"' + inner + ABC + PASS % ('executor: "abc"', "bar0", "bar")


@pytest.mark.parametrize("name", ["SubgraphWithExecutor", "NestedSubgraphWithExecutors"])
def test_subgraph_executor_is_ignored(name: str) -> None:
    """SubgraphExecutorIsIgnored and NestedSubgraphExecutorsAreIgnored, subgraph_expansion_test.cc."""
    assert any("xyz" in problem for problem in problems(NESTED % name))


def test_graph_executors_substitute_subgraph_executors() -> None:
    """GraphExecutorsSubstituteSubgraphExecutors."""
    graph = gf.Graph.from_text(XYZ + ABC + NESTED % "NestedSubgraphWithExecutors")
    assert graph.run(**VALUE)["out"] == [("value", 0)]


def test_num_threads_and_non_default_executor_config() -> None:
    """CalculatorGraph.NumThreadsAndNonDefaultExecutorConfig, calculator_graph_test.cc."""
    graph = gf.Graph.from_text("num_threads: 1 " + XYZ + ONE % 'executor: "xyz"')
    assert graph.run(**VALUE)["out"] == [("value", 0)]


def test_recover_after_previous_fail_in_open() -> None:
    """CalculatorGraph.RecoverAfterPreviousFailInOpen."""
    graph = gf.Graph.from_text("""
        input_side_packet: "step" output_stream: "out"
        node { calculator: "CountingSourceCalculator" input_side_packet: "INCREMENT:step" output_stream: "out"
               node_options { [type.googleapis.com/graphframe.CountingSourceCalculatorOptions] { max_count: 10 } } }
    """)
    for _ in range(2):
        assert len(graph.run(side_packets={"step": 1})["out"]) == 10
        with pytest.raises(gf.CalculatorError, match="open failed"):
            graph.run(side_packets={"step": 0})


@gf.register
class SimpleMuxCalculator(gf.Calculator):
    """Sends the packet that it was called with."""

    input_policy = gf.input_policy.Immediate()
    given = gf.Input("", multiple=True)
    out = gf.Output("")

    def process(self, cc: gf.Context) -> None:
        for packet in cc.packets(self.given):
            if packet is not None:
                cc.send_packet(self.out, packet)


def test_simple_mux_calculator_with_custom_input_stream_handler() -> None:
    """CalculatorGraph.SimpleMuxCalculatorWithCustomInputStreamHandler: an earlier timestamp fails the run."""
    run, seen = start("""
        input_stream: "a" input_stream: "b" output_stream: "out"
        node { calculator: "SimpleMuxCalculator" input_stream: "a" input_stream: "b" output_stream: "out" }
    """)
    run.add("a", 1, 0)
    run.add("a", 3, 1)
    idle(run)
    assert seen["out"] == [(1, 0), (3, 1)]
    with suppress(gf.GraphError):
        run.add("b", 2, 0)
    with pytest.raises(gf.GraphError, match="timestamp 0"):
        run.wait_until_done(SECONDS)


@pytest.mark.parametrize(
    "handler", ["Barrier", "Default", "EarlyClose", "FixedSize", "Immediate", "Mux", "SyncSet", "TimestampAlign"]
)
def test_multiple_runs_with_different_input_stream_handlers(handler: str) -> None:
    """CalculatorGraph.MultipleRunsWithDifferentInputStreamHandlers: the next run may begin earlier."""
    graph = gf.Graph.from_text(f"""
        input_stream: "in" input_stream: "select" output_stream: "out" output_stream: "selected"
        node {{ calculator: "PassThroughCalculator" input_stream: "in" input_stream: "select"
               output_stream: "out" output_stream: "selected"
               input_stream_handler {{ input_stream_handler: "{handler}InputStreamHandler" }} }}
    """)
    for timestamp in (2000, 1000):
        seen: list[gf.Packet] = []
        run = graph.start_run(observers={"out": seen.append})
        if handler != "Immediate":
            run.add("select", 0, timestamp)
        run.add("in", "value", timestamp)
        idle(run)
        assert seen == [("value", timestamp)]
        finish(run)


def test_sequence_input_with_max_queue_size() -> None:
    """test_add_packet_to_input_stream and test_sequence_input in calculator_graph_test.py, with 1,000 packets."""
    run, seen = start("max_queue_size: 1 " + ONE % "")
    for timestamp in range(1000):
        run.add("in", "hello", timestamp)
    finish(run)
    assert [packet.timestamp for packet in seen["out"]] == list(range(1000))


@gf.register
class OneInOpen(gf.Calculator):
    one = gf.SideOutput("", int)

    def open(self, cc: gf.Context) -> None:
        cc.set_side_packet(self.one, 1)


def test_get_output_side_packet_after_calculator_is_opened() -> None:
    """GetOutputSidePacketAfterCalculatorIsOpened, calculator_graph_side_packet_test.cc."""
    run = gf.Graph.from_text(
        'output_side_packet: "one" input_stream: "in" node { calculator: "OneInOpen" output_side_packet: "one" }'
    ).start_run()
    idle(run)
    assert run.side_packet("one") == 1
    finish(run)
