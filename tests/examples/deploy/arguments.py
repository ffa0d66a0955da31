"""The command lines in examples/deploy."""

from __future__ import annotations

from collections.abc import Sequence

from graphframe.cli.main import main
from graphframe.serving.options import ServerOptions
from graphframe.serving.server import gunicorn_settings

GRACEFUL_TIMEOUT: int = gunicorn_settings(ServerOptions())["graceful_timeout"]
"""Seconds that requests under way get when the server ends."""


def parse(command: Sequence[str]) -> None:
    """Parse a command line of ``graphframe``; raise click.UsageError for one that it refuses."""
    program, name, *arguments = command
    assert program == "graphframe"
    main.commands[name].make_context(name, arguments)
