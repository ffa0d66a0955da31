"""The graph of a model from the options of its task: in memory, and as the folder's ``graph.pbtxt``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from graphframe import __version__
from graphframe.calculators.text.textual_inversion_pb2 import TextualInversionEntry, TextualInversionOptions
from graphframe.framework.config.options.node_options import pack, unpack
from graphframe.framework.config.registry import is_subgraph, subgraph_of
from graphframe.framework.config.sourced import SourcedConfig
from graphframe.framework.config.text.writing import to_pbtxt
from graphframe.framework.errors import GraphConfigError, GraphError, did_you_mean
from graphframe.framework.graph import make_graph
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig
from graphframe.graphs.shipped_graph import shipped_graph
from graphframe.repository.flux_schedule import shift_is_misread
from graphframe.repository.graph_writing.task_options import TaskOptions, TaskOptionsError
from graphframe.repository.image_graph import translate_tags
from graphframe.repository.model_folder import GRAPH
from graphframe.repository.pulling.embedding_source import EmbeddingSource, format_source_embeddings
from graphframe.repository.pulling.file_source import FileSource
from graphframe.repository.pulling.lora_source import LoraSource, format_source_loras

_HEADER = """\
# File created with: graphframe {version}
# Digest of the graph: {digest}. An edited graph is overwritten only with --overwrite_models.
"""
_DIGEST = re.compile(r"# Digest of the graph: ([0-9a-f]{16})\.")
_DENOISER = "DenoiseCalculator"
_OVMS_HEADER = "# File created with: OpenVINO Model Server"


def is_edited(folder: Path) -> bool:
    """Return whether the folder has a graph that was edited after `write_graph`, or written by something else.

    A graph with the header of OpenVINO Model Server counts as not edited: that server, too, writes it at each start.
    """
    path = folder / GRAPH
    return path.is_file() and not _is_as_generated(path.read_text(encoding="utf-8"))


def write_graph(folder: Path, options: TaskOptions, notes: Iterable[str] = (), *, one_node: bool = False) -> None:
    """Write the graph of the model in a folder, whole or not at all. A file that has the same graph is kept.

    The graph of a FLUX.1 model whose schedule openvino_genai misreads chooses diffusers' schedule.

    Parameters
    ----------
    folder : pathlib.Path
    options : TaskOptions
    notes : iterable of str, optional
        Lines of a comment.
    one_node : bool, optional
        Whether to write OpenVINO Model Server's form, with one node, instead of all nodes and their devices.

    Raises
    ------
    ModelFolderError, TaskOptionsError
        If the options do not fit the model: see `staged_graph`.
    GraphConfigError
        If the model does not generate images of a size in the options.
    """
    staged = staged_graph(folder, options)
    _choose_schedule(staged, folder)
    make_graph(SourcedConfig(staged, f"the graph of {folder}"), folder).check_files()
    body = ovms_pbtxt(options) if one_node else to_pbtxt(staged)
    path = folder / GRAPH
    if path.is_file() and _body(path.read_text(encoding="utf-8")) == body:
        return
    header = _HEADER.format(version=__version__, digest=_digest(body))
    part = folder / f".{GRAPH}.part"
    part.write_text("".join([header, *(f"# {note}\n" for note in notes), "\n", body]), encoding="utf-8")
    part.replace(path)


def staged_graph(folder: Path, options: TaskOptions) -> CalculatorGraphConfig:
    """Return a graph with all nodes of the model in a folder, and their devices.

    Raises
    ------
    ModelFolderError
        If no graph ships for the model.
    TaskOptionsError
        If the file of a LoRA adapter or a textual inversion is missing, the model takes no textual inversions, or
        `target_device` names an unknown node.
    """
    options = _with_adapter_files(folder, options)
    (node,) = SourcedConfig(ovms_graph(options), f"the options for {folder}", base=folder).nodes
    if not is_subgraph(node.proto.calculator):  # which imports it
        raise GraphError(f"{node.proto.calculator} cannot be imported: graphframe is not installed completely")
    try:
        graph = subgraph_of(node)
    except GraphConfigError:
        # NOTE: the user did not write this node: report the problem as one of the folder or of an option.
        shipped_graph(folder)
        check_files(options.loras()[0], folder)
        raise
    translate_tags(graph)
    graph.proto.ClearField("input_side_packet")
    _bind(graph.proto, options.devices_by_node())
    _add_embeddings(graph.proto, options.embeddings(), folder)
    return graph.proto


def ovms_graph(options: TaskOptions) -> CalculatorGraphConfig:
    """Return OpenVINO Model Server's graph for the options, which has one node."""
    payload, response = "HTTP_REQUEST_PAYLOAD:input", "HTTP_RESPONSE_PAYLOAD:output"
    node = CalculatorGraphConfig.Node(
        name="ImageGenExecutor",
        calculator="ImageGenCalculator",
        input_stream=[payload],
        input_side_packet=["IMAGE_GEN_NODE_RESOURCES:pipes"],
        output_stream=[response],
        node_options=[pack(options.message())],
    )
    return CalculatorGraphConfig(node=[node], input_stream=[payload], output_stream=[response])


