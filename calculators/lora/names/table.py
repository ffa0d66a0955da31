"""Tables of names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Target(NamedTuple):
    """The layers that a name stands for.

    Attributes
    ----------
    layers : tuple of str
        Each has a part of the named layer's rows, in this order.
    swapped : bool
        Whether the author has shift before scale where diffusers has scale before shift, if there are only these two.
    """

    layers: tuple[str, ...]
    swapped: bool = False


Table = Mapping[str, Target]
"""Targets by patterns of whole names. Their layers are templates, in which ``\\1`` is the first group."""


def to(*layers: str) -> Target:
    """Return the target of a name that stands for one or several layers."""
    return Target(layers)


def swapped(layer: str) -> Target:
    """Return the target of a name whose layer has shift before scale."""
    return Target((layer,), swapped=True)


def targets(table: Table, name: str) -> Iterator[Target]:
    """Yield the targets of a name."""
    for pattern, target in table.items():
        if match := re.fullmatch(pattern, name):
            yield target._replace(layers=tuple(match.expand(layer) for layer in target.layers))
