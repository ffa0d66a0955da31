"""Groups of options for click's commands.

A command with groups takes all values as keyword arguments, ``**given``. For each group a function takes its values out
of them, and returns them as one.
"""

from __future__ import annotations

from collections.abc import Callable

Command = Callable[..., None]
Group = tuple[Callable[[Command], Command], ...]


def with_options(*groups: Group) -> Callable[[Command], Command]:
    """Decorate a command with groups of options, which ``--help`` lists in this order."""

    def decorate(command: Command) -> Command:
        for group in reversed(groups):
            for option in reversed(group):
                command = option(command)
        return command

    return decorate
