"""Pull a model with its LoRA adapters, and write its graph."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from graphframe.repository.graph_writing.fastest_devices import AUTO, with_devices
from graphframe.repository.graph_writing.graph_file import check_files, is_edited, write_graph
from graphframe.repository.graph_writing.task_options import TaskOptions, TaskOptionsError
from graphframe.repository.model_folder import GRAPH
from graphframe.repository.pulling.adapter_download import download_adapter
from graphframe.repository.pulling.embedding_source import format_source_embeddings
from graphframe.repository.pulling.errors import ReadOnlyError
from graphframe.repository.pulling.lora_source import format_source_loras
from graphframe.repository.pulling.model_download import download_model
from graphframe.repository.pulling.progress import PullProgress
from graphframe.repository.pulling.pull import Pull
from graphframe.repository.pulling.staging import FORBIDDEN


class PulledModel(NamedTuple):
    """A model that can be served.

    Attributes
    ----------
    folder : Path
    graph_kept : bool
        Whether options were given but not applied, because the graph was edited.
    """

    folder: Path
    graph_kept: bool

    @property
    def notice(self) -> str:
        """A message for the user of a graph that was kept."""
        return (
            f"Graph: {self.folder / GRAPH} was edited, or not generated, and is kept, without these"
            " options; delete it or add --overwrite_models to write it again"
        )


def pull_model(
    pull: Pull, options: TaskOptions, *, one_node: bool = False, progress: PullProgress | None = None
) -> PulledModel:
    """Pull a model and its adapters, and write its graph.

    An existing graph is kept if no options are given, or if it was edited and `pull` does not overwrite. If the model
    and its adapters exist, and the graph is the same, nothing is written.

    Parameters
    ----------
    pull : Pull
    options : TaskOptions
    one_node : bool, optional
        Whether to write the graph in OpenVINO Model Server's form, with one node, and the folder for compiled models,
        ``$GRAPHFRAME_CACHE_DIR``, as a property.
    progress : PullProgress, optional
        Is kept up to date meanwhile.

    Raises
    ------
    PullError, ExportError
        If the model or an adapter cannot be pulled.
    GraphError, ModelFolderError, TaskOptionsError
        If the options do not fit the model, or one node cannot express them.
    """
    if one_node and (options.devices_by_node() or options.target_device == AUTO):
        message = f'is "{options.target_device}", but OpenVINO Model Server\'s graph has no devices for single nodes'
        raise TaskOptionsError([("target_device", message)])
    if one_node and options.source_embeddings:
        message = "has no place in OpenVINO Model Server's graph: omit --ovms_graph"
        raise TaskOptionsError([("source_embeddings", message)])
    adapters, composites = options.loras()
    embeddings = options.embeddings()
    check_files([each for each in (*adapters, *embeddings) if each.is_path], pull.model_path)
    folder = download_model(pull, progress)
    if adapters:
        downloaded = [download_adapter(pull, adapter) for adapter in adapters]
        options = replace(options, source_loras=format_source_loras(downloaded, composites))
    if embeddings:
        given = format_source_embeddings(download_adapter(pull, each) for each in embeddings)
        options = replace(options, source_embeddings=given)
    if (folder / GRAPH).is_file() and not pull.overwrite:
        if not options.given():
            return PulledModel(folder, False)
        if is_edited(folder):
            return PulledModel(folder, True)
    if one_node and (cache_dir := os.environ.get("GRAPHFRAME_CACHE_DIR")):
        options = options.with_cache_dir(cache_dir)
    try:
        write_graph(folder, *with_devices(folder, options), one_node=one_node)
    except OSError as error:
        if error.errno not in FORBIDDEN:
            raise
        raise ReadOnlyError(
            f"{folder / GRAPH}: {error.strerror}, and these options give another graph; use the options that it was"
            " written with, or serve the folder by --model_path with these"
        ) from error
    return PulledModel(folder, False)
