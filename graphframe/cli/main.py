"""The ``graphframe`` command."""

from __future__ import annotations

import click

from graphframe.cli.check import check
from graphframe.cli.export import export
from graphframe.cli.generate import generate
from graphframe.cli.pull import pull
from graphframe.cli.serve import serve
from graphframe.cli.view import view


@click.group(context_settings={"token_normalize_func": lambda name: name.replace("-", "_")})
@click.version_option(package_name="graphframe")
def main() -> None:
    """Run image-generation pipelines that are written down as graphs of calculators.

    Options are spelled with underscores or hyphens, as you like: --model_path, --model-path.
    """


for command in (serve, generate, check, view, pull, export):
    main.add_command(command)
