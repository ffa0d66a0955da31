"""CountingSourceCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.counting_source_pb2 import CountingSourceCalculatorOptions


class CountingSourceCalculator(gf.Calculator):
    """A source of integers for tests and examples. Each number is also the timestamp of its packet.

    Input side packets
    ------------------
    MAX_COUNT, INITIAL_VALUE, INCREMENT, ERROR_COUNT : int, optional
        Override the options of the same names.

    Output streams
    --------------
    (no tag) : int
        The numbers.

    Options
    -------
    max_count : int, optional
        The number of packets. Without it the source runs until the run is stopped.
    initial_value : int, default 0
        The first number.
    increment : int, default 1
        The difference between two numbers, at least 1.
    error_count : int, optional
        The number of packets after which the calculator fails.

    Example::

        node {
          calculator: "CountingSourceCalculator"
          output_stream: "number"
          node_options {
            [type.googleapis.com/graphframe.CountingSourceCalculatorOptions] {
              max_count: 3
              initial_value: 10
              increment: 5
            }
          }
        }
    """

    max_count = gf.SideInput("MAX_COUNT", int, optional=True)
    initial_value = gf.SideInput("INITIAL_VALUE", int, optional=True)
    increment = gf.SideInput("INCREMENT", int, optional=True)
    error_count = gf.SideInput("ERROR_COUNT", int, optional=True)
    number = gf.Output("", int)
    options = gf.Options(CountingSourceCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        options = node[cls.options]
        if options.increment < 1:
            yield f"increment is {options.increment}, but must be at least 1"

    def open(self, cc: gf.Context) -> None:
        options = cc[self.options]
        self.max = cc.get(self.max_count, options.max_count if options.HasField("max_count") else None)
        self.error = cc.get(self.error_count, options.error_count if options.HasField("error_count") else None)
        if self.max is None and self.error is None and cc.connected(self.max_count):
            raise ValueError("the side packet at MAX_COUNT was not given, nor max_count in the options")
        self.next = cc.get(self.initial_value, options.initial_value)
        self.step = cc.get(self.increment, options.increment)
        if self.step < 1:
            raise ValueError(f"INCREMENT is {self.step}, but must be at least 1")
        self.count = 0

    def process(self, cc: gf.Context) -> None:
        if self.count == self.error:
            raise RuntimeError(f"failed after {self.count} packets, as error_count says")
        if self.count == self.max:
            cc.stop()
            return
        cc.send(self.number, self.next, self.next)
        self.next += self.step
        self.count += 1
