"""SplitVectorCalculator."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import graphframe as gf
from graphframe.calculators.core.split_vector_pb2 import SplitVectorCalculatorOptions


class SplitVectorCalculator(gf.Calculator):
    """A calculator that sends ranges of each list, one on each output stream.

    A list that is too short for a range fails the run.

    Input streams
    -------------
    (no tag) : list
        The lists.

    Output streams
    --------------
    (no tag) : any, multiple
        A list for each range; an item with `element_only`. One list on one stream with `combine_outputs`.

    Options
    -------
    ranges : list of Range
        The ranges, from the index `begin` to the index before `end`.
    element_only : bool, default false
        Whether to send single items instead of lists of one. Each range must have one item.
    combine_outputs : bool, default false
        Whether to send the items of all ranges as one list. The ranges must not overlap.

    Example::

        node {
          calculator: "SplitVectorCalculator"
          input_stream: "numbers"
          output_stream: "first"
          output_stream: "others"
          options {
            [graphframe.SplitVectorCalculatorOptions.ext] { ranges { begin: 0 end: 1 } ranges { begin: 1 end: 3 } }
          }
        }
    """

    whole = gf.Input("", list)
    parts = gf.Output("", multiple=True)
    options = gf.Options(SplitVectorCalculatorOptions)

    @classmethod
    def check(cls, node: gf.NodeInfo) -> Iterable[str]:
        options = node[cls.options]
        ranges = [(part.begin, part.end) for part in options.ranges]
        outputs, wanted = node.connected(cls.parts), 1 if options.combine_outputs else len(ranges)
        if not ranges:
            yield f"{cls.__name__} needs ranges in its options, as in ranges {{ begin: 0 end: 1 }}"
        elif outputs != wanted:
            yield f"{cls.__name__} has {len(ranges)} ranges, so it needs {wanted} output streams, not {outputs}"
        for begin, end in ranges:
            if not 0 <= begin < end:
                yield f"a range must begin at 0 or later and before its end, not at {begin} with the end {end}"
            elif options.element_only and end - begin != 1:
                yield f"element_only needs ranges of one item, unlike {begin} to {end}"
        if options.combine_outputs:
            if options.element_only:
                yield "combine_outputs sends a list, element_only sends single items; remove one of them"
            for (begin, end), (next_begin, next_end) in pairwise(sorted(ranges)):
                if next_begin < end:
                    message = f"{begin} to {end} and {next_begin} to {next_end}"
                    yield f"combine_outputs needs ranges that do not overlap, unlike {message}"

    def process(self, cc: gf.Context) -> None:
        whole, options = cc[self.whole], cc[self.options]
        needed = max(part.end for part in options.ranges)
        if len(whole) < needed:
            raise ValueError(f"a list of {len(whole)} is too short for a range that ends at {needed}")
        parts = [whole[part.begin : part.end] for part in options.ranges]
        if options.combine_outputs:
            parts = [[item for part in parts for item in part]]
        for index, part in enumerate(parts):
            cc.send(self.parts, part[0] if options.element_only else part, index=index)
