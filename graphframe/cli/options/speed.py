"""The option `--speed` of ``generate``."""

from __future__ import annotations

import os

import click

from graphframe.speed import VARIABLE

SPEED_HELP = (
    "Whether images equal those of openvino_genai byte by byte (exact), or VAE decoders, and UNets of static shape, are"
    " rewritten to need less arithmetic (balanced). Those images differ by the device's rounding. Nodes with a speed in"
    " the graph keep it."
)


def _use(_: click.Context, __: click.Parameter, speed: str) -> None:
    if speed != os.environ.get(VARIABLE, "exact"):
        os.environ[VARIABLE] = speed


SPEED = click.option(
    "--speed",
    type=click.Choice(["exact", "balanced"]),
    envvar=VARIABLE,
    default="exact",
    expose_value=False,
    callback=_use,
    help=SPEED_HELP,
)
"""An option that sets the speed of nodes without one before its command runs."""
