"""Options that are repeated, each with a ``NAME=VALUE``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

FC = TypeVar("FC", bound=Callable[..., Any] | click.Command)


def pairs(flag: str, parameter: str, metavar: str, text: str, short: str = "") -> Callable[[FC], FC]:
    """Return a decorator that adds an option, whose value is a list of tuples of name and value.

    Parameters
    ----------
    flag, parameter, metavar, text : str
        The option, the parameter of the function, the form of its values, and its help.
    short : str, optional
        A second name of the option.
    """
    names = [name for name in (short, flag, parameter) if name]
    return click.option(*names, multiple=True, metavar=metavar, callback=_split, help=text)


def _split(_: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> list[tuple[str, str]]:
    found = []
    for text in texts:
        name, _equals, value = text.partition("=")
        if not (name and value):
            raise click.BadParameter(f'"{text}" is not {option.make_metavar(_)}')
        found.append((name, value))
    return found


SIDE_PACKETS = pairs(
    "--side_packet",
    "side_packets",
    "NAME=VALUE",
    "Input side packet of the graph, by tag or name. VALUE is JSON or text; @FILE reads a .npy, .json, .txt or other"
    " file. Repeat the option for several.",
)
"""The option for side packets, as a decorator."""
