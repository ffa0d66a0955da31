"""Configs and their nodes, with the place of each field in the text that they come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from graphframe.framework.errors import Problem
from graphframe.framework.protos.calculator_pb2 import CalculatorGraphConfig

FieldPath = tuple[str | int, ...]
"""Names and positions of fields: ``("node", 0, "input_stream", 1)``."""
_NOWHERE: Final[Mapping[FieldPath, int]] = MappingProxyType({})


class SourcedNode(NamedTuple):
    """A node of a config, with its place in a text.

    Attributes
    ----------
    proto : CalculatorGraphConfig.Node
    name : str
        Its name. For a node without one it is that of its calculator, numbered where several nodes share it.
    source : str
        The name of the text in messages.
    lines : mapping
        The line of each field of the text.
    path : tuple
        The path of the node in the text, such as ``("node", 2)``.
    base : pathlib.Path
        The folder that relative paths in its options start from.
    """

    proto: CalculatorGraphConfig.Node
    name: str
    source: str
    lines: Mapping[FieldPath, int] = _NOWHERE
    path: FieldPath = ()
    base: Path = Path()

    def problem(self, message: str, *place: str | int) -> Problem:
        """Return a problem of this node, or of the field at `place` in it: ``"input_stream", 0``."""
        line = self.line(*place)
        return Problem(f'node "{self.name}": {_with_field(message, line, place)}', self.source, line)

    def line(self, *place: str | int) -> int | None:
        """Return the line of one of its fields, or else of the node."""
        places = ((*self.path, *place), self.path, ())
        return next((self.lines[place] for place in places if place in self.lines), None)


class SourcedConfig(NamedTuple):
    """A config, with its place in a text.

    Attributes
    ----------
    proto : CalculatorGraphConfig
    source : str
        The name of its text in messages.
    lines : mapping
        The line of each field. That at the empty path is for all fields without one.
    problems : sequence of Problem
        The parts of the text that could not be read.
    base : pathlib.Path
        The folder that relative paths start from.
    """

    proto: CalculatorGraphConfig
    source: str
    lines: Mapping[FieldPath, int] = _NOWHERE
    problems: Sequence[Problem] = ()
    base: Path = Path()

    @property
    def nodes(self) -> list[SourcedNode]:
        """The nodes, in the order of the text."""
        source, lines, base = self.source, self.lines, self.base
        alike: dict[str, list[int]] = defaultdict(list)
        nodes = []
        for position, proto in enumerate(self.proto.node[:]):
            name = proto.name
            if not name:
                name = proto.calculator
                alike[name].append(position)
                if len(alike[name]) > 1:
                    name = f"{name}_{len(alike[name])}"
            nodes.append(SourcedNode(proto, name, source, lines, ("node", position), base))
        for positions in alike.values():
            if len(positions) > 1:
                first = nodes[positions[0]]
                nodes[positions[0]] = first._replace(name=f"{first.name}_1")
        return nodes

    def problem(self, message: str, *place: str | int) -> Problem:
        """Return a problem of the config, or of the field at `place` in it: ``"input_stream", 0``."""
        line = self.lines.get(place, self.lines.get(()))
        return Problem(_with_field(message, line, place), self.source, line)


def _with_field(message: str, line: int | None, place: FieldPath) -> str:
    """Return `message`, with the name of the field in front if neither a line nor the message says which it is."""
    return f"{place[0]}: {message}" if line is None and place and str(place[0]) not in message else message
