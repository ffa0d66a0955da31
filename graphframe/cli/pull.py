"""``graphframe pull``: downloads a model and writes its graph."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any

import click

from graphframe.cli.failure import reported
from graphframe.cli.options.option_group import GroupedCommand, with_options
from graphframe.cli.options.pull import PULL_OPTIONS, take_pull_options
from graphframe.cli.options.task import TASK_OPTIONS, TASKS, take_task_options
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pull_model import pull_model
from graphframe.repository.pulling.pull import Pull


@with_options(PULL_OPTIONS, TASK_OPTIONS)
@click.command(cls=GroupedCommand)
@click.argument("source_model")
@click.option("--task", type=click.Choice(TASKS), default=TASKS[0], help="Task of the model.")
def pull(source_model: str, task: str, **given: Any) -> None:
    """Download a model and write its graph.

    SOURCE_MODEL is a Hugging Face model ID, e.g. OpenVINO/FLUX.1-schnell-int4-ov.

    Existing files are kept; an interrupted pull resumes. PyTorch weights are exported to OpenVINO.
    The environment variables HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE and HTTPS_PROXY are used.
    """
    options, task_options = take_pull_options(given), take_task_options(given)
    with reported():
        pull_and_print(options.pull(source_model), task_options, one_node=options.ovms_graph)


def pull_and_print(pull: Pull, options: TaskOptions, *, one_node: bool) -> Path:
    """Pull a model, print where it and its graph are, in OpenVINO Model Server's words, and return its folder."""
    handler = signal.signal(signal.SIGINT, _end_process)
    try:
        pulled = pull_model(pull, options, one_node=one_node)
    finally:
        signal.signal(signal.SIGINT, handler)
    click.echo(f"Model: {pull.source} downloaded to: {pulled.folder}")
    if pulled.graph_kept:
        click.echo(pulled.notice, err=True)
    else:
        click.echo(f"Graph: graph.pbtxt created in: {pulled.folder}")
    return pulled.folder


def _end_process(number: int, frame: FrameType | None) -> None:
    """End at once: Python would wait for downloads under way, and a pull can be killed at any moment."""
    click.echo("\nAborted! The next pull resumes from the downloaded files.", err=True)
    os._exit(130)
