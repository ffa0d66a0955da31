"""From a model's name to a folder that can be served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from graphframe.framework.errors import GraphError
from graphframe.repository.graph_writing.fastest_devices import AUTO, with_devices
from graphframe.repository.graph_writing.graph_file import is_edited, write_graph
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.model_folder import GRAPH
from graphframe.repository.pulling.lora_source import format_source_loras
from graphframe.repository.pulling.pull import Pull


class Prepared(NamedTuple):
    """A model that can be served.

    Attributes
    ----------
    folder : Path
    graph_kept : bool
        Whether options were given that its graph does not say, since that was edited.
    """

    folder: Path
    graph_kept: bool

    @property
    def notice(self) -> str:
        """What to tell of a graph that was kept."""
        return (
            f"Graph: {self.folder / GRAPH} was edited and is kept as it is, without these options; to write it anew,"
            " delete it or add --overwrite_models"
        )


def prepare(pull: Pull, options: TaskOptions, *, one_node: bool = False) -> Prepared:
    """Bring a model and its adapters, and write its graph.

    A graph that is there stays as it is if no options are given, or if it was edited and `pull` does not overwrite.

    Parameters
    ----------
    pull : Pull
    options : TaskOptions
    one_node : bool, optional
        Whether to write the graph in OpenVINO Model Server's form.

    Raises
    ------
    PullError, ExportError
        If it cannot be brought.
    GraphConfigError, GraphError
        If the options do not fit the model, or a graph of one node is to say the devices of others.
    """
    if one_node and (options.devices_by_node() or options.target_device == AUTO):
        raise GraphError("target_device: a graph of one node cannot say the devices of others")
    folder = pull.run()
    adapters, composites = options.loras()
    if adapters:
        brought = [pull.bring_adapter(adapter) for adapter in adapters]
        options = replace(options, source_loras=format_source_loras(brought, composites))
    if (folder / GRAPH).is_file() and not pull.overwrite:
        if not options.given():
            return Prepared(folder, False)
        if is_edited(folder):
            return Prepared(folder, True)
    write_graph(folder, *with_devices(folder, options), one_node=one_node)
    return Prepared(folder, False)
