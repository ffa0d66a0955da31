"""PreviousLoopbackCalculator."""

from __future__ import annotations

from collections import deque

import graphframe as gf


class PreviousLoopbackCalculator(gf.Calculator):
    """Hands a result back: PREV_LOOP gets, at each packet of MAIN, what LOOP had for the packet of MAIN before.

    LOOP is a back edge, from a node that works on MAIN and PREV_LOOP. For the first packet of MAIN, and after one for
    which LOOP had nothing, PREV_LOOP has no packet: it settles.

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
        """Timestamps of MAIN, each with the one before, that PREV_LOOP has no answer to yet."""
        self.previous: int = gf.Timestamp.UNSTARTED
        self.results: deque[gf.Packet] = deque()

    def process(self, cc: gf.Context) -> None:
        if cc.has(self.main):
            self.waiting.append((cc.timestamp, self.previous))
            self.previous = cc.timestamp
        if cc.has(self.loop):
            self.results.append(gf.Packet(cc[self.loop], cc.timestamp))
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
