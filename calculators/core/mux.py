"""MuxCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf


class _MuxIfSelected(gf.input_policy.Mux):
    """The policy `Mux` if SELECT is a stream, or `Default` if it is a side packet."""

    def bind(self, node: gf.NodeInfo) -> gf.input_policy.InputPolicy:
        return super().bind(node) if node.connected(MuxCalculator.select) else gf.input_policy.Default()


class MuxCalculator(gf.Calculator):
    """A multiplexer: sends the packets of the input stream whose index SELECT gives.

    SELECT must be connected either as a stream or as a side packet. With a stream, the node waits for SELECT and for
    the selected INPUT only, and drops the packets of the others. It sends nothing at timestamps without a SELECT
    packet.

    Input streams
    -------------
    INPUT : any, multiple
        The packets.
    SELECT : int, optional
        The index of the INPUT stream for the packet's timestamp.

    Input side packets
    ------------------
    SELECT : int, optional
        The index of the INPUT stream for the whole run.

    Output streams
    --------------
    OUTPUT : any
        The packets of the selected stream.

    Example::

        node {
          calculator: "MuxCalculator"
          input_stream: "INPUT:0:preview"
          input_stream: "INPUT:1:image"
          input_stream: "SELECT:quality"
          output_stream: "OUTPUT:chosen"
        }
    """

    input_policy = _MuxIfSelected()
    given = gf.Input("INPUT", multiple=True)
    select = gf.Input("SELECT", int, optional=True)
    select_once = gf.SideInput("SELECT", int, optional=True)
    output = gf.Output("OUTPUT")

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        if node.connected(cls.select) + node.connected(cls.select_once) != 1:
            yield f"{cls.__name__} needs SELECT, either as an input stream or as an input side packet"

    def open(self, cc: gf.Context) -> None:
        if cc.has(self.select_once):
            self._check(cc, cc[self.select_once])

    def process(self, cc: gf.Context) -> None:
        if cc.has(self.select_once):
            chosen = cc[self.select_once]
        elif cc.has(self.select):
            chosen = cc[self.select]
            self._check(cc, chosen)
        else:
            return
        packet = cc.packet(self.given, index=chosen)
        if packet is not None:
            cc.send_packet(self.output, packet)

    def _check(self, cc: gf.Context, chosen: int) -> None:
        last = cc.connected(self.given) - 1
        if not 0 <= chosen <= last:
            raise ValueError(f"SELECT is {chosen}, but the INPUT streams are numbered 0 to {last}")
