"""``graphframe version``: the versions that a bug report needs."""

from __future__ import annotations

import platform
from importlib.metadata import version as version_of

import click

import graphframe
from graphframe.cli.table import print_table


@click.command()
def version() -> None:
    """Print the versions of graphframe, Python and OpenVINO's packages."""
    print_versions()


def print_versions() -> None:
    """Print a table of the versions."""
    packages = [(name, version_of(name)) for name in ("openvino", "openvino-genai", "openvino-tokenizers")]
    print_table([("graphframe", graphframe.__version__), ("python", platform.python_version()), *packages])
