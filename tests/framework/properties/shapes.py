"""A catalogue of small graphs, with inputs and expected outputs, which hold on all executors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphframe import Timestamp

Timed = tuple[Any, int]
"""A value and its timestamp."""


@dataclass(frozen=True)
class Shape:
    """A graph in the text of its nodes; packets by input stream, and by output stream."""

    name: str
    nodes: str
    inputs: Mapping[str, list[Timed]]
    outputs: Mapping[str, list[Timed]]
    side_packets: Mapping[str, Any] = field(default_factory=dict)

    def text(self, more: str = "") -> str:
        """The whole graph."""
        lines = [f'input_stream: "{name}"' for name in self.inputs]
        lines += [f'output_stream: "{name}"' for name in self.outputs]
        lines += [f'input_side_packet: "{name}"' for name in self.side_packets]
        return "\n".join([*lines, self.nodes, more])


SHAPES = [
    Shape(
        "no node at all",
        "",
        {"a": [(1, 0), (2, 1)]},
        {"a": [(1, 0), (2, 1)]},
    ),
    Shape(
        "chain",
        """
        node { calculator: "Double" input_stream: "b" output_stream: "c" }
        node { calculator: "Double" input_stream: "a" output_stream: "b" }
        """,
        {"a": [(1, 0), (2, 5), (3, 6)]},
        {"b": [(2, 0), (4, 5), (6, 6)], "c": [(4, 0), (8, 5), (12, 6)]},
    ),
    Shape(
        "diamond",
        """
        node { calculator: "Double" input_stream: "a" output_stream: "b" }
        node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "c" }
        node { calculator: "Sum" input_stream: "b" input_stream: "c" input_stream: "a" output_stream: "d" }
        """,
        {"a": [(1, 0), (2, 1)]},
        {"d": [(4, 0), (8, 1)]},
    ),
    Shape(
        "one stream into two inputs of a node",
        'node { calculator: "Add" input_stream: "A:a" input_stream: "B:a" output_stream: "SUM:b" }',
        {"a": [(1, 0), (2, 1)]},
        {"b": [(2, 0), (4, 1)]},
    ),
    Shape(
        "join of streams with packets at different times",
        'node { calculator: "Pair" input_stream: "A:a" input_stream: "B:b" output_stream: "PAIR:c" }',
        {"a": [("a1", 1), ("a3", 3), ("a4", 4)], "b": [("b2", 2), ("b3", 3)]},
        {"c": [(("a1", None), 1), ((None, "b2"), 2), (("a3", "b3"), 3), (("a4", None), 4)]},
    ),
    Shape(
        "join with a stream that carries nothing",
        'node { calculator: "Pair" input_stream: "A:a" input_stream: "B:b" output_stream: "PAIR:c" }',
        {"a": [("a1", 1), ("a2", 2)], "b": []},
        {"c": [(("a1", None), 1), (("a2", None), 2)]},
    ),
    Shape(
        "optional stream that is not connected",
        'node { calculator: "Pair" input_stream: "A:a" output_stream: "PAIR:c" }',
        {"a": [("a1", 1)]},
        {"c": [(("a1", None), 1)]},
    ),
    Shape(
        "branches, of which one is taken for each packet",
        """
        node { calculator: "Threshold" input_stream: "a" output_stream: "ABOVE:high" output_stream: "BELOW:low"
               node_options { [type.googleapis.com/google.protobuf.Int64Value] { value: 10 } } }
        node { calculator: "Double" input_stream: "low" output_stream: "doubled" }
        node { calculator: "Sum" input_stream: "high" input_stream: "doubled" output_stream: "b" }
        """,
        {"a": [(1, 0), (20, 1), (3, 2)]},
        {"b": [(2, 0), (20, 1), (6, 2)], "low": [(1, 0), (3, 2)], "high": [(20, 1)]},
    ),
    Shape(
        "branch that is idle for a whole run, behind a chain",
        """
        node { calculator: "Threshold" input_stream: "a" output_stream: "BELOW:low" }
        node { calculator: "Double" input_stream: "low" output_stream: "low2" }
        node { calculator: "Double" input_stream: "low2" output_stream: "low4" }
        node { calculator: "Pair" input_stream: "A:a" input_stream: "B:low4" output_stream: "PAIR:b" }
        """,
        {"a": [(1, 0), (2, 1)]},
        {"b": [((1, None), 0), ((2, None), 1)], "low4": []},
    ),
    Shape(
        "fan-in of many",
        """
        node { calculator: "Sum" input_stream: "a" input_stream: "b" input_stream: "c" input_stream: "d"
               output_stream: "sum" }
        """,
        {"a": [(1, 0)], "b": [(10, 0)], "c": [(100, 0)], "d": [(1000, 1)]},
        {"sum": [(111, 0), (1000, 1)]},
    ),
    Shape(
        "offset",
        """
        node { calculator: "Later" input_stream: "a" output_stream: "later" }
        node { calculator: "Pair" input_stream: "A:a" input_stream: "B:later" output_stream: "PAIR:b" }
        """,
        {"a": [("x", 0), ("y", 10)]},
        {"b": [(("x", None), 0), (("y", "x"), 10), ((None, "y"), 20)]},
    ),
    Shape(
        "no promise",
        """
        node { calculator: "Unpredictable" input_stream: "a" output_stream: "nothing" }
        node { calculator: "Pair" input_stream: "A:a" input_stream: "B:nothing" output_stream: "PAIR:b" }
        """,
        {"a": [("x", 0), ("y", 10)]},
        {"b": [(("x", None), 0), (("y", None), 10)]},
    ),
    Shape(
        "sum over a run, sent at its end",
        """
        node { calculator: "Total" input_stream: "a" output_stream: "total" }
        node { calculator: "Double" input_stream: "total" output_stream: "b" }
        """,
        {"a": [(1, 0), (2, 1), (3, 2)]},
        {"total": [(6, Timestamp.POST_STREAM)], "b": [(12, Timestamp.POST_STREAM)]},
    ),
    Shape(
        "header before a stream",
        'node { calculator: "Headed" input_stream: "VALUE:a" input_stream: "HEADER:h" output_stream: "b" }',
        {"a": [(1, 0), (2, 1)], "h": [("h", Timestamp.PRE_STREAM)]},
        {"b": [(("h", 1), 0), (("h", 2), 1)]},
    ),
    Shape(
        "side packets given, and set by nodes that open in their order",
        """
        node { calculator: "Scale" input_stream: "a" input_side_packet: "FACTOR:three" output_stream: "b" }
        node { calculator: "Increment" input_side_packet: "VALUE:two" output_side_packet: "MORE:three" }
        node { calculator: "Increment" input_side_packet: "VALUE:one" output_side_packet: "MORE:two" }
        node { calculator: "Total" input_stream: "b" input_side_packet: "START:one" output_stream: "c" }
        """,
        {"a": [(10, 0), (20, 1)]},
        {"b": [(30, 0), (60, 1)], "c": [(91, Timestamp.POST_STREAM)]},
        {"one": 1},
    ),
]
