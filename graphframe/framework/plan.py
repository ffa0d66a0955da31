"""A validated graph, ready to run: nodes in execution order, and the streams between them by number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphframe.framework.calculator import Calculator
from graphframe.framework.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.errors import GraphError, did_you_mean
from graphframe.framework.names import Spec
from graphframe.framework.port import Port


@dataclass(frozen=True)
class Slot:
    """One connection of a node: the port, the place in it, where it is written, and the stream (or side packet)."""

    port: Port[Any]
    spec: Spec
    position: int
    """In the node's list of such connections."""
    stream: int
    """The number of the stream or side packet."""


@dataclass
class NodePlan:
    """One node of a validated graph.

    Attributes
    ----------
    executor : str
        The name of the executor that runs it; ``""`` for the graph's default one.
    inputs, outputs, side_inputs, side_outputs : list of Slot
        Ordered by tag and index.
    slots : dict
        The positions in these lists of what is connected to each port of the calculator.
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

    @property
    def device(self) -> str:
        """The OpenVINO device of the node, ``""`` if it is bound to none."""
        return self.proto.device


@dataclass(frozen=True)
class Interface:
    """The graph's own streams, or side packets, of one kind.

    Attributes
    ----------
    kind : str
        What messages call them.
    keys : tuple of str
        Their tags; for those without one, their names.
    numbers : dict
        By key and by name.
    types : dict
        What each must hold, by its number.
    """

    kind: str
    keys: tuple[str, ...]
    numbers: dict[str, int]
    types: dict[int, type] = field(default_factory=dict)

    def number(self, key: str) -> int:
        """The number of the one that `key` is the key or the name of.

        Raises
        ------
        GraphError
            If there is none.
        """
        if key in self.numbers:
            return self.numbers[key]
        known = f"{did_you_mean(key, self.numbers)}; it has: {', '.join(self.keys) or 'none'}"
        raise GraphError(f'the graph has no {self.kind} "{key}"{known}')

    def check(self, key: str, value: Any) -> None:
        """Raise TypeError if `value` is not what `key` must hold."""
        type_ = self.types.get(self.number(key), object)
        if not isinstance(value, type_):
            raise TypeError(f'{self.kind} "{key}" takes {type_.__name__}, not {type(value).__name__}')


@dataclass(frozen=True)
class Plan:
    """A validated graph.

    Attributes
    ----------
    nodes : list of NodePlan
        In execution order.
    streams, side_packets : list of str
        Names, by number.
    inputs, outputs, side_inputs : Interface
    executors : dict
        The number of threads of each executor, by name.
    base : pathlib.Path
        The folder that relative paths start from.
    """

    base: Path
    nodes: list[NodePlan]
    streams: list[str]
    side_packets: list[str]
    inputs: Interface
    outputs: Interface
    side_inputs: Interface
    executors: dict[str, int]
