"""MediaPipe's own tests of observers, translated: calculator_graph_test.cc."""

from __future__ import annotations

import pytest

import graphframe as gf

GRAPH = """
    input_stream: "in"
    node { name: "first" calculator: "PassThroughCalculator" input_stream: "in" output_stream: "middle" }
    node { calculator: "PassThroughCalculator" input_stream: "middle" output_stream: "out" }
"""


@pytest.mark.parametrize("stream", ["in", "middle", "out"])
def test_observe_output_stream(stream: str) -> None:
    """CalculatorGraph.ObserveOutputStream takes any stream, whether it is an output of the graph or not."""
    seen: list[gf.Packet] = []
    bounds: list[int] = []
    graph = gf.Graph.from_text(GRAPH)
    run = graph.start_run(observers={stream: seen.append}, bound_observers={stream: bounds.append}, pollers=[stream])
    run.add("in", "value", 5)
    run.close_inputs()
    run.wait_until_done(30)
    assert seen == [("value", 5)]
    assert bounds[-1] == gf.Timestamp.DONE
    assert list(run.pollers[stream]) == [("value", 5)]


def test_add_multi_stream_callback() -> None:
    """CallbackTest.TestAddMultiStreamCallback and TestAddMultiStreamCallbackWithPacketMap, in sink_test.cc."""
    sums: list[int] = []
    graph = gf.Graph.from_text('input_stream: "foo" input_stream: "bar"')
    run = graph.start_run(
        observers={("foo", "bar"): lambda packets: sums.append(sum(packet.value for packet in packets if packet))}
    )
    for stream, value, timestamp in (("foo", 10, 1), ("bar", 5, 1), ("foo", 7, 2), ("foo", 4, 3), ("bar", 5, 3)):
        run.add(stream, value, timestamp)
    run.close_inputs()
    run.wait_until_done(30)
    assert sums == [15, 7, 9]


def test_unable_to_attach_observer() -> None:
    """ "Unable to attach observer to output stream because it doesn't exist."""
    with pytest.raises(gf.GraphError, match='no output stream "midle"'):
        gf.Graph.from_text(GRAPH).start_run(observers={"midle": print})


def test_stream_in_a_subgraph() -> None:
    """By the name that it has after the subgraph is expanded."""

    @gf.subgraph("ObservedSubgraph")
    def observed(node: gf.SubgraphNode) -> str:
        return (
            'input_stream: "IN:a" output_stream: "OUT:c" '
            'node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" } '
            'node { calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" }'
        )

    text = 'input_stream: "x" node { name: "part" calculator: "ObservedSubgraph" input_stream: "IN:x" }'
    seen: list[gf.Packet] = []
    run = gf.Graph.from_text(text).start_run(observers={"part__b": seen.append})
    run.add("x", 1)
    run.close_inputs()
    run.wait_until_done(30)
    assert seen == [(1, 0)]
