"""A validated graph, ready to run: nodes in execution order, and the streams between them by number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from graphframe.framework.calculator import Calculator
from graphframe.framework.config.names import Spec, tag_index
from graphframe.framework.errors import GraphError, did_you_mean
from graphframe.framework.input_policy.default import Default
from graphframe.framework.input_policy.policy import InputPolicy
from graphframe.framework.port import Port
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig


class Slot(NamedTuple):
    """One connection of a node: the port, the place in it, where it is written, and the stream (or side packet)."""

    port: Port[Any]
    spec: Spec
    position: int
    """In the node's list of such connections."""
    stream: int
    """The number of the stream or side packet."""
    back_edge: bool = False
    """Whether packets come round to it from nodes that follow."""

    @property
    def place(self) -> str:
        """Its tag and index: ``TAG``, ``TAG:1``, ``:1``; ``""`` for the first without a tag."""
        return tag_index(self.spec.tag, self.spec.index)


@dataclass
class NodePlan:
    """One node of a validated graph.

    Attributes
    ----------
    executor : str
        The name of the executor that runs it; ``""`` for the graph's default one.
    priority : int
        Orders its tasks, the least first: what runs elsewhere is handed out before anything runs inline, and what is
        nearest to the outputs comes first.
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
    priority: int = 0
    input_policy: InputPolicy = field(default_factory=Default)
    inputs: list[Slot] = field(default_factory=list)
    outputs: list[Slot] = field(default_factory=list)
    side_inputs: list[Slot] = field(default_factory=list)
    side_outputs: list[Slot] = field(default_factory=list)
    slots: dict[Port[Any], list[int]] = field(default_factory=dict)

    @cached_property
    def is_source(self) -> bool:
        """Whether it makes packets out of nothing: it has no input streams, but something to process."""
        return not self.inputs and self.calculator.process is not Calculator.process

    @cached_property
    def processes_bounds(self) -> bool:
        """Whether its calculator is also called for timestamps without packets."""
        return self.calculator.process_timestamp_bounds

    @cached_property
    def is_plain(self) -> bool:
        """Whether it works on one input set at a time, in the order of timestamps, and on packets alone: most do."""
        special = self.is_source or self.processes_bounds or self.max_in_flight > 1
        return self.input_policy.ordered and not special

    @cached_property
    def is_single(self) -> bool:
        """Whether it is plain, and joins nothing: it takes the packets of one stream as they come."""
        return self.is_plain and len(self.inputs) == 1 and type(self.input_policy) is Default

    @cached_property
    def opens_at_once(self) -> bool:
        """Whether there is nothing to wait for, and nothing to do, before it processes."""
        return not self.side_inputs and self.calculator.open is Calculator.open

    @cached_property
    def closes_at_once(self) -> bool:
        """Whether there is nothing to do after it has processed."""
        return self.calculator.close is Calculator.close

    @cached_property
    def source_layer(self) -> int:
        """Sources work when all those of lower layers are done."""
        return self.proto.source_layer

    @cached_property
    def max_in_flight(self) -> int:
        """How many input sets it may work on at once."""
        return max(self.proto.max_in_flight, 1)

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
    inputs, outputs, side_inputs, side_outputs : Interface
    executors : dict
        The number of threads of each executor, by name.
    max_queue_size : int
        How many packets fill a queue; nothing is throttled if it is not positive.
    report_deadlock : bool
        Whether a run that is stuck on full queues fails, instead of making them longer.
    untimed : list of int
        Streams whose timestamps need not rise, by number: all that read them join packets by their order of arrival.
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
    side_outputs: Interface
    executors: dict[str, int]
    max_queue_size: int
    report_deadlock: bool
    untimed: list[int]

    @cached_property
    def sources(self) -> list[int]:
        """The indexes of the nodes that make packets out of nothing."""
        return [node.index for node in self.nodes if node.is_source]

    @cached_property
    def origins(self) -> list[tuple[int, ...]]:
        """For each stream the graph's input streams that it comes from, by number, and the sources, by ``~index``."""
        found: list[set[int]] = [set() for _ in self.streams]
        for number in self.inputs.numbers.values():
            found[number] = {number}
        for node in self.nodes:
            before = {~node.index} if node.is_source else set()
            before = before.union(*(found[slot.stream] for slot in node.inputs))
            for slot in node.outputs:
                found[slot.stream] = before
        return [tuple(sorted(origins)) for origins in found]
