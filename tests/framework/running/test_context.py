from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from google.protobuf.wrappers_pb2 import Int64Value, StringValue

import graphframe as gf
from graphframe import Packet, Timestamp
from graphframe.framework.config.text.reading import parse
from graphframe.framework.planning.validation import validate
from graphframe.framework.running.context import RunServices
from graphframe.framework.running.invocation import Invocation


class Ports(gf.Calculator):
    """One port of each kind."""

    one = gf.Input("ONE", int)
    other = gf.Input("OTHER", optional=True)
    many = gf.Input("MANY", multiple=True, optional=True)
    out = gf.Output("OUT", int)
    unconnected = gf.Output("UNCONNECTED", optional=True)
    outs = gf.Output("OUTS", multiple=True, optional=True)
    side = gf.SideInput("SIDE", str)
    no_side = gf.SideInput("NO_SIDE", optional=True)
    sides = gf.SideInput("SIDES", multiple=True, optional=True)
    set = gf.SideOutput("SET", int, optional=True)
    sets = gf.SideOutput("SETS", multiple=True, optional=True)
    options = gf.Options(Int64Value)
    other_options = gf.Options(StringValue)

    def process(self, cc: gf.Context) -> None:
        pass


TEXT = """
    input_stream: "one" input_stream: "m0" input_stream: "m1" input_side_packet: "s0" input_side_packet: "s1"
    node {
      name: "ports" calculator: "Ports"
      input_stream: "ONE:one" input_stream: "MANY:0:m0" input_stream: "MANY:1:m1"
      output_stream: "OUT:out" output_stream: "OUTS:0:o0" output_stream: "OUTS:1:o1"
      input_side_packet: "SIDE:s0" input_side_packet: "SIDES:0:s0" input_side_packet: "SIDES:1:s1"
      output_side_packet: "SET:t0" output_side_packet: "SETS:0:t1" output_side_packet: "SETS:1:t2"
      node_options { [type.googleapis.com/google.protobuf.Int64Value] { value: 7 } }
    }
"""
README = Path(__file__).parents[3] / "calculators/README.md"
Flushed = list[tuple[Invocation, list[tuple[int, Packet]]]]


def invocation() -> Invocation:
    """In ``process`` at 5; inputs are in the order of tags: MANY:0, MANY:1, ONE."""
    call = Invocation(validate(parse(TEXT, "graph"), {"Ports": Ports}.__getitem__).nodes[0].info)
    call.side_packets = ["side", "side", "more"]
    call.timestamp = 5
    call.packets = [None, Packet("m", 5), Packet(1, 5)]
    return call


def context(
    call: Invocation,
    flush: Callable[[Invocation, list[tuple[int, Packet]]], None] = lambda call, sent: None,
    report: Callable[[str, int, int], None] | None = None,
    warn: Callable[[str, str], None] | None = None,
) -> gf.Context:
    services = SimpleNamespace(cancellation=gf.Cancellation(), flush=flush, report=report, warn=warn)
    return gf.Context(call, cast("RunServices", services))


@pytest.fixture
def call() -> Invocation:
    return invocation()


@pytest.fixture
def cc(call: Invocation) -> gf.Context:
    return context(call)


def test_inputs(cc: gf.Context) -> None:
    assert cc[Ports.one] == 1
    assert cc.has(Ports.one)
    assert cc.get(Ports.one) == 1
    assert not cc.has(Ports.other)
    assert cc.get(Ports.other) is None
    assert cc.get(Ports.other, "nothing") == "nothing"
    assert [cc.has(Ports.many, index=index) for index in range(3)] == [False, True, False]


def test_packets(cc: gf.Context) -> None:
    assert cc.packet(Ports.one) == (1, 5)
    assert cc.packet(Ports.other) is None
    assert [cc.packet(Ports.many, index=index) for index in range(3)] == [None, ("m", 5), None]
    assert cc.packets(Ports.many) == [None, ("m", 5)]
    assert cc.packets(Ports.other) == []


def test_values_of_a_multiple_input(cc: gf.Context) -> None:
    assert cc.values(Ports.many) == [None, "m"]
    assert not cc.has(Ports.many)
    assert cc.values(Ports.other) == []


@pytest.mark.parametrize("port", [Ports.other, Ports.many])
def test_input_that_is_empty(cc: gf.Context, port: gf.Input[Any]) -> None:
    message = f'input stream "{port.tag}" has no packet at timestamp 5; check cc.has'
    with pytest.raises(LookupError, match=message):
        cc[port]


def test_inputs_are_empty_in_open(call: Invocation, cc: gf.Context) -> None:
    call.timestamp, call.packets = Timestamp.UNSTARTED, ()
    assert cc.timestamp == Timestamp.UNSTARTED
    assert not cc.has(Ports.one)
    assert cc.values(Ports.many) == [None, None]
    assert cc.packet(Ports.one) is None
    assert cc.packets(Ports.many) == [None, None]
    with pytest.raises(LookupError, match='"ONE" has no packet at timestamp UNSTARTED'):
        cc[Ports.one]


