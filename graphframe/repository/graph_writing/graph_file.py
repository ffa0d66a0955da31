"""Writing the ``graph.pbtxt`` of a model from the options of its task."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from graphframe.framework.config.reading import parse
from graphframe.framework.config.registry import is_subgraph, load_option_types, subgraph_of
from graphframe.framework.config.writer import to_pbtxt
from graphframe.framework.errors import GraphError, did_you_mean
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.image_graph import translate_tags

GRAPH = "graph.pbtxt"
_HEADER = """\
# File created with: graphframe {version}
# Unchanged as long as this fits: {digest}. A file that was edited is never written over.
"""
_DIGEST = re.compile(r"# Unchanged as long as this fits: ([0-9a-f]{16})\.")


def is_edited(folder: Path) -> bool:
    """Whether the folder of a model has a graph that was edited, or that something else wrote."""
    path = folder / GRAPH
    return path.is_file() and not _is_as_written(path.read_text(encoding="utf-8"))


def write_graph(folder: Path, options: TaskOptions, notes: Iterable[str] = (), *, one_node: bool = False) -> None:
    """Write the graph of the model in a folder, whole or not at all.

    Parameters
    ----------
    folder : Path
    options : TaskOptions
    notes : iterable of str, optional
        Lines of a comment.
    one_node : bool, optional
        Whether to write OpenVINO Model Server's form, with one node, rather than all nodes and their devices.

    Raises
    ------
    GraphConfigError
        If the options do not fit the model.
    GraphError
        If a node is named that there is not.
    """
    body = options.ovms_graph() if one_node else staged_graph(folder, options)
    header = _HEADER.format(version=version("graphframe"), digest=_digest(body))
    part = folder / f".{GRAPH}.part"
    part.write_text("".join([header, *(f"# {note}\n" for note in notes), "\n", body]), encoding="utf-8")
    part.replace(folder / GRAPH)


def staged_graph(folder: Path, options: TaskOptions) -> str:
    """The text of a graph in which all nodes of the model in a folder, and their devices, are seen.

    Raises
    ------
    GraphConfigError
        If the options do not fit the model.
    GraphError
        If `target_device` names a node that there is not.
    """
    one_node = parse(options.ovms_graph(), f"options for {folder}", load_option_types)._replace(base=folder)
    (node,) = one_node.nodes
    assert is_subgraph(node.proto.calculator)
    graph = subgraph_of(node)
    translate_tags(graph)
    graph.proto.ClearField("input_side_packet")
    _bind(graph.proto, options.devices_by_node())
    return to_pbtxt(graph.proto)


def _bind(graph: CalculatorGraphConfig, devices: dict[str, str]) -> None:
    bound = {node.name: node for node in graph.node if node.device}
    for name, device in devices.items():
        if name not in bound:
            raise GraphError(
                f'target_device: there is no node "{name}" that has a device{did_you_mean(name, bound)}; there are:'
                f" {', '.join(bound)}"
            )
        bound[name].device = device


def _is_as_written(text: str) -> bool:
    match = _DIGEST.search(text)
    return match is not None and match[1] == _digest(text.partition("\n\n")[2])


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]
