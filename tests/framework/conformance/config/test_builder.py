"""Graphs built in Python: after api2/builder_test.cc."""

from __future__ import annotations

import pytest

import graphframe as gf
from graphframe.framework.config.canonical import canonical
from graphframe.framework.config.text.reading import parse
from tests.framework.conformance.runs import finish
from tests.framework.toys import JoinCalculator, SquareIntCalculator, Sum


def same(builder: gf.GraphBuilder, text: str) -> bool:
    """Whether both are the same graph."""
    written = parse(gf.to_pbtxt(builder.config()), "builder")
    return gf.to_pbtxt(canonical(written)) == gf.to_pbtxt(canonical(parse(text, "text")))


def test_build_graph() -> None:
    """BuilderTest.BuildGraph: the config is that of the text."""
    builder = gf.GraphBuilder()
    base = builder.input("IN").named("base")
    squared = builder.add(SquareIntCalculator, base, name="square")
    builder.output("OUT", squared[""].named("out"))
    assert same(builder, """
        input_stream: "IN:base" output_stream: "OUT:out"
        node { name: "square" calculator: "SquareIntCalculator" input_stream: "base" output_stream: "out" }
    """)  # fmt: skip


def test_fan_out() -> None:
    """BuilderTest.FanOut: a stream may feed any number of inputs, even of one node."""
    builder = gf.GraphBuilder()
    base = builder.input("IN")
    added = builder.add(Sum, base, base)
    builder.output("OUT", added[""])
    builder.output("SAME", base)
    assert builder.build().run(IN=4) == {"OUT": [(8, 0)], "SAME": [(4, 0)]}


def test_streams_get_names() -> None:
    """BuilderTest.BuildGraph: unnamed streams get names of their own; names that are given stay."""
    builder = gf.GraphBuilder()
    stream = builder.input("IN")
    for _ in range(5):
        stream = builder.add("PassThroughCalculator", X=stream)["X"]
    builder.output("OUT", stream)
    config = builder.config()
    names = [node.output_stream[0].split(":")[-1] for node in config.node]
    assert len(set(names)) == 5
    assert builder.build().run(IN="x") == {"OUT": [("x", 0)]}


def test_indexes() -> None:
    """BuilderTest.GraphIndexes."""
    builder = gf.GraphBuilder()
    ins = [builder.input("IN"), builder.input("IN:1")]
    builder.output("OUT", builder.add(JoinCalculator, *ins)[""])
    run_of = builder.build()
    seen: list[gf.Packet] = []
    run = run_of.start_run(observers={"OUT": seen.append})
    run.add("IN:1", "second")
    run.add("IN", "first")
    finish(run)
    assert seen == [(("first", "second"), 0)]


def test_side_packets() -> None:
    """BuilderTest.BuildGraph with SideIn and SideOut."""
    builder = gf.GraphBuilder()
    value = builder.side_input("VALUE")
    for _ in range(3):
        value = builder.add("Increment", VALUE=value).side_packet("MORE")
    builder.output("MORE", value)
    run = builder.build().start_run({"VALUE": 1})
    run.wait_until_done(30)
    assert run.side_packet("MORE") == 4


def test_back_edge() -> None:
    """BuilderTest.CanUseBackEdges."""
    builder = gf.GraphBuilder()
    back = builder.back_edge()
    joined = builder.add(JoinCalculator, builder.input("IN"), back, input_policy="ImmediateInputStreamHandler")[""]
    back.connect(builder.add("Call", joined)[""])
    builder.output("OUT", joined)
    assert [info.back_edge for info in builder.config().node[0].input_stream_info] == [True]
    assert builder.build().run(IN=1) == {"OUT": [((1, None), 0)]}


def test_what_has_no_source() -> None:
    """BuilderTest: "Missing source for input stream with tag"."""
    builder = gf.GraphBuilder()
    builder.add(JoinCalculator, builder.input("IN"), builder.back_edge(), name="join")
    with pytest.raises(gf.GraphConfigError, match=r'node "join".*back edge'):
        builder.build()
    builder = gf.GraphBuilder()
    builder.add(SquareIntCalculator, name="square")
    with pytest.raises(gf.GraphConfigError, match='node "square": SquareIntCalculator needs an input_stream'):
        builder.build()
