"""``graphframe run``: runs a graph on values, and prints or writes what it sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from graphframe.cli.failure import reported
from graphframe.cli.options.calculators import CALCULATORS
from graphframe.cli.options.pairs import SIDE_PACKETS, pairs
from graphframe.framework.errors import GraphError
from graphframe.framework.graph import Graph
from graphframe.framework.packet import Packet
from graphframe.framework.timestamp import Timestamp
from graphframe.packet_values import read_value, shown, write_packets
from graphframe.repository.model_folder import graph_file


@click.command()
@click.argument("graph", type=click.Path(path_type=Path, exists=True))
@pairs(
    "--input",
    "inputs",
    metavar="NAME=VALUE",
    help="Packet for an input stream, by tag or name. VALUE is JSON or text; @FILE reads a .npy, .json, .txt or other"
    " file. A repeated name makes packets at timestamps 0, 1, 2 and so on.",
)
@SIDE_PACKETS
@pairs(
    "-o",
    "--output",
    "--dump",
    "outputs",
    metavar="NAME=FILE",
    help="File for the packets of an output, by tag, or of any stream, by name: .npz for all its arrays; .npy, .json,"
    " .txt or the name of an image for one, and numbered names for several. Other outputs are printed.",
)
@CALCULATORS
def run(
    graph: Path,
    inputs: list[tuple[str, str]],
    side_packets: list[tuple[str, str]],
    outputs: list[tuple[str, str]],
) -> None:
    """Run GRAPH, a .pbtxt file or a folder with one, on values, and print the packets that it sends."""
    with reported():
        opened = Graph.from_file(graph_file(graph), graph if graph.is_dir() else graph.parent)
        files = {key: Path(name) for key, name in outputs}
        found: dict[str, list[Packet]] = {key: [] for key in {*opened.outputs, *files}}
        side_values = {key: read_value(text, opened.side_packets.get(key, object)) for key, text in side_packets}
        packets = [(key, read_value(text, opened.inputs.get(key, object))) for key, text in inputs]
        observers = {key: each.append for key, each in found.items()}
        _run(opened, side_values, _at_timestamps(packets), observers)
        for key, file in files.items():
            for path in write_packets(found[key], file):
                click.echo(f"{key}: wrote {path}")
        for key in opened.outputs:
            for packet in found[key] if key not in files else ():
                click.echo(f"{key} @ {Timestamp.describe(packet.timestamp)}: {shown(packet.value)}")


def _run(
    graph: Graph,
    side_packets: Mapping[str, Any],
    packets: Iterable[tuple[str, Any, int]],
    observers: Mapping[str, Callable[[Packet], None]],
) -> None:
    try:
        running = graph.start_run(side_packets, observers)
        try:
            for key, value, timestamp in packets:
                running.add(key, value, timestamp)
        finally:
            running.close_inputs()
    except TypeError as error:  # a value of another type than the graph takes
        raise GraphError(str(error)) from error
    running.wait_until_done()


def _at_timestamps(packets: Iterable[tuple[str, Any]]) -> list[tuple[str, Any, int]]:
    """Return packets with their position in their stream as timestamp, in the order of timestamps."""
    counts: dict[str, int] = {}
    timed = []
    for key, value in packets:
        timed.append((key, value, counts.get(key, 0)))
        counts[key] = counts.get(key, 0) + 1
    return sorted(timed, key=lambda packet: packet[2])
