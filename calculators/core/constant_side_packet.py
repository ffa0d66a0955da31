"""ConstantSidePacketCalculator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import graphframe as gf
from graphframe.calculators.core.constant_side_packet_pb2 import ConstantSidePacketCalculatorOptions


class ConstantSidePacketCalculator(gf.Calculator):
    """A calculator that sets side packets to the values of its options.

    Output side packets
    -------------------
    PACKET : any, multiple
        The values, in the order of the options: bool, int, float, str, or a list of one of them.

    Options
    -------
    packet : repeated ConstantSidePacket
        One value for each output side packet: ``int_value``, ``uint64_value``, ``int64_value``, ``float_value``,
        ``double_value``, ``bool_value``, ``string_value``, or a list of them in ``string_vector_value``,
        ``float_vector_value`` or ``int_vector_value``.

    Example::

        node {
          calculator: "ConstantSidePacketCalculator"
          output_side_packet: "PACKET:0:count"
          output_side_packet: "PACKET:1:style"
          options {
            [graphframe.ConstantSidePacketCalculatorOptions.ext] {
              packet { int_value: 3 }
              packet { string_value: "oil" }
            }
          }
        }
    """

    values = gf.SideOutput("PACKET", multiple=True)
    options = gf.Options(ConstantSidePacketCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        packets = node[cls.options].packet
        if len(packets) != node.connected(cls.values):
            yield f"{cls.__name__} needs a packet in its options for each output side packet"
        for index, packet in enumerate(packets):
            if packet.WhichOneof("value") is None:
                yield f"packet {index} of the options has no value"

    def open(self, cc: gf.Context) -> None:
        for index, packet in enumerate(cc[self.options].packet):
            cc.set_side_packet(self.values, _value(packet), index=index)


def _value(packet: ConstantSidePacketCalculatorOptions.ConstantSidePacket) -> Any:
    field = packet.WhichOneof("value")
    value = None if field is None else getattr(packet, field)
    if isinstance(value, ConstantSidePacketCalculatorOptions.StringVector):
        return list(value.string_value)
    if isinstance(value, ConstantSidePacketCalculatorOptions.FloatVector):
        return list(value.float_value)
    if isinstance(value, ConstantSidePacketCalculatorOptions.IntVector):
        return list(value.int_value)
    return value
