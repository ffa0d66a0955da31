"""Image graphs: those with a ``REQUEST`` input and an ``IMAGE`` output, which can be served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from graphframe.framework.config.registry import load_option_types
from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.text.reading import parse_file
from graphframe.framework.errors import GraphConfigError, GraphError, Problem
from graphframe.framework.graph import Graph, make_graph
from graphframe.packet_values import read_value
from graphframe.repository.model_folder import find_graph, snapshot_of

_REQUEST, _IMAGE, _PREVIEW = "REQUEST:", "IMAGE:", "PREVIEW:"
_OVMS_REQUEST, _OVMS_IMAGE = "HTTP_REQUEST_PAYLOAD:", "HTTP_RESPONSE_PAYLOAD:"
_OVMS_NODE = "ImageGenCalculator"
_CHECK = "ImageCheckCalculator"


def open_image_graph(folder: Path, side_packets: Mapping[str, str] = MappingProxyType({})) -> Graph:
    """Read and validate the graph that `find_graph` finds for a folder, which may be one of Hugging Face's cache.

    It takes an `ImageRequest` on REQUEST and sends `EncodedImage`s on IMAGE. The tags of a graph of OpenVINO Model
    Server are renamed to these; if its only node is an ImageGenCalculator, the output stream PREVIEW is added.

    Parameters
    ----------
    folder : pathlib.Path
    side_packets : mapping of str to str, optional
        The graph's input side packets by tag or name, as text: see `read_value`.

    Raises
    ------
    ModelFolderError
        If the folder has no graph, and none ships for the model.
    GraphConfigError
        If the graph is invalid, or is not an image graph.
    GraphError
        If a side packet is unknown, or of another type than the graph takes.
    OSError
        If a file cannot be read.
    """
    folder = snapshot_of(folder)
    return to_image_graph(parse_file(find_graph(folder), load_option_types), folder, side_packets)


def to_image_graph(
    config: SourcedConfig, folder: Path, side_packets: Mapping[str, str] = MappingProxyType({})
) -> Graph:
    """Validate a config as `open_image_graph` does; relative paths in it start from `folder`.

    Raises
    ------
    GraphConfigError, GraphError, OSError
        As in `open_image_graph`.
    """
    translate_tags(config)
    graph = make_graph(config, folder)
    if "REQUEST" not in graph.inputs or "IMAGE" not in graph.outputs:
        message = 'an image graph needs an input_stream "REQUEST:..." and an output_stream "IMAGE:..."'
        raise GraphConfigError([Problem(message, config.source)])
    graph = _with_side_packets(graph, side_packets)
    if needed := graph.needed_side_packets:
        names = ", ".join(f'"{name}"' for name in needed)
        message = (
            f"the graph needs the side packets {names}: give them by --side_packet NAME=VALUE, or let a node set them"
        )
        raise GraphConfigError([Problem(message, config.source)])
    return graph


def unchecked_outputs(graph: Graph) -> Iterator[Problem]:
    """Yield the output streams of images that bypass the safety checks of a graph, if it has any."""
    checked: set[str] = set()
    for node in graph.nodes:
        if node.calculator == _CHECK or any(spec.name in checked for spec in node.inputs):
            checked |= {spec.name for spec in node.outputs}
    for index, text in enumerate(graph.config.proto.output_stream if checked else ()):
        if text.startswith((_IMAGE, _PREVIEW, _OVMS_IMAGE)) and text.rpartition(":")[2] not in checked:
            message = f'output_stream "{text}" bypasses the safety check of the graph: add an {_CHECK} for its images'
            yield graph.config.problem(message, "output_stream", index)


def _with_side_packets(graph: Graph, texts: Mapping[str, str]) -> Graph:
    values = {key: read_value(text, graph.side_packets.get(key, object)) for key, text in texts.items()}
    try:
        return graph.with_side_packets(values)
    except TypeError as error:
        raise GraphError(str(error)) from error


def translate_tags(config: SourcedConfig) -> None:
    """Rename the tags of OpenVINO Model Server to REQUEST and IMAGE; add PREVIEW to its only node."""
    proto = config.proto
    for streams, theirs, ours in (
        (proto.input_stream, _OVMS_REQUEST, _REQUEST),
        (proto.output_stream, _OVMS_IMAGE, _IMAGE),
    ):
        for index, text in enumerate(streams):
            if text.startswith(theirs):
                streams[index] = ours + text.removeprefix(theirs)
    if [node.calculator for node in proto.node] == [_OVMS_NODE]:
        for streams in (proto.output_stream, proto.node[0].output_stream):
            if not any(text.startswith(_PREVIEW) for text in streams):
                streams.append(f"{_PREVIEW}preview")
