"""Calculators that move bounds; most are those of MediaPipe's calculator_graph_bounds_test.cc."""

from __future__ import annotations

import graphframe as gf
from graphframe import Timestamp


@gf.register
class OffsetBoundCalculator(gf.Calculator):
    """Sends nothing, but promises that."""

    value = gf.Input("", int)
    bound = gf.Output("", int)

    def process(self, cc: gf.Context) -> None:
        """Its offset is enough."""


@gf.register
class ProcessBoundToPacketCalculator(gf.Calculator):
    """Sends a packet for each timestamp that is settled on an input, to the output of the same index."""

    input_policy = gf.input_policy.Immediate()
    process_timestamp_bounds = True
    timestamp_offset = None
    values = gf.Input("", multiple=True)
    settled = gf.Output("", int, multiple=True)

    def open(self, cc: gf.Context) -> None:
        self.sent = [Timestamp.UNSTARTED] * cc.connected(self.values)

    def process(self, cc: gf.Context) -> None:
        for index, (packet, last) in enumerate(zip(cc.packets(self.values), self.sent, strict=True)):
            at = packet.timestamp if packet is not None else cc.bound(self.values, index=index) - 1
            if at == cc.timestamp and at > last and Timestamp.is_allowed_in_stream(at):
                self.sent[index] = at
                cc.send(self.settled, at, at, index=index)


@gf.register
class ImmediatePassthroughCalculator(gf.Calculator):
    """Passes on each packet, and each bound, of each stream on its own."""

    input_policy = gf.input_policy.Immediate()
    process_timestamp_bounds = True
    timestamp_offset = None
    values = gf.Input("", multiple=True)
    same = gf.Output("", multiple=True)

    def process(self, cc: gf.Context) -> None:
        for index, packet in enumerate(cc.packets(self.values)):
            if packet is not None:
                cc.send(self.same, packet.value, index=index)
            else:
                bound = cc.bound(self.values, index=index)
                cc.set_next_timestamp_bound(self.same, bound, index=index)


@gf.register
class LastPacketCalculator(gf.Calculator):
    """Sends the last packet of its input, once it is known to be that."""

    timestamp_offset = None
    value = gf.Input("")
    last = gf.Output("")

    def process(self, cc: gf.Context) -> None:
        cc.set_next_timestamp_bound(self.last, cc.timestamp)
        self.kept = cc[self.value], cc.timestamp

    def close(self, cc: gf.Context) -> None:
        cc.send(self.last, *self.kept)


@gf.register
class OccasionalBoundCalculator(gf.Calculator):
    """Settles every other timestamp."""

    timestamp_offset = None
    value = gf.Input("", int)
    nothing = gf.Output("", int)

    def process(self, cc: gf.Context) -> None:
        if cc.timestamp % 20 == 0:
            cc.set_next_timestamp_bound(self.nothing, cc.timestamp + 1)


@gf.register
class OutputAndBoundSourceCalculator(gf.Calculator):
    """Sends 0, 1 ... 100 at 0, 20 ... 2000, and settles what is between."""

    timestamp_offset = None
    number = gf.Output("", int)

    def open(self, cc: gf.Context) -> None:
        self.counter = 0

    def process(self, cc: gf.Context) -> None:
        if self.counter % 20 == 0:
            cc.send(self.number, self.counter // 20, self.counter)
        else:
            cc.set_next_timestamp_bound(self.number, self.counter)
        if self.counter == 2000:
            cc.stop()
        self.counter += 10


@gf.register
class Delay20Calculator(gf.Calculator):
    """Sends 0 at 0, and then what it gets 20 later."""

    timestamp_offset = 20
    value = gf.Input("", int)
    later = gf.Output("", int)

    def open(self, cc: gf.Context) -> None:
        cc.send(self.later, 0, 0)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.later, cc[self.value], cc.timestamp + 20)


@gf.register
class EvenIntFilterCalculator(gf.Calculator):
    """Sends on even numbers only; that nothing comes for the odd ones is known at once."""

    value = gf.Input("", int)
    even = gf.Output("", int)

    def process(self, cc: gf.Context) -> None:
        if cc[self.value] % 2 == 0:
            cc.send(self.even, cc[self.value])


@gf.register
class SilentFilterCalculator(EvenIntFilterCalculator):
    """The same without a timestamp offset: no node learns of the numbers that it does not send."""

    timestamp_offset = None


@gf.register
class FuturePacketCalculator(gf.Calculator):
    """Sends what it gets 3 later, and promises that."""

    timestamp_offset = 3
    value = gf.Input("")
    later = gf.Output("")

    def process(self, cc: gf.Context) -> None:
        cc.send(self.later, cc[self.value], cc.timestamp + 3)


@gf.register
class BoundToPacketCalculator(gf.Calculator):
    """Sends a packet at each timestamp that is settled, which holds the bounds of its inputs."""

    process_timestamp_bounds = True
    values = gf.Input("", multiple=True)
    bounds = gf.Output("", list)

    def process(self, cc: gf.Context) -> None:
        count = cc.connected(self.values)
        cc.send(self.bounds, [gf.Timestamp.describe(cc.bound(self.values, index=index)) for index in range(count)])


@gf.register
class BoundLogCalculator(gf.Calculator):
    """Writes down the bounds of its inputs each time that it is called."""

    process_timestamp_bounds = True
    log = gf.SideInput("LOG", list)
    values = gf.Input("", multiple=True)

    def process(self, cc: gf.Context) -> None:
        bounds = [cc.bound(self.values, index=index) for index in range(cc.connected(self.values))]
        cc[self.log].append(tuple(map(gf.Timestamp.describe, bounds)))
