"""Options that are repeated, each with a ``NAME=VALUE``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from graphframe.packet_values import name_and_value

FC = TypeVar("FC", bound=Callable[..., Any] | click.Command)

SIDE_PACKET = (
    "Input side packet of the graph, by tag or name. VALUE is JSON or text; @FILE reads a .npy, .json, .txt or other"
    " file. Repeat the option for several."
)
"""The help of ``--side_packet``."""


def pairs(*names: str, metavar: str, help: str) -> Callable[[FC], FC]:
    """Return a decorator that adds an option, whose value is a list of tuples of name and value.

    Parameters
    ----------
    *names : str
        The spellings of the option, and the parameter of the function.
    metavar, help : str
        The form of its values, and its help.
    """
    return click.option(*names, multiple=True, metavar=metavar, callback=_split, help=help)


def _split(ctx: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> list[tuple[str, str]]:
    try:
        return [name_and_value(text, option.make_metavar(ctx)) for text in texts]
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


SIDE_PACKETS = pairs("--side_packet", "side_packets", metavar="NAME=VALUE", help=SIDE_PACKET)
"""The option for side packets, as a decorator."""
