"""PreviousLoopbackCalculator."""

from __future__ import annotations

from collections import deque

import graphframe as gf


class PreviousLoopbackCalculator(gf.Calculator):
    """A calculator that returns the result for the previous packet with each packet of MAIN.

    PREV_LOOP has no packet at the first timestamp of MAIN, and none where LOOP had none at the timestamp before: it
    settles there.

    Input streams
    -------------
    MAIN : any
        The packets that set the timestamps.
    LOOP : any
        A back edge with the results, from a node that uses MAIN and PREV_LOOP.

    Output streams
    --------------
    PREV_LOOP : any
        The packet of LOOP at the previous timestamp of MAIN.

    Example::

        node {
          calculator: "PreviousLoopbackCalculator"
          input_stream: "MAIN:image"
          input_stream: "LOOP:merged"
          input_stream_info { tag_index: "LOOP" back_edge: true }
          output_stream: "PREV_LOOP:merged_before"
        }
        node {
          calculator: "MergeCalculator"
          input_stream: "merged_before"
          input_stream: "image"
          output_stream: "merged"
        }
    """

    input_policy = gf.input_policy.Immediate()
    process_timestamp_bounds = True
    timestamp_offset = None
    main = gf.Input("MAIN")
    loop = gf.Input("LOOP")
    prev_loop = gf.Output("PREV_LOOP", same_as=loop)

    def open(self, cc: gf.Context) -> None:
        self.waiting: deque[tuple[int, int]] = deque()
        """The timestamps of MAIN that PREV_LOOP has not answered, each with the timestamp before."""
        self.previous: int = gf.Timestamp.UNSTARTED
        self.results: deque[gf.Packet] = deque()

    def process(self, cc: gf.Context) -> None:
        if cc.has(self.main):
            self.waiting.append((cc.timestamp, self.previous))
            self.previous = cc.timestamp
        result = cc.packet(self.loop)
        if result is not None:
            self.results.append(result)
        while self.waiting:
            timestamp, wanted = self.waiting[0]
            while self.results and self.results[0].timestamp < wanted:
                self.results.popleft()
            if self.results and self.results[0].timestamp == wanted:
                cc.send(self.prev_loop, self.results.popleft().value, timestamp)
            elif wanted != gf.Timestamp.UNSTARTED and cc.bound(self.loop) <= wanted:
                break
            self.waiting.popleft()
        bound = self.waiting[0][0] if self.waiting else cc.bound(self.main)
        cc.set_next_timestamp_bound(self.prev_loop, bound)
