"""The calculators of MediaPipe's calculator_graph_test.cc."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import graphframe as gf

COUNT = 5
"""How many packets a GlobalCountSourceCalculator sends."""


@gf.register
class GlobalCountSourceCalculator(gf.Calculator):
    """A source of the values of a shared counter; sends the first in open if its side packet says so."""

    counter = gf.SideInput("COUNTER")
    in_open = gf.SideInput("IN_OPEN", bool, optional=True)
    number = gf.Output("", int)

    def send_one(self, cc: gf.Context) -> None:
        counter: Iterator[int] = cc[self.counter]
        cc.send(self.number, next(counter), self.sent)
        self.sent += 1

    def open(self, cc: gf.Context) -> None:
        self.sent = 0
        if cc.get(self.in_open, False):
            self.send_one(cc)

    def process(self, cc: gf.Context) -> None:
        if self.sent < COUNT:
            self.send_one(cc)
        if self.sent == COUNT:
            cc.stop()


@gf.register
class UnitDelayCalculator(gf.Calculator):
    """Sends 0 at 0, and then what it gets one later."""

    timestamp_offset = 1
    value = gf.Input("")
    delayed = gf.Output("")

    def open(self, cc: gf.Context) -> None:
        cc.send(self.delayed, 0, 0)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.delayed, cc[self.value], cc.timestamp + 1)


@gf.register
class UnitDelayUntimedCalculator(gf.Calculator):
    """Sends 0, and then what it gets, whenever that is."""

    timestamp_offset = None
    value = gf.Input("")
    delayed = gf.Output("")

    def open(self, cc: gf.Context) -> None:
        cc.send(self.delayed, 0, gf.Timestamp.MIN)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.delayed, cc[self.value])


@gf.register
class FloatCalculator(gf.Calculator):
    """Multiplies the sum of its inputs by a factor, if there is one."""

    values = gf.Input("", multiple=True)
    factor = gf.SideInput("FACTOR", float, optional=True)
    result = gf.Output("", float)

    def process(self, cc: gf.Context) -> None:
        values: list[Any] = cc.values(self.values)
        cc.send(self.result, float(sum(value or 0 for value in values)) * cc.get(self.factor, 1.0))


@gf.register
class SequenceSourceCalculator(gf.Calculator):
    """A source of given numbers."""

    numbers = gf.SideInput("NUMBERS")
    number = gf.Output("", int)

    def open(self, cc: gf.Context) -> None:
        values: list[int] = cc[self.numbers]
        self.left = list(enumerate(values))

    def process(self, cc: gf.Context) -> None:
        timestamp, value = self.left.pop(0)
        cc.send(self.number, value, timestamp)
        if not self.left:
            cc.stop()


@gf.register
class ProductCalculator(gf.Calculator):
    """The product of two numbers."""

    values = gf.Input("", int, multiple=True)
    product = gf.Output("", int)

    def process(self, cc: gf.Context) -> None:
        one, other = cc.values(self.values)
        cc.send(self.product, (one or 0) * (other or 0))
