"""Groups of options that several commands take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Command = Callable[..., None]


def with_options(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    """Decorate a command with options, which ``--help`` lists in their order."""
    for option in reversed(options):
        command = option(command)
    return command
