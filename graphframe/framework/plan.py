"""A validated graph, ready to run: nodes in execution order, and the streams between them by number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphframe.framework.calculator import Calculator
from graphframe.framework.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.names import Spec
from graphframe.framework.port import Port


@dataclass(frozen=True)
class Slot:
    """One connection of a node: the port, the place in it, and the stream (or side packet) by number."""

    port: Port[Any]
    spec: Spec
    stream: int


@dataclass
class NodePlan:
    """One node of a validated graph.

    Attributes
    ----------
    executor : str
        The name of the executor that runs it; ``""`` for the graph's default one.
    slots : dict
        The positions in `inputs`, `outputs`, `side_inputs` or `side_outputs` of each port of the calculator.
    opens, closes : bool
        Whether the calculator has an ``open`` and a ``close`` of its own; else these are not even scheduled.
    """

    index: int
    name: str
    calculator: type[Calculator]
    proto: CalculatorGraphConfig.Node
    options: Mapping[type, Any]
    executor: str
    input_policy: str
    inputs: list[Slot] = field(default_factory=list)
    outputs: list[Slot] = field(default_factory=list)
    side_inputs: list[Slot] = field(default_factory=list)
    side_outputs: list[Slot] = field(default_factory=list)
    slots: dict[Port[Any], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.opens = self.calculator.open is not Calculator.open
        self.closes = self.calculator.close is not Calculator.close

    @property
    def device(self) -> str:
        """The OpenVINO device of the node, ``""`` if it is bound to none."""
        return self.proto.device


@dataclass(frozen=True)
class Plan:
    """A validated graph.

    Attributes
    ----------
    nodes : list of NodePlan
        In execution order.
    streams, side_packets : list of str
        Names, by number.
    inputs, outputs, side_inputs : dict
        The numbers of the graph's own streams and side packets, by tag and by name.
    input_types : dict
        What each input stream of the graph must hold, by its number.
    executors : dict
        The number of threads of each executor that the graph declares, by name.
    base : pathlib.Path
        The folder that relative paths start from.
    """

    source: str
    base: Path
    nodes: list[NodePlan]
    streams: list[str]
    side_packets: list[str]
    inputs: dict[str, int]
    outputs: dict[str, int]
    side_inputs: dict[str, int]
    input_types: dict[int, type]
    executors: dict[str, int]
