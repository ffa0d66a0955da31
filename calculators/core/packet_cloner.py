"""PacketClonerCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.packet_cloner_pb2 import PacketClonerCalculatorOptions


class PacketClonerCalculator(gf.Calculator):
    """A calculator that sends the latest packet of each input stream again at every tick.

    A stream without a packet so far is skipped.

    Input streams
    -------------
    (no tag) : any, multiple
        The packets to send again.
    TICK : any, optional
        The ticks. If TICK is not connected, the last untagged input stream is the tick, as in older graphs of
        MediaPipe.

    Output streams
    --------------
    (no tag) : any, multiple
        The latest packets at the timestamps of the ticks, one stream for each untagged input stream but the tick.

    Options
    -------
    output_only_when_all_inputs_received : bool, default false
        Whether to send nothing until every input stream has had a packet.
    output_packets_only_when_all_inputs_received : bool, default false
        The same.

    Example::

        node {
          calculator: "PacketClonerCalculator"
          input_stream: "prompt"
          input_stream: "TICK:image"
          output_stream: "prompt_of_image"
        }
    """

    given = gf.Input("", multiple=True)
    tick = gf.Input("TICK", optional=True)
    cloned = gf.Output("", multiple=True, same_as=given)
    options = gf.Options(PacketClonerCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        untagged, outputs = node.connected(cls.given), node.connected(cls.cloned)
        if untagged - (not node.connected(cls.tick)) != outputs:
            yield f"{cls.__name__} needs an output stream for each input stream except the tick"

    def open(self, cc: gf.Context) -> None:
        options = cc[self.options]
        self.waits = (
            options.output_only_when_all_inputs_received or options.output_packets_only_when_all_inputs_received
        )
        self.latest: list[gf.Packet | None] = [None] * cc.connected(self.cloned)

    def process(self, cc: gf.Context) -> None:
        given = cc.packets(self.given)
        self.latest = [new or old for new, old in zip(given, self.latest, strict=False)]
        if self._tick(cc) is None or (self.waits and None in self.latest):
            return
        for index, packet in enumerate(self.latest):
            if packet is not None:
                cc.send(self.cloned, packet.value, index=index)

    def _tick(self, cc: gf.Context) -> gf.Packet | None:
        if cc.connected(self.tick):
            return cc.packet(self.tick)
        return cc.packet(self.given, index=len(self.latest))
