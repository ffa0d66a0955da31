"""PassThroughCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf


class PassThroughCalculator(gf.Calculator):
    """A calculator that sends each packet unchanged to the output stream of the same tag and index.

    Input streams
    -------------
    * : any, multiple
        The packets, with any tags.

    Output streams
    --------------
    * : any, multiple
        The same packets.

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
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        """Yield a message if the output streams do not match the input streams."""
        given = [(spec.tag, spec.index) for spec in node.inputs]
        if given != [(spec.tag, spec.index) for spec in node.outputs]:
            yield f"{cls.__name__} needs an output stream for each input stream, of the same tag and index"

    def process(self, cc: gf.Context) -> None:
        cc.forward(self.streams_in, self.streams_out)
