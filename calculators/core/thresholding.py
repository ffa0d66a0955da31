"""ThresholdingCalculator."""

from __future__ import annotations

from collections.abc import Iterable

import graphframe as gf
from graphframe.calculators.core.thresholding_pb2 import ThresholdingCalculatorOptions


class ThresholdingCalculator(gf.Calculator):
    """A calculator that compares numbers with a threshold, which is an option, a side packet or a stream.

    Input streams
    -------------
    FLOAT : float
        The numbers.
    THRESHOLD : float, optional
        The threshold from the packet's timestamp on; 0 before the first packet.

    Input side packets
    ------------------
    THRESHOLD : float, optional
        The threshold of the run.

    Output streams
    --------------
    FLAG : bool, optional
        Whether the number is above the threshold.
    ACCEPT : bool, optional
        True, for each number that is above it.
    REJECT : bool, optional
        False, for each that is not.

    Options
    -------
    threshold : float, optional
        The threshold, if THRESHOLD is not connected; 0 by default.

    Example::

        node {
          calculator: "ThresholdingCalculator"
          input_stream: "FLOAT:score"
          output_stream: "FLAG:is_safe"
          options { [graphframe.ThresholdingCalculatorOptions.ext] { threshold: 0.5 } }
        }
    """

    number = gf.Input("FLOAT", float)
    latest = gf.Input("THRESHOLD", float, optional=True)
    of_run = gf.SideInput("THRESHOLD", float, optional=True)
    flag = gf.Output("FLAG", bool, optional=True)
    accept = gf.Output("ACCEPT", bool, optional=True)
    reject = gf.Output("REJECT", bool, optional=True)
    options = gf.Options(ThresholdingCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        given = [node.connected(cls.latest), node.connected(cls.of_run), node[cls.options].HasField("threshold")]
        if sum(map(bool, given)) > 1:
            yield "the threshold is given twice: by an input stream, an input side packet or an option; keep one"

    def open(self, cc: gf.Context) -> None:
        self.threshold = cc.get(self.of_run, cc[self.options].threshold)

    def process(self, cc: gf.Context) -> None:
        self.threshold = cc.get(self.latest, self.threshold)
        if cc.has(self.number):
            above = cc[self.number] > self.threshold
            cc.send(self.flag, above)
            cc.send(self.accept if above else self.reject, above)
