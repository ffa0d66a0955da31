"""Toy calculators whose options are dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import graphframe as gf


class Direction(Enum):
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class StepOptions:
    """How far to go: at most 10."""

    by: int = 1
    direction: Direction = Direction.UP
    also: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.by > 10:
            raise ValueError(f"by is at most 10, not {self.by}")


@gf.register
class Step(gf.Calculator):
    """Sends what it gets, and some more."""

    value = gf.Input("", int)
    moved = gf.Output("", int)
    options = gf.Options(StepOptions)

    def load(self, node: gf.NodeContext) -> None:
        self.by = node[self.options].by

    def process(self, cc: gf.Context) -> None:
        sign = 1 if cc[self.options].direction is Direction.UP else -1
        cc.send(self.moved, cc[self.value] + sign * (self.by + sum(cc[self.options].also)))


@dataclass(frozen=True)
class LabelOptions:
    """The prefix of each value."""

    text: str


@gf.register
class Label(gf.Calculator):
    """Sends its label and what it gets."""

    value = gf.Input("")
    both = gf.Output("", tuple)
    options = gf.Options(LabelOptions)

    def process(self, cc: gf.Context) -> None:
        cc.send(self.both, (cc[self.options].text, cc[self.value]))
