"""The streams and side packets of a graph that is being built, and the places where they are connected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from graphframe.framework.config.specs import Spec, parse_tag_index, tag_index
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

N = TypeVar("N", bound="_Named")


class _Named:
    """A stream or side packet that a node, or an input of the graph, produces.

    Attributes
    ----------
    name : str
        Empty to derive one from `proposal`.
    proposal : str
        A description of where it comes from.
    """

    kind = ""
    """The end of the names of its fields: ``"stream"`` or ``"side_packet"``."""

    def __init__(self, proposal: str) -> None:
        self.name = ""
        self.proposal = proposal

    def named(self: N, name: str) -> N:
        """Set the name, and return this object. By default the name comes from the node and tag that produce it."""
        self.name = name
        return self


class BuilderStream(_Named):
    """A stream of a graph that is being built."""

    kind = "stream"


class BuilderSidePacket(_Named):
    """A side packet of a graph that is being built."""

    kind = "side_packet"


class BackEdge:
    """A stream that nodes take before the node that produces it is added."""

    kind = "stream"

    def __init__(self) -> None:
        self.stream: BuilderStream | None = None

    def connect(self, stream: BuilderStream) -> None:
        """Set the stream that it stands for."""
        self.stream = stream


Produced = BuilderStream | BuilderSidePacket
"""A stream or side packet that has a producer."""
Connectable = BuilderStream | BuilderSidePacket | BackEdge
"""A stream or side packet that a node, or an output of the graph, takes."""
Place = tuple[str, str, int]
"""The field, tag and index of a connection: ``("input_stream", "IMAGE", 0)``."""
C = TypeVar("C", bound=Connectable)


def connect(connections: dict[Place, C], direction: str, place: str, connected: C) -> None:
    """Add a connection.

    Parameters
    ----------
    connections : dict
        Those of a node or graph.
    direction : str
        ``"input"`` or ``"output"``.
    place : str
        ``"TAG"`` or ``"TAG:1"``. If it is taken, the next free index of the tag is used.
    connected : BuilderStream, BuilderSidePacket or BackEdge

    Raises
    ------
    TypeError
        If `connected` is something else.
    ValueError
        If `place` is not a tag.
    """
    if not isinstance(connected, Connectable):
        raise TypeError(f'{direction} "{place}" takes a stream or side packet of the builder, not {connected!r}')
    tag, index = parse_tag_index(place)
    field = f"{direction}_{connected.kind}"
    while (field, tag, index) in connections:
        index += 1
    connections[field, tag, index] = connected


def names_of(produced: Iterable[Produced]) -> dict[Produced, str]:
    """Return the name of each: the one it was given, else its proposal, numbered where that is taken."""
    names = {each: each.name for each in produced}
    taken = {name for name in names.values() if name}
    for each in names:
        if not each.name:
            words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", each.proposal)
            name = proposal = re.sub(r"[^a-z0-9_]|^(?=[0-9]|$)", "_", words.lower())
            count = 1
            while name in taken:
                count += 1
                name = f"{proposal}_{count}"
            names[each] = name
            taken.add(name)
    return names


def write(
    proto: CalculatorGraphConfig | CalculatorGraphConfig.Node,
    connections: Mapping[Place, Connectable],
    names: Mapping[Produced, str],
) -> Iterator[str]:
    """Write connections into a config in the order of tags and indexes, and yield a message for each that is wrong."""
    for (field, tag, index), connected in sorted(connections.items(), key=lambda item: item[0]):
        place = f'{field} "{tag_index(tag, index)}"'
        produced = connected.stream if isinstance(connected, BackEdge) else connected
        if produced is None:
            yield f"{place} has no source: connect() its back edge to a stream"
        elif produced not in names:
            yield f"{place} comes from another GraphBuilder"
        else:
            getattr(proto, field).append(str(Spec(tag, index, names[produced])))