def ovms_pbtxt(options: TaskOptions) -> str:
    """Return `ovms_graph` as text that OpenVINO Model Server reads: there, the package of its options is mediapipe."""
    return to_pbtxt(ovms_graph(options)).replace("/graphframe.", "/mediapipe.", 1)


def check_files(sources: Iterable[FileSource], folder: Path) -> None:
    """Raise TaskOptionsError if a file is missing; relative paths start from `folder`."""
    problems = []
    for source in sources:
        if not (file := folder / source.path).is_file():
            todo = "" if source.is_path else "; download it with graphframe pull"
            kind = "adapter" if isinstance(source, LoraSource) else "embedding"
            message = f'names the {kind} "{source.alias}", whose file {file} does not exist{todo}'
            problems.append((f"source_{source.folder}", message))
    if problems:
        raise TaskOptionsError(problems)


def _with_adapter_files(folder: Path, options: TaskOptions) -> TaskOptions:
    """Return options that name the files of adapters as in the folder, not quoted as in a URL."""
    adapters, composites = options.loras()
    named = [adapter.named_as_in(adapter.files_in(folder)) for adapter in adapters]
    if named != adapters:
        options = replace(options, source_loras=format_source_loras(named, composites))
    if embeddings := options.embeddings():
        found = format_source_embeddings(each.named_as_in(each.files_in(folder)) for each in embeddings)
        options = replace(options, source_embeddings=found)
    return options


def _add_embeddings(graph: CalculatorGraphConfig, embeddings: Iterable[EmbeddingSource], folder: Path) -> None:
    entries = [TextualInversionEntry(path=each.path, token=each.alias or None) for each in embeddings]
    if not entries:
        return
    check_files(embeddings, folder)
    options = TextualInversionOptions(embeddings=entries)
    name = options.DESCRIPTOR.full_name
    if not any(value.endswith(name) for node in graph.node for value in node.option_value):
        raise TaskOptionsError([("source_embeddings", "has no effect: this model takes no textual inversions")])
    graph.graph_options.append(pack(options))


def _choose_schedule(graph: CalculatorGraphConfig, folder: Path) -> None:
    """Choose diffusers' schedule where openvino_genai misreads the model's config."""
    if shift_is_misread(folder):
        (packed,) = next(node.node_options for node in graph.node if node.calculator == _DENOISER)
        message = unpack(packed)
        message.diffusers_schedule = True  # type: ignore[attr-defined] # its type belongs to a calculator
        packed.CopyFrom(pack(message))


def _bind(graph: CalculatorGraphConfig, devices: dict[str, str]) -> None:
    nodes = {node.name: node for node in graph.node if node.device}
    for name, device in devices.items():
        if name not in nodes:
            hint = f"{did_you_mean(name, nodes)}; nodes with a device: {', '.join(nodes)}"
            raise TaskOptionsError([("target_device", f'names an unknown node "{name}"{hint}')])
        nodes[name].device = device


def _is_as_generated(text: str) -> bool:
    if text.startswith(_OVMS_HEADER):
        return True
    match = _DIGEST.search(text)
    return match is not None and match[1] == _digest(_body(text))


def _body(text: str) -> str:
    """Return the graph of a file, without its header."""
    return text.partition("\n\n")[2]


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]
