"""PassThroughCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf


class PassThroughCalculator(gf.Calculator):
    """Sends each packet on as it is: from each input stream to the output stream of the same tag and index.

    Example::

        node {
          calculator: "PassThroughCalculator"
          input_stream: "IMAGE:image"
          output_stream: "IMAGE:same_image"
        }
    """

    streams_in = gf.Input("*")
    streams_out = gf.Output("*", same_as=streams_in)

    @classmethod
    def check(cls, node: gf.NodePlan) -> Iterable[str]:
        """Input and output streams must match."""
        places = [[(slot.spec.tag, slot.spec.index) for slot in slots] for slots in (node.inputs, node.outputs)]
        if places[0] != places[1]:
            yield f"{cls.__name__} needs an output stream for each input stream, of the same tag and index"

    def process(self, cc: gf.Context) -> None:
        for index, packet in enumerate(cc.packets):
            if packet is not None:
                cc.send_packet(self.streams_out, packet, index=index)
