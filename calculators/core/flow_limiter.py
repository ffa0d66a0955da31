"""FlowLimiterCalculator."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.flow_limiter_pb2 import FlowLimiterCalculatorOptions


class FlowLimiterCalculator(gf.Calculator):
    """Drops packets that come faster than what follows can work them off, so that it always works on the newest.

    Each input stream (without a tag) has an output stream at the same place. The first one counts: a packet of it
    passes if fewer than `max_in_flight` are under way, or waits for that. The others follow it: their packets pass if
    the last one of the first stream at or before their timestamp did. FINISHED is a back edge, from the end of what is
    limited: a timestamp is finished when FINISHED has a packet there or settles. ALLOW gets, at each timestamp of the
    first stream, whether its packet passed; dropped timestamps settle at once.

    Options: `max_in_flight` (1; the input side packet MAX_IN_FLIGHT wins), how many are under way at once;
    `max_in_queue` (0), how many more wait, of which the oldest are dropped when there are too many; `in_flight_timeout`
    (0, for never), after how much time of the stream itself one counts as finished anyway.

    Example::

        node {
          calculator: "FlowLimiterCalculator"
          input_stream: "frame"
          input_stream: "FINISHED:result"
          input_stream_info { tag_index: "FINISHED" back_edge: true }
          output_stream: "limited_frame"
          output_stream: "ALLOW:passed"
          options { [graphframe.FlowLimiterCalculatorOptions.ext] { max_in_flight: 1 max_in_queue: 1 } }
        }
        node { calculator: "PassThroughCalculator" input_stream: "limited_frame" output_stream: "result" }
    """

    input_policy = gf.input_policy.Immediate()
    process_timestamp_bounds = True
    timestamp_offset = None
    given = gf.Input("", multiple=True)
    finished = gf.Input("FINISHED")
    max_in_flight = gf.SideInput("MAX_IN_FLIGHT", int, optional=True)
    limited = gf.Output("", multiple=True, same_as=given)
    allow = gf.Output("ALLOW", bool, optional=True)
    options = gf.Options(FlowLimiterCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodePlan) -> Iterable[str]:
        if len(node.slots[cls.given]) != len(node.slots[cls.limited]):
            yield f"{cls.__name__} needs an output stream without a tag for each input stream without one"
        options = node.options.get(FlowLimiterCalculatorOptions, FlowLimiterCalculatorOptions())
        for name, least in (("max_in_flight", 1), ("max_in_queue", 0), ("in_flight_timeout", 0)):
            if getattr(options, name) < least:
                yield f"{name} is {getattr(options, name)}, but must be at least {least}"

    def open(self, cc: gf.Context) -> None:
        options = cc[self.options]
        self.most = cc.get(self.max_in_flight, options.max_in_flight)
        if self.most < 1:
            raise ValueError(f"MAX_IN_FLIGHT is {self.most}, but must be at least 1")
        self.most_waiting = options.max_in_queue
        self.timeout = options.in_flight_timeout
        self.in_flight: deque[int] = deque()
        self.queues: list[deque[gf.Packet]] = [deque() for _ in range(cc.connected(self.given))]
        self.decisions: deque[tuple[int, bool]] = deque([(gf.Timestamp.PRE_STREAM, True)])
        """Timestamps of the first stream, and whether they passed; kept while other streams may ask."""

    def process(self, cc: gf.Context) -> None:
        for queue, packet in zip(self.queues, cc.packets, strict=False):  # FINISHED is the last of an input set
            if packet is not None:
                queue.append(packet)
        self._end_finished(cc)
        decided = self._decide(cc)
        cc.set_next_timestamp_bound(self.limited, decided)
        cc.set_next_timestamp_bound(self.allow, decided)
        asked = [self._follow(cc, index, decided) for index in range(1, len(self.queues))]
        while len(self.decisions) > 1 and self.decisions[1][0] <= min(asked, default=decided):
            self.decisions.popleft()

    def _end_finished(self, cc: gf.Context) -> None:
        bound = cc.bound(self.finished)
        if self.timeout and cc.has(self.given):
            bound = max(bound, cc.timestamp - self.timeout)
        while self.in_flight and self.in_flight[0] < bound:
            self.in_flight.popleft()

    def _decide(self, cc: gf.Context) -> int:
        """Let packets of the first stream pass, or drop them; returns the least timestamp that is not decided."""
        queue = self.queues[0]
        unlimited = cc.bound(self.finished) == gf.Timestamp.DONE  # nobody is left to tell what is finished
        while queue and (unlimited or len(self.in_flight) < self.most):
            packet = queue.popleft()
            cc.send_packet(self.limited, packet)
            self.in_flight.append(packet.timestamp)
            self._tell(cc, packet, allow=True)
        while len(queue) > self.most_waiting:
            self._tell(cc, queue.popleft(), allow=False)
        return queue[0].timestamp if queue else cc.bound(self.given)

    def _tell(self, cc: gf.Context, packet: gf.Packet, *, allow: bool) -> None:
        cc.send(self.allow, allow, packet.timestamp)
        self.decisions.append((packet.timestamp, allow))

    def _follow(self, cc: gf.Context, index: int, decided: int) -> int:
        """Do what was decided with packets of another stream; returns the least timestamp that it still asks for."""
        queue = self.queues[index]
        while queue and queue[0].timestamp < decided:
            packet = queue.popleft()
            if next(allow for at, allow in reversed(self.decisions) if at <= packet.timestamp):
                cc.send_packet(self.limited, packet, index=index)
        bound = queue[0].timestamp if queue else cc.bound(self.given, index=index)
        cc.set_next_timestamp_bound(self.limited, bound, index=index)
        return bound
