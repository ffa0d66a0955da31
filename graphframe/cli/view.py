"""``graphframe view``: draws a graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphframe.cli.failure import reported
from graphframe.cli.options.calculators import CALCULATORS
from graphframe.cli.served_diagram import served_diagram
from graphframe.framework.errors import GraphError
from graphframe.repository.model_folder import graph_file, snapshot_of
from graphframe.view.diagram import diagram
from graphframe.view.drawable import DrawableGraph, read_drawable
from graphframe.view.html import to_html
from graphframe.view.mermaid import to_mermaid
from graphframe.view.svg import to_svg

_FORMATS = {"svg": to_svg, "html": to_html, "mermaid": to_mermaid}
_SUFFIXES = {".svg": "svg", ".html": "html", ".mmd": "mermaid"}


def _format(name: str | None, output: Path | None) -> str:
    if name is None and output is None:
        raise click.UsageError("-o FILE or --format is needed: -o for a file, --format alone for standard output")
    if name is None and output is not None:
        name = _SUFFIXES.get(output.suffix.lower())
    if name is None:
        raise click.BadParameter(
            f'"{output}" must end in .svg, for an image, .html, for an interactive page, or .mmd, for Mermaid;'
            " or set --format",
            param_hint="'-o' / '--output'",
        )
    return name


class _PathOrUrl(click.Path):
    """A path that exists, or the URL of a server."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and value.lower().startswith(("http://", "https://")):
            return value
        return super().convert(value, param, ctx)


@click.command()
@click.argument("graph", type=_PathOrUrl(path_type=Path, exists=True))
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write: a .svg image, a .html page in which subgraphs collapse and nodes show their details, or .mmd,"
    " a flowchart in Mermaid.  [default: standard output]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(_FORMATS)),
    help="Format to write.  [default: by the end of FILE]",
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
def view(graph: Path | str, output: Path | None, format_: str | None, subgraphs: tuple[Path, ...]) -> None:
    """Draw GRAPH: a .pbtxt file of graphframe or MediaPipe, the folder of a model, or the URL of a running server.

    The graph of a file is neither loaded nor validated: calculators and options may be unknown, and
    streams unconnected.

    A URL is that of a server, http://localhost:8000, or of one of several models, http://localhost:8000/MODEL. The
    drawing shows how long each node works in a request. If the server has API keys, set API_KEY.
    """
    draw = _FORMATS[_format(format_, output)]
    with reported():
        if isinstance(graph, str):
            title, what = served_diagram(graph)
        else:
            file = graph_file(snapshot_of(graph))
            types = {source.config.proto.type: source for source in map(_subgraph, subgraphs)}
            title, what = file.name, diagram(read_drawable(file), types)
        drawing = draw(what, title)
        if output is None:
            click.echo(drawing, nl=False)
        else:
            output.write_text(drawing, encoding="utf-8")
            click.echo(f"wrote {output}")
    if isinstance(graph, str) and not what.runs:
        click.echo("no request has succeeded yet, so the drawing shows no times", err=True)


def _subgraph(path: Path) -> DrawableGraph:
    source = read_drawable(path)
    if not source.config.proto.type:
        raise GraphError(f'{path}: a graph needs a type, e.g. type: "MySubgraph", to be drawn inside nodes')
    return source
