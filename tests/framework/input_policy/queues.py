"""Inputs of a node that a test fills, and what a policy makes of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import graphframe as gf
from graphframe import Packet, Timestamp
from graphframe.framework.config.text.reading import parse
from graphframe.framework.input_policy import InputPolicy
from graphframe.framework.input_policy.policy import READY, InputQueue
from graphframe.framework.planning.validation import validate


@dataclass
class Stream:
    bound: int


class Queue:
    """An input with packets at `timestamps`; `bound` is beyond the last one, if it is not given."""

    def __init__(self, *timestamps: int, bound: int | None = None, values: Sequence[Any] = ()) -> None:
        found = values or [f"at {timestamp}" for timestamp in timestamps]
        self.queue = deque(Packet(value, timestamp) for value, timestamp in zip(found, timestamps, strict=True))
        self.stream = Stream(timestamps[-1] + 1 if bound is None else bound)
        self.processed: int = Timestamp.UNSTARTED
        self.shift: int | None = None


def sets(policy: InputPolicy, inputs: Sequence[InputQueue]) -> list[tuple[int, ...]]:
    """The input sets that can be made now: for each, the positions of the inputs that have a packet in it."""
    found: list[tuple[int, ...]] = []
    while True:
        readiness, timestamp = policy.readiness(inputs)
        if readiness is not READY:
            return found
        packets = policy.take(inputs, timestamp)
        found.append((timestamp, *(index for index, packet in enumerate(packets) if packet is not None)))


class Joins(gf.Calculator):
    streams = gf.Input("*")

    def process(self, cc: gf.Context) -> None:
        pass


class JoinsBounds(Joins):
    process_timestamp_bounds = True


def bound_to(policy: InputPolicy, places: str, *, bounds: bool = False) -> InputPolicy:
    """The policy for a node with these input streams: ``"A A:1"``."""
    streams = [f"{place}:s{index}" for index, place in enumerate(places.split())]
    text = "".join(f'input_stream: "s{index}" ' for index in range(len(streams)))
    text += 'node { calculator: "Joins" ' + "".join(f'input_stream: "{stream}" ' for stream in streams) + "}"
    plan = validate(parse(text, "graph"), lambda _: JoinsBounds if bounds else Joins)
    return policy.bind(plan.nodes[0].info)
