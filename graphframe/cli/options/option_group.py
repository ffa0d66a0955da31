"""Options that several commands share, under a heading of their ``--help``.

The function of a command with groups takes all values as keyword arguments, ``**given``. For each group, another
function removes its values from these and returns them as one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import click


class OptionGroup(NamedTuple):
    """Options under a heading."""

    title: str
    options: tuple[click.Option, ...]


class GroupedCommand(click.Command):
    """A command whose ``--help`` shows groups of options, each under its heading."""

    groups: tuple[OptionGroup, ...] = ()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the groups, and then all other options."""
        grouped = {option for group in self.groups for option in group.options}
        others = tuple(each for each in self.get_params(ctx) if isinstance(each, click.Option) and each not in grouped)
        for title, options in (*self.groups, OptionGroup("Other options", others)):
            with formatter.section(title):
                formatter.write_dl([record for option in options if (record := option.get_help_record(ctx))])


def with_options(*groups: OptionGroup) -> Callable[[GroupedCommand], GroupedCommand]:
    """Add groups of options to a command, which ``--help`` shows in this order."""

    def add(command: GroupedCommand) -> GroupedCommand:
        command.groups = groups
        command.params.extend(option for group in groups for option in group.options)
        return command

    return add
