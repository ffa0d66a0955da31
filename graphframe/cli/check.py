"""``graphframe check``: validates a graph and prints its nodes and their devices."""

from __future__ import annotations

from pathlib import Path

import click

from graphframe.cli.failure import reported
from graphframe.cli.options.calculators import CALCULATORS
from graphframe.cli.table import print_table
from graphframe.framework.graph import Graph
from graphframe.repository.default_device import on_default_device
from graphframe.repository.image_graph import unchecked_outputs
from graphframe.repository.model_folder import graph_file, snapshot_of


@click.command()
@click.argument("graph", type=click.Path(path_type=Path, exists=True))
@click.option("--allow_unknown", is_flag=True, help="Accept unknown calculators and options, e.g. MediaPipe's.")
@CALCULATORS
def check(graph: Path, allow_unknown: bool) -> None:
    """Validate GRAPH, a .pbtxt file or the folder of a model, and its sizes for the model, if that exists.

    If it is valid, its nodes are printed in execution order with their devices.
    """
    with reported():
        graph = snapshot_of(graph)
        folder = graph if graph.is_dir() else graph.parent
        checked = Graph.from_file(graph_file(graph), folder, allow_unknown=allow_unknown)
        checked.check_files()
        for note in (*checked.notes, *unchecked_outputs(checked)):
            click.echo(f"note: {note}", err=True)
        checked, chosen = on_default_device(checked)
    rows = [("NODE", "CALCULATOR", "DEVICE")]
    rows += [(node.name, node.calculator, node.device or "(inline)") for node in checked.nodes]
    print_table(rows)
    if chosen:
        click.echo(f"{graph} uses {chosen}", err=True)
