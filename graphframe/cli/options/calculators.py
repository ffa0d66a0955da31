"""The option for calculators in files."""

from __future__ import annotations

from pathlib import Path

import click

from graphframe.cli.failure import reported
from graphframe.framework.config.calculator_files import register_files


def _register(_: click.Context, __: click.Parameter, paths: tuple[Path, ...]) -> None:
    with reported():
        for path in paths:
            register_files(path)


HELP = "Python file, or folder of Python files, with calculators for the graph. Repeat the option for several."
CALCULATORS = click.option(
    "--calculators",
    multiple=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    expose_value=False,
    callback=_register,
    help=HELP,
)
"""An option that makes calculators known to graphs before its command runs."""
