"""PacketThinnerCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.packet_thinner_pb2 import PacketThinnerCalculatorOptions


class PacketThinnerCalculator(gf.Calculator):
    """A calculator that drops packets so that at most one remains in each period.

    Packets before `start_time`, and at or after `end_time`, are dropped.

    Input streams
    -------------
    (no tag) : any
        The packets.

    Input side packets
    ------------------
    PERIOD : int, optional
        Overrides the option.

    Output streams
    --------------
    (no tag) : any
        The remaining packets.

    Options
    -------
    thinner_type : ThinnerType, default ASYNC
        ``ASYNC`` drops the packets in the `period` after each packet that it sends. ``SYNC`` has periods that are
        centred at `start_time`, `start_time` + `period` and so on, and sends the packet that is nearest to the centre
        of each period (the later of two).
    period : int, default 1
        The length of a period in the unit of timestamps, at least 1.
    start_time : int, optional
        The first timestamp that passes. The default is 0 with ``SYNC``, and none with ``ASYNC``.
    end_time : int, optional
        The first timestamp that does not pass any more.
    sync_output_timestamps : bool, default true
        Whether ``SYNC`` sends packets at the centres of the periods. Otherwise they keep their timestamps.
    update_frame_rate : bool, default false
        No effect, since streams have no headers.

    Example::

        node {
          calculator: "PacketThinnerCalculator"
          input_stream: "frame"
          output_stream: "some_frames"
          options { [graphframe.PacketThinnerCalculatorOptions.ext] { thinner_type: SYNC period: 10 } }
        }
    """

    given = gf.Input("")
    period = gf.SideInput("PERIOD", int, optional=True)
    thinned = gf.Output("", same_as=given)
    options = gf.Options(PacketThinnerCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        options = node[cls.options]
        if options.period < 1:
            yield f"period is {options.period}, but must be at least 1"
        start, end = _span(options)
        if start >= end:
            yield f"start_time {start} must come before end_time {end}"

    def open(self, cc: gf.Context) -> None:
        options = cc[self.options]
        self.every = cc.get(self.period, options.period)
        if self.every < 1:
            raise ValueError(f"PERIOD is {self.every}, but must be at least 1")
        self.start, self.end = _span(options)
        self.next = self.start
        self.saved: gf.Packet | None = None
        self.process_one = self._process_async
        if options.thinner_type == PacketThinnerCalculatorOptions.SYNC:
            self.process_one = self._process_sync
            cc.set_offset(None)
        cc.set_next_timestamp_bound(self.thinned, self.start)

    def process(self, cc: gf.Context) -> None:
        if cc.timestamp >= self.end:
            self.close(cc)
            cc.close(self.thinned)
        elif cc.timestamp >= self.start:
            self.process_one(cc)

    def close(self, cc: gf.Context) -> None:
        if self.saved is not None:
            cc.send(self.thinned, self.saved.value, self._sent_at(cc, self.saved.timestamp))
            self.saved = None

    def _process_async(self, cc: gf.Context) -> None:
        if cc.timestamp >= self.next:
            cc.send(self.thinned, cc[self.given])
            self.next = cc.timestamp + self.every
            cc.set_next_timestamp_bound(self.thinned, self.next)

    def _process_sync(self, cc: gf.Context) -> None:
        now, centre = cc.timestamp, self._centre(cc.timestamp)
        if self.saved is not None:
            before = self.saved.timestamp
            if self._centre(before) == centre and abs(now - centre) > abs(before - centre):
                return
            if self._centre(before) != centre:
                self.close(cc)
        self.saved = gf.Packet(cc[self.given], now)
        cc.set_next_timestamp_bound(self.thinned, self._sent_at(cc, now))

    def _centre(self, timestamp: int) -> int:
        """Return the centre of the period of `timestamp`."""
        return self.start + (timestamp - self.start + self.every // 2) // self.every * self.every

    def _sent_at(self, cc: gf.Context, timestamp: int) -> int:
        return self._centre(timestamp) if cc[self.options].sync_output_timestamps else timestamp


def _span(options: PacketThinnerCalculatorOptions) -> tuple[int, int]:
    """Return the first timestamp that passes, and the first one after it that does not."""
    start = 0 if options.thinner_type == PacketThinnerCalculatorOptions.SYNC else gf.Timestamp.MIN
    if options.HasField("start_time"):
        start = options.start_time
    return start, options.end_time if options.HasField("end_time") else gf.Timestamp.MAX
