"""The streams and side packets of a graph that is being built, and the ends where they are connected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from graphframe.framework.config.names import Spec, parse_tag_index, tag_index
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

N = TypeVar("N", bound="_Named")


class _Named:
    """Something that a node or the graph's input makes."""

    kind = ""
    """What the names of its fields end with."""

    def __init__(self, proposal: str) -> None:
        self.name = ""
        self.proposal = proposal

    def named(self: N, name: str) -> N:
        """Give it a name, instead of one that tells where it comes from."""
        self.name = name
        return self


class Stream(_Named):
    """A stream of a graph that is being built."""

    kind = "stream"


class SidePacket(_Named):
    """A side packet of a graph that is being built."""

    kind = "side_packet"


class BackEdge:
    """A stream that nodes take before it is made, since it goes back in the graph."""

    kind = "stream"

    def __init__(self) -> None:
        self.stream: Stream | None = None

    def connect(self, stream: Stream) -> None:
        """Say which stream it is."""
        self.stream = stream


Made = Stream | SidePacket
"""What a node, or an input of the graph, makes."""
Source = Stream | SidePacket | BackEdge
"""What a node, or an output of the graph, can take."""
End = tuple[str, str, int]
"""A field, a tag and an index, at which something is connected."""
E = TypeVar("E", bound=Source)


def connect(ends: dict[End, E], direction: str, place: str, source: E) -> None:
    """Connect `source` at a place, or at the next free index of the tag.

    Raises
    ------
    TypeError
        If it is nothing that can be connected.
    ValueError
        If `place` is no tag.
    """
    if not isinstance(source, Source):
        raise TypeError(f'{direction} "{place}" takes a stream or side packet of the builder, not {source!r}')
    tag, index = parse_tag_index(place)
    field = f"{direction}_{source.kind}"
    while (field, tag, index) in ends:
        index += 1
    ends[field, tag, index] = source


def names_of(made: Iterable[Made]) -> dict[Made, str]:
    """The given names, and for the others their proposals, numbered where these are taken."""
    names = {each: each.name for each in made}
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
    proto: CalculatorGraphConfig | CalculatorGraphConfig.Node, ends: Mapping[End, Source], names: Mapping[Made, str]
) -> Iterator[str]:
    """Write what is connected into a config, in the order of tags and indexes; gives what is wrong with it."""
    for (field, tag, index), source in sorted(ends.items(), key=lambda end: end[0]):
        place = f'{field} "{tag_index(tag, index)}"'
        made = source.stream if isinstance(source, BackEdge) else source
        if made is None:
            yield f"{place} has no source: connect() its back edge to a stream"
        elif made not in names:
            yield f"{place} comes from another GraphBuilder"
        else:
            getattr(proto, field).append(str(Spec(tag, index, names[made])))
