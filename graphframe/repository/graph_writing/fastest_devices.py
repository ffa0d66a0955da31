"""``--target_device auto``: measures the nodes of a model on each device, and chooses the fastest devices."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import msgspec

from graphframe.framework.errors import CalculatorError, GraphError
from graphframe.framework.graph import Graph
from graphframe.images import EncodedImage, ImageRequest, Size, invalid_request
from graphframe.repository.folder_source import FolderSource
from graphframe.repository.graph_writing.task_options import TaskOptions

AUTO = "auto"
STEPS = 4
"""The denoising steps of measured requests."""
_SIZE = "512x512"
"""The image size for a model that only does inpainting, unless options set another."""
_TRANSPARENT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII="
)
"""A PNG file with one transparent pixel, which a request for inpainting repaints."""


class NodeCost(NamedTuple):
    """The cost of a node on a device: the seconds of its inferences, and the bytes of its weights."""

    seconds: float
    weights: int


class DeviceChoice(NamedTuple):
    """The chosen devices by node, and the lines of a table of all measurements."""

    devices: dict[str, str]
    table: list[str]


def with_devices(folder: Path, options: TaskOptions) -> tuple[TaskOptions, list[str]]:
    """Return the options with the fastest devices in place of `AUTO`, and the lines of a table of measurements.

    Options with other devices are returned unchanged, without lines.

    Raises
    ------
    GraphError
        If the model works on no device.
    """
    if options.target_device != AUTO:
        return options, []
    choice = fastest_devices(folder, options)
    pairs = " ".join(f"{node}={device}" for node, device in choice.devices.items())
    title = f"Seconds of each node for a request with {STEPS} steps; * chosen:"
    return replace(options, target_device=pairs), [title, *choice.table]


def fastest_devices(folder: Path, options: TaskOptions, candidates: Iterable[str] = ()) -> DeviceChoice:
    """Load the model in a folder on each device, generate an image, and choose the fastest devices with enough memory.

    A node is not bound to a device on which it does not load or run. A node that no request reaches, such as the
    decoder of previews, gets the device on which the others took least time in total.

    Parameters
    ----------
    folder : pathlib.Path
    options : TaskOptions
        Other options of the model, above all its image sizes.
    candidates : iterable of str, optional
        Devices to try; by default all of this machine.

    Raises
    ------
    GraphError
        If the model works on no device, or fits into the memory of none.
    """
    from graphframe.inference.devices import devices, memory_of  # which imports OpenVINO; --help should not

    tried = list(candidates) or [info.device for info in devices()]
    measured = {device: _measure(folder, options, device) for device in tried}
    nodes = list(dict.fromkeys(node for costs in measured.values() for node in costs))
    if not nodes:
        raise GraphError(f"the model in {folder} works on none of {', '.join(tried)}")
    room = {device: memory_of(device) for device in tried}
    chosen = _fastest(nodes, measured, room)
    if chosen is None:
        raise GraphError(f"the model in {folder} does not fit into the memory of {', '.join(tried)}")
    whole = {device: costs for device, costs in measured.items() if len(costs) == len(nodes)}
    usual = min(whole, key=lambda device: sum(cost.seconds for cost in whole[device].values()), default="CPU")
    unreached = {node: usual for node in _nodes_with_device(folder, options) if node not in chosen}
    return DeviceChoice({**chosen, **unreached}, _table(nodes, measured, chosen))


def _fastest(
    nodes: list[str], measured: Mapping[str, Mapping[str, NodeCost]], room: Mapping[str, int | None]
) -> dict[str, str] | None:
    """Return the binding with the least total time whose weights fit; None if none fits."""
    possible = [[device for device, costs in measured.items() if node in costs] for node in nodes]
    best: tuple[float, dict[str, str]] | None = None
    for binding in product(*possible):
        costs = [measured[device][node] for node, device in zip(nodes, binding, strict=True)]
        seconds = sum(cost.seconds for cost in costs)
        if (best is None or seconds < best[0]) and _fits(binding, costs, room):
            best = seconds, dict(zip(nodes, binding, strict=True))
    return best and best[1]


def _fits(binding: Iterable[str], costs: Iterable[NodeCost], room: Mapping[str, int | None]) -> bool:
    taken: dict[str, int] = {}
    for device, cost in zip(binding, costs, strict=True):
        taken[device] = taken.get(device, 0) + cost.weights
    return all(weights <= limit for device, weights in taken.items() if (limit := room[device]) is not None)


def _measure(folder: Path, options: TaskOptions, device: str) -> dict[str, NodeCost]:
    """Return the costs of all nodes that work on a device, measured together."""
    bound = _nodes_with_device(folder, options)
    while bound:
        try:
            return _measure_bound(
                folder, replace(options, target_device=" ".join(f"{node}={device}" for node in bound)), bound
            )
        except CalculatorError as error:
            failed = {error.node, *(other.node for other in error.others)}
            if not failed & {*bound}:
                raise
            bound = [node for node in bound if node not in failed]
    return {}


def _measure_bound(folder: Path, options: TaskOptions, bound: Iterable[str]) -> dict[str, NodeCost]:
    """Return the costs of nodes for text to image or, where that does not reach them, for image to image."""
    from graphframe.inference.device import DEFAULT
    from graphframe.tracing import Trace

    graph = FolderSource(folder, options=options).open().with_devices({DEFAULT: "CPU"})
    loading = Trace()
    taken: dict[str, float] = {}
    steps = min(STEPS, options.max_num_inference_steps or STEPS)
    request = ImageRequest("a cat", seed=0, num_inference_steps=steps)
    try:
        graph.load(loading)
        made = _time(graph, request, taken, may_refuse=True)
        if made is None:  # it only does inpainting
            size = Size.several_from_text(options.default_resolution or options.resolution or _SIZE)[0]
        else:
            size = Size(made.width, made.height)
        request = msgspec.structs.replace(request, image=_TRANSPARENT, width=size.width, height=size.height)
        _time(graph, request, taken, may_refuse=made is not None)
    finally:
        graph.close()
    weights = {load.node.name: sum(model.weights for model in load.models) for load in loading.loads}
    return {node: NodeCost(taken[node], weights[node]) for node in bound if node in taken}


def _time(graph: Graph, request: ImageRequest, taken: dict[str, float], *, may_refuse: bool) -> EncodedImage | None:
    """Add the seconds of nodes that `taken` lacks, and return the image; None if the model refuses the request."""
    from graphframe.inference.activity import Inference
    from graphframe.tracing import Trace

    trace = Trace()
    try:
        (packet,) = graph.run(REQUEST=request)["IMAGE"]  # the first inference of a shape takes longer
        graph.run(REQUEST=request, tracer=trace)
    except CalculatorError as error:
        if may_refuse and invalid_request(error):
            return None
        raise
    seconds: dict[str, float] = {}
    for call in trace.calls:
        for event in call.within:
            if isinstance(event, Inference):
                seconds[call.node.name] = seconds.get(call.node.name, 0.0) + event.ended - event.began
    taken |= seconds | taken
    image: EncodedImage = packet.value
    return image


def _nodes_with_device(folder: Path, options: TaskOptions) -> list[str]:
    source = FolderSource(folder, options=replace(options, target_device=None))
    return [node.name for node in source.open().nodes if node.device]


def _table(nodes: list[str], measured: Mapping[str, Mapping[str, NodeCost]], chosen: Mapping[str, str]) -> list[str]:
    """Return a table of seconds by node and device, with a star at the chosen ones."""
    rows = [["node", "weights", *measured]]
    for node in nodes:
        costs = [(device, found.get(node)) for device, found in measured.items()]
        weights = next(cost.weights for _, cost in costs if cost)
        cells = [
            "-" if cost is None else f"{cost.seconds:.4f}{'*' if chosen[node] == device else ''}"
            for device, cost in costs
        ]
        rows.append([node, f"{weights / 2**20:.1f} MiB", *cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
