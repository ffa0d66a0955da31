"""Validation of the option `speed`."""

from __future__ import annotations

from collections.abc import Iterator

from graphframe.speed import speed_of


def speed_problems(speed: str) -> Iterator[str]:
    """Yield the problem of a node's speed, or of the environment's if the node has none."""
    try:
        speed_of(speed)
    except ValueError as error:
        yield str(error)
