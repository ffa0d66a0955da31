"""PacketSequencerCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf


class PacketSequencerCalculator(gf.Calculator):
    """A calculator that gives packets the timestamp after the latest TICK, whatever their own is.

    A packet of INPUT thus applies from the next tick on, e.g. as the selection of a `SwitchContainer`, although it is
    rare and its stream has no bound. Each tick settles the outputs up to its timestamp. A packet of INPUT in the input
    set of a tick applies to that tick already.

    Input streams
    -------------
    INPUT : any, multiple
        The packets.
    TICK : any, multiple
        The timestamps.

    Output streams
    --------------
    OUTPUT : any, multiple
        The packets of the INPUT stream of the same index.

    Example::

        node {
          calculator: "PacketSequencerCalculator"
          input_stream: "INPUT:selection"
          input_stream: "TICK:image"
          output_stream: "OUTPUT:selection_of_image"
        }
    """

    input_policy = gf.input_policy.Immediate()
    timestamp_offset = None
    given = gf.Input("INPUT", multiple=True)
    tick = gf.Input("TICK", multiple=True)
    sequenced = gf.Output("OUTPUT", multiple=True, same_as=given)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        if node.connected(cls.given) != node.connected(cls.sequenced):
            yield f"{cls.__name__} needs an OUTPUT output stream for each INPUT input stream"

    def process(self, cc: gf.Context) -> None:
        ticked = any(packet is not None for packet in cc.packets(self.tick))
        for index, packet in enumerate(cc.packets(self.given)):
            if packet is not None:
                timestamp = max(gf.Timestamp.MIN, cc.next_timestamp_bound(self.sequenced, index=index))
                cc.send(self.sequenced, packet.value, timestamp, index=index)
            if ticked:
                bound = gf.Timestamp.next_allowed_in_stream(cc.timestamp)
                cc.set_next_timestamp_bound(self.sequenced, bound, index=index)
