"""``graphframe view``: draws a graph."""

from __future__ import annotations

from pathlib import Path

import click

from graphframe.cli.failure import reported
from graphframe.framework.errors import GraphError
from graphframe.view.diagram import diagram
from graphframe.view.drawable import DrawableGraph, read_drawable
from graphframe.view.html import to_html
from graphframe.view.svg import to_svg

_FORMATS = {".svg": to_svg, ".html": to_html}


def _picture(_: click.Context, __: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() not in _FORMATS:
        raise click.BadParameter(f'"{path}" ends neither in .svg, for a picture, nor in .html, for an interactive page')
    return path


@click.command()
@click.argument("graph", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_picture,
    help="Where to write: a .svg picture, or a .html page in which subgraphs can be collapsed and nodes looked into.",
)
@click.option(
    "--subgraph",
    "subgraphs",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A graph with a type: draw it inside of the nodes that use it. May be given several times.",
)
def view(graph: Path, output: Path, subgraphs: tuple[Path, ...]) -> None:
    """Draw GRAPH, a .pbtxt file, of graphframe or of MediaPipe.

    Nothing is loaded or validated: calculators and options may be unknown here, and streams may lead nowhere.
    """
    with reported():
        what = diagram(read_drawable(graph), {source.config.proto.type: source for source in map(_subgraph, subgraphs)})
        output.write_text(_FORMATS[output.suffix.lower()](what, graph.name), encoding="utf-8")
    click.echo(f"wrote {output}")


def _subgraph(path: Path) -> DrawableGraph:
    source = read_drawable(path)
    if not source.config.proto.type:
        raise GraphError(f'{path}: a graph needs a type, as in type: "MySubgraph", to be drawn inside of nodes')
    return source
