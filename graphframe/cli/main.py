"""The ``graphframe`` command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from graphframe import __version__
from graphframe.cli.check import check
from graphframe.cli.devices import devices
from graphframe.cli.export import export
from graphframe.cli.generate import generate
from graphframe.cli.new import new
from graphframe.cli.pull import pull
from graphframe.cli.run import run
from graphframe.cli.serve import serve
from graphframe.cli.version import version
from graphframe.cli.view import view

_USAGE = 64
"""The exit code for wrong usage, as in OpenVINO Model Server and sysexits.h."""
_INTERRUPTED = 130
"""The exit code after Ctrl-C, as of shells: 128 and the number of SIGINT."""


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        error.show()
        raise click.exceptions.Exit(_USAGE) from error
    except KeyboardInterrupt as error:
        click.echo("Aborted!", err=True)
        raise click.exceptions.Exit(_INTERRUPTED) from error


class _Group(click.Group):
    @_exit_codes()
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args)

    @_exit_codes()
    def invoke(self, ctx: click.Context) -> Any:
        return super().invoke(ctx)


@click.group(
    cls=_Group,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda name: name.replace("-", "_"),
    },
)
@click.version_option(__version__)
def main() -> None:
    """Generate and serve images with pipelines that are described as graphs of calculators.

    Options can be written with underscores or hyphens: --model_path or --model-path.
    """


for command in (serve, generate, run, check, view, new, pull, export, devices, version):
    main.add_command(command)
