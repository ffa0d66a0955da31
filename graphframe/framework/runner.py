"""Runs one calculator alone, for its unit tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from graphframe.framework.calculator import Calculator
from graphframe.framework.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.config import SourcedConfig
from graphframe.framework.graph import Graph
from graphframe.framework.names import parse_tag_index
from graphframe.framework.packet import Packet
from graphframe.framework.port import ANY_TAG


class CalculatorRunner:
    """Runs a calculator on given packets. It is loaded once; each `run` is a run of its own.

    Parameters
    ----------
    calculator : type
        The class to run.
    options : Message, optional
        Its options.
    device : str, optional
        The device that its node is bound to.
    device_properties : mapping, optional
        OpenVINO properties of the node.
    side_packets : mapping, optional
        Values of its input side packets, by tag.
    base : path, optional
        The folder that relative paths in the options start from.

    Examples
    --------
    >>> from calculators.core.pass_through import PassThroughCalculator
    >>> CalculatorRunner(PassThroughCalculator).run(WORD=["hello", "world"])
    {'WORD': [Packet('hello', 0), Packet('world', 1)]}
    """

    def __init__(
        self,
        calculator: type[Calculator],
        options: Message | None = None,
        *,
        device: str = "",
        device_properties: Mapping[str, str] | None = None,
        side_packets: Mapping[str, Any] | None = None,
        base: str | Path = ".",
    ) -> None:
        self._calculator = calculator
        self._options = options
        self._device = device
        self._device_properties = dict(device_properties or {})
        self._side_packets = dict(side_packets or {})
        self._base = base
        self._graphs: dict[tuple[str, ...], Graph] = {}

    def run(self, *untagged: Iterable[Any], **tagged: Iterable[Any]) -> dict[str, list[Packet]]:
        """Run it once.

        Parameters
        ----------
        *untagged : iterable
            The packets of its input streams without a tag.
        **tagged : iterable
            The packets of its other input streams, by tag, or by ``"TAG:1"`` for further ones of a port. Each item is a
            value, which gets its position as timestamp, or a `Packet`.

        Returns
        -------
        dict of str to list of Packet
            What it sent, by tag or ``"TAG:1"``; ``""``, ``":1"`` ... for streams without a tag.

        Raises
        ------
        CalculatorError, GraphConfigError
            As a graph would.
        """
        inputs = {f":{index}" if index else "": items for index, items in enumerate(untagged)} | tagged
        graph = self._graph(tuple(inputs))
        outputs: dict[str, list[Packet]] = {key: [] for key in _streams(graph.nodes[0].proto.output_stream)}
        observers = {f"out_{position}": outputs[key].append for position, key in enumerate(outputs)}
        run = graph.start_run({f"side_{tag.lower()}": v for tag, v in self._side_packets.items()}, observers)
        for position, packet in _in_order(list(inputs.values())):
            run.add(f"in_{position}", packet.value, packet.timestamp)
        run.close_inputs()
        run.wait_until_done()
        return outputs

    def _graph(self, keys: tuple[str, ...]) -> Graph:
        if keys not in self._graphs:
            proto = CalculatorGraphConfig()
            node = proto.node.add(calculator=self._calculator.__name__, device=self._device)
            node.device_properties.update(self._device_properties)
            if self._options is not None:
                node.node_options.add().Pack(self._options)
            contract = self._calculator.contract
            for position, key in enumerate(keys):
                node.input_stream.append(_spec(key, f"in_{position}"))
                proto.input_stream.append(f"in_{position}")
            given = [parse_tag_index(key) for key in keys]
            declared = {port.tag for port in contract.inputs}
            outputs = [(port.tag, 0) for port in contract.outputs if port.tag != ANY_TAG]
            if any(port.tag == ANY_TAG for port in contract.outputs):
                outputs += [place for place in given if place[0] not in declared]
            for position, (tag, index) in enumerate(sorted(set(outputs))):
                node.output_stream.append(_spec(f"{tag}:{index}" if index else tag, f"out_{position}"))
                proto.output_stream.append(f"out_{position}")
            for tag in self._side_packets:
                node.input_side_packet.append(f"{tag}:side_{tag.lower()}")
                proto.input_side_packet.append(f"side_{tag.lower()}")
            config = SourcedConfig(proto, self._calculator.__name__)
            self._graphs[keys] = Graph.from_config(config, self._base, lambda _: self._calculator)
        return self._graphs[keys]


def _spec(key: str, name: str) -> str:
    tag, index = parse_tag_index(key)
    return f"{tag}:{index}:{name}" if tag else name


def _streams(specs: Iterable[str]) -> list[str]:
    keys = []
    untagged = 0
    for spec in specs:
        tag, _, rest = spec.partition(":")
        if not rest:
            keys.append(f":{untagged}" if untagged else "")
            untagged += 1
        else:
            index = rest.partition(":")[0]
            keys.append(tag if index == "0" else f"{tag}:{index}")
    return keys


def _in_order(inputs: Sequence[Iterable[Any]]) -> list[tuple[int, Packet]]:
    """All packets of all inputs, in the order of timestamps."""
    packets = [
        (position, item if isinstance(item, Packet) else Packet(item, timestamp))
        for position, items in enumerate(inputs)
        for timestamp, item in enumerate(items)
    ]
    return sorted(packets, key=lambda found: found[1].timestamp)
