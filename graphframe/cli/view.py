"""``graphframe view``: draws a graph."""

from __future__ import annotations

from pathlib import Path

import click

from graphframe.cli.failure import reported
from graphframe.cli.options.calculators import CALCULATORS
from graphframe.framework.errors import GraphError
from graphframe.repository.model_folder import graph_file, snapshot_of
from graphframe.view.diagram import diagram
from graphframe.view.drawable import DrawableGraph, read_drawable
from graphframe.view.html import to_html
from graphframe.view.svg import to_svg

_FORMATS = {".svg": to_svg, ".html": to_html}


def _output_file(_: click.Context, __: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() not in _FORMATS:
        raise click.BadParameter(f'"{path}" must end in .svg, for an image, or .html, for an interactive page')
    return path


@click.command()
@click.argument("graph", type=click.Path(path_type=Path, exists=True))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_output_file,
    help="File to write: a .svg image, or a .html page in which subgraphs collapse and nodes show their details.",
)
@click.option(
    "--subgraph",
    "subgraphs",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Graph that has a type, to draw inside the nodes of this type. Repeat the option for several.",
)
@CALCULATORS
def view(graph: Path, output: Path, subgraphs: tuple[Path, ...]) -> None:
    """Draw GRAPH, a .pbtxt file of graphframe or MediaPipe, or the folder of a model.

    The graph is neither loaded nor validated: calculators and options may be unknown, and streams unconnected.
    """
    with reported():
        graph = graph_file(snapshot_of(graph))
        what = diagram(read_drawable(graph), {source.config.proto.type: source for source in map(_subgraph, subgraphs)})
        output.write_text(_FORMATS[output.suffix.lower()](what, graph.name), encoding="utf-8")
    click.echo(f"wrote {output}")


def _subgraph(path: Path) -> DrawableGraph:
    source = read_drawable(path)
    if not source.config.proto.type:
        raise GraphError(f'{path}: a graph needs a type, e.g. type: "MySubgraph", to be drawn inside nodes')
    return source
