"""`NodeInfo`: one node of a graph, as its calculator, its input policy and tracers see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphframe.framework.config.specs import Spec
from graphframe.framework.port import M, Options, Port


@dataclass(frozen=True, init=False)
class NodeInfo:
    """One node of a graph.

    ``info[options]`` returns its options.

    Attributes
    ----------
    index : int
        Position in execution order, from 0.
    name : str
    calculator : str
        The name of the calculator, as the graph writes it.
    device : str
        The OpenVINO device of the node; ``""`` if it runs on none.
    device_properties : mapping of str to str
        OpenVINO properties for the models that the node compiles.
    process_timestamp_bounds : bool
        Whether the calculator is also called for settled timestamps without packets.
    inputs, outputs, side_inputs, side_outputs : sequence of Spec
        Connections, ordered by tag and index.
    positions : mapping of Port to sequence of int
        For each port, the positions of its connections in the list of its kind.
    options : mapping of type to object
        Options that the graph sets, by their class.
    """

    index: int
    name: str
    calculator: str
    device: str
    device_properties: Mapping[str, str]
    process_timestamp_bounds: bool
    inputs: Sequence[Spec]
    outputs: Sequence[Spec]
    side_inputs: Sequence[Spec]
    side_outputs: Sequence[Spec]
    positions: Mapping[Port[Any], Sequence[int]]
    options: Mapping[type, Any]

    def __init__(
        self,
        index: int,
        name: str,
        calculator: str,
        device: str,
        device_properties: Mapping[str, str],
        process_timestamp_bounds: bool,
        inputs: Sequence[Spec],
        outputs: Sequence[Spec],
        side_inputs: Sequence[Spec],
        side_outputs: Sequence[Spec],
        positions: Mapping[Port[Any], Sequence[int]],
        options: Mapping[type, Any],
    ) -> None:
        # NOTE: a frozen dataclass's own constructor takes ten times as long, which shows when graphs are built.
        fields = {
            "index": index,
            "name": name,
            "calculator": calculator,
            "device": device,
            "device_properties": device_properties,
            "process_timestamp_bounds": process_timestamp_bounds,
            "inputs": inputs,
            "outputs": outputs,
            "side_inputs": side_inputs,
            "side_outputs": side_outputs,
            "positions": positions,
            "options": options,
        }
        object.__setattr__(self, "__dict__", fields)

    def __getitem__(self, options: Options[M]) -> M:
        """Return the node's options of that type, or the type's defaults."""
        return self.options.get(options.type) or options.type()

    def connected(self, port: Port[Any]) -> int:
        """Return how many streams or side packets are connected to `port`."""
        return len(self.positions[port])
