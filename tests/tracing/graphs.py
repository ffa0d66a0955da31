"""Toy graphs whose nodes spend the time of a clock that only they move."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import graphframe as gf
from graphframe.inference.activity import Inference, LaneWait, activity
from graphframe.tracing import Trace
from tests.framework.calls import POOL
from tests.framework.toys import Call
from tests.framework.waiting import SECONDS


@gf.register
class Meet(gf.Calculator):
    """Waits at the barriers that it gets."""

    barrier = gf.Input("", threading.Barrier)

    def process(self, cc: gf.Context) -> None:
        cc[self.barrier].wait(SECONDS)


MEETING = """
    input_stream: "in"
    node { name: "meet" calculator: "Meet" input_stream: "in" max_in_flight: 2 executor: "two" }
"""
MEETING += POOL % ("two", 2)


class Clock:
    """Seconds, from 0."""

    def __init__(self) -> None:
        self.seconds = 0

    def __call__(self) -> float:
        return self.seconds

    def spend(self, *seconds: int) -> Callable[[gf.Context], object]:
        """A function for `Call` that takes so long, one after another in its calls, and sends on what it gets."""
        rest = list(seconds)

        def work(cc: gf.Context) -> object:
            self.seconds += rest.pop(0) if len(rest) > 1 else rest[0]
            return cc.get(Call.inputs)

        return work

    def infer(self, model: Any, wait: int, seconds: int) -> Callable[[gf.Context], object]:
        """The same with an inference that waits for its lane first."""

        def work(cc: gf.Context) -> object:
            began = self.seconds + wait
            ended = self.seconds = began + seconds
            activity.note(LaneWait("CPU", began - wait, began))
            activity.note(Inference(model, "CPU", 0, began, ended))
            return cc.get(Call.inputs)

        return work


FAN = """
    input_stream: "in" output_stream: "left" output_stream: "right"
    input_side_packet: "first" input_side_packet: "left_work" input_side_packet: "right_work"
    node { name: "first" calculator: "Call" input_stream: "in" output_stream: "middle"
           input_side_packet: "PROCESS:first" }
    node { name: "left" calculator: "Call" input_stream: "middle" output_stream: "left"
           input_side_packet: "PROCESS:left_work" }
    node { name: "right" calculator: "Call" input_stream: "middle" output_stream: "right"
           input_side_packet: "PROCESS:right_work" }
"""
"""One node, and two that both take what it sends; the right one works first."""


def run_fan(
    trace: Trace, clock: Clock, *, first: Any = None, left: Any = None, right: Any = None, packets: int = 1
) -> None:
    """One run of `FAN`, with a packet every 10 seconds."""
    nothing = clock.spend(0)
    work = {"first": first or nothing, "left_work": left or nothing, "right_work": right or nothing}
    run = gf.Graph.from_text(FAN).start_run(work, tracer=trace)
    for timestamp in range(packets):
        clock.seconds += 10
        run.add("in", "value", timestamp)
    run.close_inputs()
    run.wait_until_done()
