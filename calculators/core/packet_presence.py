"""PacketPresenceCalculator."""

from __future__ import annotations

import graphframe as gf


class PacketPresenceCalculator(gf.Calculator):
    """A calculator that sends whether a stream has a packet, at each timestamp that settles.

    Input streams
    -------------
    PACKET : any
        The stream.

    Output streams
    --------------
    PRESENCE : bool
        True for a packet, and false for a bound that advances without one.

    Example::

        node {
          calculator: "PacketPresenceCalculator"
          input_stream: "PACKET:mask"
          output_stream: "PRESENCE:has_mask"
        }
    """

    process_timestamp_bounds = True
    given = gf.Input("PACKET")
    presence = gf.Output("PRESENCE", bool)

    def process(self, cc: gf.Context) -> None:
        if gf.Timestamp.is_allowed_in_stream(cc.timestamp):
            cc.send(self.presence, cc.has(self.given))
