"""FlowLimiterCalculator."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.flow_limiter_pb2 import FlowLimiterCalculatorOptions


class FlowLimiterCalculator(gf.Calculator):
    """A limiter that drops packets when the nodes after it are too slow, so that they process recent packets.

    The first input stream decides. Its packets pass while fewer than `max_in_flight` timestamps are in flight; a
    timestamp is in flight until FINISHED has a packet at it or settles. Packets of the other input streams pass if the
    latest packet of the first stream, at or before their timestamp, passed. Timestamps of dropped packets settle
    immediately.

    Input streams
    -------------
    (no tag) : any, multiple
        The packets to limit. The first stream decides.
    FINISHED : any
        A back edge from the end of the limited part of the graph.

    Input side packets
    ------------------
    MAX_IN_FLIGHT : int, optional
        Overrides the option.
    OPTIONS : FlowLimiterCalculatorOptions, optional
        Its fields override those of the node's options.

    Output streams
    --------------
    (no tag) : any, multiple
        The packets that pass, one stream for each input stream.
    ALLOW : bool, optional
        Whether the packet passed, for each packet of the first input stream.

    Options
    -------
    max_in_flight : int, default 1
        The largest number of timestamps in flight, at least 1.
    max_in_queue : int, default 0
        The largest number of packets that wait for a timestamp to finish. The oldest ones are dropped first.
    in_flight_timeout : int, default 0
        The difference of timestamps after which a timestamp counts as finished. 0 means never.

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
    overriding = gf.SideInput("OPTIONS", FlowLimiterCalculatorOptions, optional=True)
    limited = gf.Output("", multiple=True, same_as=given)
    allow = gf.Output("ALLOW", bool, optional=True)
    options = gf.Options(FlowLimiterCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        if node.connected(cls.given) != node.connected(cls.limited):
            yield f"{cls.__name__} needs an output stream without a tag for each input stream without one"
        yield from _too_small(node[cls.options])

    def open(self, cc: gf.Context) -> None:
        options = FlowLimiterCalculatorOptions()
        options.CopyFrom(cc[self.options])
        if cc.has(self.overriding):
            options.MergeFrom(cc[self.overriding])
            if problems := list(_too_small(options)):
                raise ValueError(f"OPTIONS: {'; '.join(problems)}")
        self.most = cc.get(self.max_in_flight, options.max_in_flight)
        if self.most < 1:
            raise ValueError(f"MAX_IN_FLIGHT is {self.most}, but must be at least 1")
        self.most_waiting = options.max_in_queue
        self.timeout = options.in_flight_timeout
        self.in_flight: deque[int] = deque()
        self.queues: list[deque[gf.Packet]] = [deque() for _ in range(cc.connected(self.given))]
        self.decisions: deque[tuple[int, bool]] = deque([(gf.Timestamp.PRE_STREAM, True)])
        """The timestamps of the first stream and whether they passed, as long as other streams need them."""

    def process(self, cc: gf.Context) -> None:
        for queue, packet in zip(self.queues, cc.packets(self.given), strict=True):
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
        """Pass or drop packets of the first stream; return the smallest undecided timestamp."""
        queue = self.queues[0]
        unlimited = cc.bound(self.finished) == gf.Timestamp.DONE  # FINISHED can report nothing more
        while queue and (unlimited or len(self.in_flight) < self.most):
            packet = queue.popleft()
            cc.send_packet(self.limited, packet)
            self.in_flight.append(packet.timestamp)
            self._decide_on(cc, packet, allow=True)
        while len(queue) > self.most_waiting:
            self._decide_on(cc, queue.popleft(), allow=False)
        return queue[0].timestamp if queue else cc.bound(self.given)

    def _decide_on(self, cc: gf.Context, packet: gf.Packet, *, allow: bool) -> None:
        cc.send(self.allow, allow, packet.timestamp)
        self.decisions.append((packet.timestamp, allow))

    def _follow(self, cc: gf.Context, index: int, decided: int) -> int:
        """Pass or drop packets of another stream; return the smallest timestamp whose decision it still needs."""
        queue = self.queues[index]
        while queue and queue[0].timestamp < decided:
            packet = queue.popleft()
            if next(allow for at, allow in reversed(self.decisions) if at <= packet.timestamp):
                cc.send_packet(self.limited, packet, index=index)
        bound = queue[0].timestamp if queue else cc.bound(self.given, index=index)
        cc.set_next_timestamp_bound(self.limited, bound, index=index)
        return bound


def _too_small(options: FlowLimiterCalculatorOptions) -> Iterable[str]:
    for name, least in (("max_in_flight", 1), ("max_in_queue", 0), ("in_flight_timeout", 0)):
        if getattr(options, name) < least:
            yield f"{name} is {getattr(options, name)}, but must be at least {least}"
