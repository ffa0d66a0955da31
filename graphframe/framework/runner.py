"""`CalculatorRunner`, which runs one calculator alone, for unit tests."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from graphframe.framework.calculator import Calculator
from graphframe.framework.config.options.node_options import pack
from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.specs import parse_tag_index, tag_index
from graphframe.framework.graph import Graph, Outputs, make_graph
from graphframe.framework.packet import Packet
from graphframe.framework.port import ANY_TAG
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from graphframe.framework.running.pausing import MethodCall
from graphframe.framework.running.run import Run
from graphframe.framework.running.tracers import LoadTracer, Tracer


class RunnerTracer(LoadTracer, Tracer, Protocol):
    """An observer of how a calculator is loaded and called."""


class CalculatorRunner:
    """Runs a calculator on given packets. Its node is loaded once; each call of `run` is a separate run.

    Parameters
    ----------
    calculator : type
        The class to run.
    options : Message or dataclass, optional
        Its options.
    device : str, optional
        The device of its node.
    device_properties : mapping, optional
        OpenVINO properties of the node.
    side_packets : mapping, optional
        Values of its input side packets, by tag (or ``"TAG:1"``; ``""`` for one without a tag).
    outputs : sequence of str, optional
        Outputs to connect, by tag or ``"TAG:1"``; by default the first of each port.
    base : path, optional
        The folder that relative paths in the options start from.
    tracer : LoadTracer and Tracer, optional
        Observes loading and all runs; a `graphframe.tracing.Trace` has their times, and those of inferences.

    Examples
    --------
    >>> from graphframe.calculators.core.pass_through import PassThroughCalculator
    >>> CalculatorRunner(PassThroughCalculator).run(WORD=["hello", "world"])
    {'WORD': [Packet('hello', 0), Packet('world', 1)]}
    """

    def __init__(
        self,
        calculator: type[Calculator],
        options: object = None,
        *,
        device: str = "",
        device_properties: Mapping[str, str] | None = None,
        side_packets: Mapping[str, Any] | None = None,
        outputs: Iterable[str] | None = None,
        base: str | Path = ".",
        tracer: RunnerTracer | None = None,
    ) -> None:
        self._calculator = calculator
        self._options = options
        self._device = device
        self._device_properties = dict(device_properties or {})
        self._side_packets = dict(side_packets or {})
        self._outputs = None if outputs is None else [parse_tag_index(key) for key in outputs]
        self._base = base
        self._tracer = tracer
        self._graphs: dict[tuple[str, ...], Graph] = {}

    def run(self, *untagged: Iterable[Any], **tagged: Iterable[Any]) -> dict[str, list[Packet]]:
        """Run it once. A call that connects other streams than before loads it again.

        Parameters
        ----------
        *untagged : iterable
            The packets of its input streams without a tag.
        **tagged : iterable
            The packets of its other input streams, by tag, or by ``"TAG:1"`` for further streams of a port. Each
            item is a `Packet`, or a value whose timestamp is its position.

        Returns
        -------
        dict of str to list of Packet
            The packets that it sent, by tag or ``"TAG:1"``; ``""``, ``":1"`` ... for streams without a tag.

        Raises
        ------
        CalculatorError, GraphConfigError
            If the graph of this calculator is wrong, or a run of it fails.
        """
        run, outputs = self._start(untagged, tagged)
        run.wait_until_done()
        return outputs

    def steps(
        self, *untagged: Iterable[Any], **tagged: Iterable[Any]
    ) -> Generator[tuple[MethodCall, Outputs], None, None]:
        """Do the same as `run`, but call one method of the calculator after the other.

        Yields
        ------
        MethodCall, dict
            The method that was called ("open", "process" or "close") with its timestamp, and the packets that it sent.

        Examples
        --------
        >>> from graphframe.calculators.core.packet_thinner import PacketThinnerCalculator
        >>> from graphframe.calculators.core.packet_thinner_pb2 import PacketThinnerCalculatorOptions
        >>> runner = CalculatorRunner(PacketThinnerCalculator, PacketThinnerCalculatorOptions(period=2))
        >>> for step, sent in runner.steps(["a", "b", "c"]):
        ...     print(step.method, step.timestamp, sent[""])
        open -9223372036854775807 []
        process 0 [Packet('a', 0)]
        process 1 []
        process 2 [Packet('c', 2)]
        close 9223372036854775807 []
        """
        run, outputs = self._start(untagged, tagged, paused=True)
        try:
            while (step := run.step()) is not None:
                yield step, {key: packets.copy() for key, packets in outputs.items()}
                for packets in outputs.values():
                    packets.clear()
        finally:
            run.cancel()

    def _start(
        self, untagged: Iterable[Iterable[Any]], tagged: dict[str, Iterable[Any]], *, paused: bool = False
    ) -> tuple[Run, Outputs]:
        """Start a run with all its inputs; return it, and the lists for its outputs."""
        inputs = {tag_index("", index): items for index, items in enumerate(untagged)} | tagged
        graph = self._graph(tuple(inputs))
        graph.load(self._tracer)
        outputs: Outputs = {tag_index(spec.tag, spec.index): [] for spec in graph.nodes[0].outputs}
        observers = {_name("out", key): packets.append for key, packets in outputs.items()}
        side_packets = {_name("side", key): value for key, value in self._side_packets.items()}
        run = graph.start_run(side_packets, observers, tracer=self._tracer, paused=paused)
        for key, packet in _in_order(inputs):
            run.add(_name("in", key), packet.value, packet.timestamp)
        run.close_inputs()
        return run, outputs

    def _graph(self, keys: tuple[str, ...]) -> Graph:
        if keys not in self._graphs:
            proto = CalculatorGraphConfig(max_queue_size=-1)
            node = proto.node.add(calculator=self._calculator.__name__, device=self._device)
            node.device_properties.update(self._device_properties)
            if self._options is not None:
                node.node_options.append(pack(self._options))
            for field, kind, places in (
                ("input_stream", "in", keys),
                ("output_stream", "out", [tag_index(*place) for place in sorted(self._places(keys))]),
                ("input_side_packet", "side", self._side_packets),
            ):
                for key in places:
                    getattr(node, field).append(_spec(key, _name(kind, key)))
                    getattr(proto, field).append(_name(kind, key))
            config = SourcedConfig(proto, self._calculator.__name__)
            self._graphs[keys] = make_graph(config, self._base, lambda _: self._calculator)
        return self._graphs[keys]

    def _places(self, keys: Iterable[str]) -> set[tuple[str, int]]:
        """Return the outputs to connect, given the keys of the inputs."""
        if self._outputs is not None:
            return set(self._outputs)
        contract = self._calculator.contract
        places = {(port.tag, 0) for port in contract.outputs if port.tag != ANY_TAG}
        if len(places) < len(contract.outputs):
            declared = {port.tag for port in contract.inputs}
            places |= {place for place in map(parse_tag_index, keys) if place[0] not in declared}
        return places


def _name(kind: str, key: str) -> str:
    """Return a stream's name, from which its place can be seen in messages: ``in_tag__1`` for ``TAG:1``."""
    tag, index = parse_tag_index(key)
    return f"{kind}_{tag.lower()}__{index}" if index else f"{kind}_{tag.lower()}"


def _spec(key: str, name: str) -> str:
    tag, index = parse_tag_index(key)
    return f"{tag}:{index}:{name}" if tag else name


def _in_order(inputs: Mapping[str, Iterable[Any]]) -> list[tuple[str, Packet]]:
    """Return all packets of all inputs, in the order of timestamps."""
    packets = [
        (key, item if isinstance(item, Packet) else Packet(item, timestamp))
        for key, items in inputs.items()
        for timestamp, item in enumerate(items)
    ]
    return sorted(packets, key=lambda found: found[1].timestamp)