def test_side_packets(cc: gf.Context) -> None:
    assert cc[Ports.side] == "side"
    assert cc.has(Ports.side)
    assert not cc.has(Ports.no_side)
    assert cc.get(Ports.no_side, 3) == 3
    assert cc.values(Ports.sides) == ["side", "more"]
    with pytest.raises(LookupError, match='input side packet "NO_SIDE" has no value; check cc'):
        cc[Ports.no_side]


def test_options(cc: gf.Context) -> None:
    assert cc[Ports.options].value == 7
    assert cc[Ports.other_options].value == ""


def test_send(call: Invocation, cc: gf.Context) -> None:
    cc.send(Ports.out, 1)
    cc.send(Ports.out, 2, 9)
    cc.send(Ports.out, 3, timestamp=0)
    cc.send(Ports.outs, "a", index=1)
    assert call.sent == [(0, Packet(1, 5)), (0, Packet(2, 9)), (0, Packet(3, 0)), (2, Packet("a", 5))]


def test_send_packet_as_it_is(call: Invocation, cc: gf.Context) -> None:
    packet = Packet("a", 9)
    cc.send_packet(Ports.outs, packet, index=1)
    ((slot, sent),) = call.sent
    assert slot == 2
    assert sent is packet


def test_forward(call: Invocation, cc: gf.Context) -> None:
    cc.forward(Ports.many, Ports.outs)
    assert call.sent == [(2, Packet("m", 5))]
    cc.forward(Ports.one, Ports.unconnected)
    assert len(call.sent) == 1
    call.packets = ()
    cc.forward(Ports.many, Ports.outs)
    assert len(call.sent) == 1
    call.packets = [None, None, Packet("1", 5)]
    with pytest.raises(TypeError, match='output stream "OUT" takes int, not str'):
        cc.forward(Ports.one, Ports.out)


def test_send_where_nothing_is_connected(call: Invocation, cc: gf.Context) -> None:
    cc.send(Ports.unconnected, "value")
    cc.send(Ports.outs, "value", index=2)
    cc.send_packet(Ports.unconnected, Packet("value", 5))
    assert call.sent == []


def test_send_what_is_of_another_type(call: Invocation, cc: gf.Context) -> None:
    with pytest.raises(TypeError, match='output stream "OUT" takes int, not str'):
        cc.send(Ports.out, cast("int", "1"))
    with pytest.raises(TypeError, match='output stream "OUT" takes int, not str'):
        cc.send_packet(Ports.out, Packet("1", 5))
    assert call.sent == []


def test_set_side_packets(call: Invocation, cc: gf.Context) -> None:
    cc.set_side_packet(Ports.set, 1)
    cc.set_side_packet(Ports.sets, "a", index=1)
    cc.set_side_packet(Ports.sets, "b", index=2)
    assert call.affect().side_packets == [(0, 1), (2, "a")]
    with pytest.raises(TypeError, match='output side packet "SET" takes int, not str'):
        cc.set_side_packet(Ports.set, cast("int", "1"))


def test_flush_hands_out_what_was_sent_once(call: Invocation) -> None:
    flushed: Flushed = []
    cc = context(call, lambda call, sent: flushed.append((call, sent)))
    cc.send(Ports.out, 1, 1)
    cc.flush()
    cc.send(Ports.out, 2, 2)
    assert flushed == [(call, [(0, Packet(1, 1))])]
    assert call.sent == [(0, Packet(2, 2))]


def test_next_timestamp_bound(call: Invocation) -> None:
    cc = context(call)
    assert cc.next_timestamp_bound(Ports.out) == gf.Timestamp.PRE_STREAM
    cc.send(Ports.out, 1, 5)
    assert cc.next_timestamp_bound(Ports.out) == 6
    cc.set_next_timestamp_bound(Ports.out, 4)
    assert cc.next_timestamp_bound(Ports.out) == 6
    cc.set_next_timestamp_bound(Ports.out, 9)
    assert cc.next_timestamp_bound(Ports.out) == 9
    assert not cc.is_closed(Ports.out)
    cc.close(Ports.out)
    assert cc.is_closed(Ports.out)
    assert cc.is_closed(Ports.out, index=7)


def test_report(call: Invocation) -> None:
    reported = []
    context(call, report=lambda *progress: reported.append(progress)).report(3, 20)
    assert reported == [("ports", 3, 20)]
    context(call).report(3, 20)


def test_warn(call: Invocation, caplog: pytest.LogCaptureFixture) -> None:
    warned: list[tuple[str, str]] = []
    context(call, warn=lambda *warning: warned.append(warning)).warn("text is cut")
    assert warned == [("ports", "text is cut")]
    assert not caplog.records
    context(call).warn("text is cut")
    assert [record.getMessage() for record in caplog.records] == ['node "ports": text is cut']


def test_it_shows_what_its_users_may_use_and_no_more(cc: gf.Context) -> None:
    shown = {name for name in dir(cc) if not name.startswith("_")}
    assert shown == set(re.findall(r"`cc\.(\w+)", README.read_text()))
