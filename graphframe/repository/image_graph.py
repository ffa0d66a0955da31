"""Image graphs: those with a ``REQUEST`` input and an ``IMAGE`` output, which can be served."""

from __future__ import annotations

from pathlib import Path

from graphframe.framework.config.registry import load_option_types
from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.text.reading import parse_file
from graphframe.framework.errors import GraphConfigError, Problem
from graphframe.framework.graph import Graph, make_graph
from graphframe.repository.model_folder import find_graph, snapshot_of

_REQUEST, _IMAGE, _PREVIEW = "REQUEST:", "IMAGE:", "PREVIEW:"
_OVMS_REQUEST, _OVMS_IMAGE = "HTTP_REQUEST_PAYLOAD:", "HTTP_RESPONSE_PAYLOAD:"
_OVMS_NODE = "ImageGenCalculator"


def open_image_graph(folder: Path) -> Graph:
    """Read and validate the graph that `find_graph` finds for a folder, which may be one of Hugging Face's cache.

    It takes an `ImageRequest` on REQUEST and sends `EncodedImage`s on IMAGE. The tags of a graph of OpenVINO Model
    Server are renamed to these; if its only node is an ImageGenCalculator, the output stream PREVIEW is added.

    Raises
    ------
    ModelFolderError
        If the folder has no graph, and none ships for the model.
    GraphConfigError
        If the graph is invalid, or is not an image graph.
    OSError
        If the file cannot be read.
    """
    folder = snapshot_of(folder)
    return to_image_graph(parse_file(find_graph(folder), load_option_types), folder)


def to_image_graph(config: SourcedConfig, folder: Path) -> Graph:
    """Validate a config as `open_image_graph` does; relative paths in it start from `folder`.

    Raises
    ------
    GraphConfigError
        If the graph is invalid, or is not an image graph.
    """
    translate_tags(config)
    graph = make_graph(config, folder)
    if "REQUEST" not in graph.inputs or "IMAGE" not in graph.outputs:
        message = 'an image graph needs an input_stream "REQUEST:..." and an output_stream "IMAGE:..."'
        raise GraphConfigError([Problem(message, config.source)])
    if needed := graph.needed_side_packets:
        names = ", ".join(f'"{name}"' for name in needed)
        message = f"an image graph gets no side packets, but needs {names}: use a ConstantSidePacketCalculator"
        raise GraphConfigError([Problem(message, config.source)])
    return graph


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
