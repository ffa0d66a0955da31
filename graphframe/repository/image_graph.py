"""The graph of a model folder, ready to be asked for images."""

from __future__ import annotations

from pathlib import Path

from graphframe.framework.config.reading import SourcedConfig, parse_file
from graphframe.framework.config.registry import load_option_types
from graphframe.framework.errors import GraphConfigError, Problem
from graphframe.framework.graph import Graph, make_graph
from graphframe.repository.model_folder import find_graph

_REQUEST, _IMAGE, _PREVIEW = "REQUEST:", "IMAGE:", "PREVIEW:"
_OVMS_REQUEST, _OVMS_IMAGE = "HTTP_REQUEST_PAYLOAD:", "HTTP_RESPONSE_PAYLOAD:"
_OVMS_NODE = "ImageGenCalculator"


def open_image_graph(folder: Path) -> Graph:
    """Read and validate the graph that `find_graph` finds for a folder.

    It takes an `ImageRequest` on REQUEST and sends `EncodedImage`s on IMAGE. A graph of OpenVINO Model Server, which
    has other tags there, gets these; and if it is the one that makes images with a single node, PREVIEW too.

    Raises
    ------
    ModelFolderError
        If there is none.
    GraphConfigError
        If it is wrong, or is not one that makes images.
    OSError
        If the file cannot be read.
    """
    return to_image_graph(parse_file(find_graph(folder), load_option_types), folder)


def to_image_graph(config: SourcedConfig, folder: Path) -> Graph:
    """Validate a graph, in which relative paths start from `folder`, as `open_image_graph` does.

    Raises
    ------
    GraphConfigError
        If it is wrong, or is not one that makes images.
    """
    translate_tags(config)
    graph = make_graph(config, folder)
    if "REQUEST" not in graph.inputs or "IMAGE" not in graph.outputs:
        message = 'to make images, a graph needs an input_stream "REQUEST:..." and an output_stream "IMAGE:..."'
        raise GraphConfigError([Problem(message, config.source)])
    return graph


def translate_tags(config: SourcedConfig) -> None:
    """Give a graph of OpenVINO Model Server the tags that ours have."""
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
