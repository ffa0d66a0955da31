"""SidePacketToStreamCalculator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import graphframe as gf


class SidePacketToStreamCalculator(gf.Calculator):
    """A calculator that sends side packets on output streams: the first side packet on the first stream, and so on.

    The output streams must all have the same tag. It sets the timestamps of the packets.

    Input streams
    -------------
    TICK : any, optional
        The ticks for AT_TICK and AT_FIRST_TICK.

    Input side packets
    ------------------
    (no tag) : any, multiple
        The values.
    TIMESTAMP : int, optional
        The timestamp for AT_TIMESTAMP.

    Output streams
    --------------
    AT_PRESTREAM, AT_POSTSTREAM : any, multiple, optional
        One packet before or after the packets of all other streams.
    AT_ZERO : any, multiple, optional
        One packet at timestamp 0.
    AT_TIMESTAMP : any, multiple, optional
        One packet at the timestamp in the side packet TIMESTAMP.
    AT_TICK : any, multiple, optional
        One packet at each packet of TICK.
    AT_FIRST_TICK : any, multiple, optional
        One packet at the first packet of TICK.

    Example::

        node {
          calculator: "SidePacketToStreamCalculator"
          input_side_packet: "style"
          input_stream: "TICK:prompt"
          output_stream: "AT_TICK:style_of_prompt"
        }
    """

    values = gf.SideInput("", multiple=True)
    timestamp = gf.SideInput("TIMESTAMP", int, optional=True)
    tick = gf.Input("TICK", optional=True)
    at_prestream = gf.Output("AT_PRESTREAM", multiple=True, optional=True)
    at_poststream = gf.Output("AT_POSTSTREAM", multiple=True, optional=True)
    at_zero = gf.Output("AT_ZERO", multiple=True, optional=True)
    at_timestamp = gf.Output("AT_TIMESTAMP", multiple=True, optional=True)
    at_tick = gf.Output("AT_TICK", multiple=True, optional=True)
    at_first_tick = gf.Output("AT_FIRST_TICK", multiple=True, optional=True)

    _AT: ClassVar[dict[gf.Output, int | None]] = {
        at_prestream: gf.Timestamp.PRE_STREAM,
        at_poststream: gf.Timestamp.POST_STREAM,
        at_zero: 0,
        at_timestamp: None,
        at_tick: None,
        at_first_tick: None,
    }
    """The timestamp of each output; None if an input gives it."""

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        connected = [port for port in cls.contract.outputs if node.connected(port)]
        if len(connected) != 1:
            tags = ", ".join(port.tag for port in cls.contract.outputs)
            yield f"{cls.__name__} needs output streams of one of these tags: {tags}"
            return
        (output,) = connected
        if node.connected(output) != node.connected(cls.values):
            yield f"{cls.__name__} needs an output stream for each input side packet without a tag"
        ticks = output in (cls.at_tick, cls.at_first_tick)
        if ticks != bool(node.connected(cls.tick)):
            yield f"{cls.__name__} needs the input stream TICK for AT_TICK and AT_FIRST_TICK, and only for these"
        if (output is cls.at_timestamp) != bool(node.connected(cls.timestamp)):
            yield f"{cls.__name__} needs the input side packet TIMESTAMP for AT_TIMESTAMP, and only for that"

    def open(self, cc: gf.Context) -> None:
        ((self.output, self.at),) = ((port, at) for port, at in self._AT.items() if cc.connected(port))
        if cc.has(self.timestamp):
            self.at = cc[self.timestamp]
        self.done = False

    def process(self, cc: gf.Context) -> None:
        if self.done:
            return
        for index, value in enumerate(cc.values(self.values)):
            cc.send(self.output, value, cc.timestamp if self.at is None else self.at, index=index)
            if self.output is self.at_first_tick:
                self.done = True
                cc.close(self.output, index=index)
        if not cc.connected(self.tick):
            cc.stop()
