"""MakePairCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf


class MakePairCalculator(gf.Calculator):
    """A calculator that joins the packets of two streams into pairs.

    Input streams
    -------------
    (no tag) : any, multiple
        The two streams.

    Output streams
    --------------
    (no tag) : tuple
        The pair of values at each timestamp; None where a stream has no packet.

    Example::

        node {
          calculator: "MakePairCalculator"
          input_stream: "prompt"
          input_stream: "image"
          output_stream: "prompt_and_image"
        }
    """

    given = gf.Input("", multiple=True)
    pair = gf.Output("", tuple)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        if node.connected(cls.given) != 2:
            yield f"{cls.__name__} needs two input streams"

    def process(self, cc: gf.Context) -> None:
        cc.send(self.pair, tuple(cc.values(self.given)))
