"""From a model's name to a folder that can be served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from graphframe.repository.fastest_devices import with_devices
from graphframe.repository.graph_file import GRAPH, write_graph
from graphframe.repository.lora_source import format_source_loras
from graphframe.repository.pull import Pull
from graphframe.repository.task_options import TaskOptions


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
        If the options do not fit the model.
    """
    folder = pull.run()
    adapters, composites = options.loras()
    if adapters:
        brought = [pull.bring_adapter(adapter) for adapter in adapters]
        options = replace(options, source_loras=format_source_loras(brought, composites))
    if (folder / GRAPH).is_file() and not options.given() and not pull.overwrite:
        return Prepared(folder, False)
    written = write_graph(folder, *with_devices(folder, options), one_node=one_node, overwrite=pull.overwrite)
    return Prepared(folder, not written)
