"""Where a model comes from and goes to: what ``pull``, ``serve`` and ``export`` take."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

import click

from graphframe.cli.options.with_options import with_options
from graphframe.repository.export import Quantization
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pulling.prepare import prepare
from graphframe.repository.pulling.pull import Pull

TASKS = ("image_generation",)
_OPTIONS = (
    click.option(
        "--model_repository_path",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="OVMS_MODEL_REPOSITORY_PATH",
        help="Folder of the models.  [env: OVMS_MODEL_REPOSITORY_PATH; default: models, for what is brought]",
    ),
    click.option("--revision", help="Branch, tag or commit at the hub.  [default: the hub's]"),
    click.option("--overwrite_models", is_flag=True, help="Bring the model, and write its graph, even if it is there."),
    click.option("--weight_format", help="Of weights that are exported: fp32, fp16, int8, int4.  [default: int8]"),
    click.option("--extra_quantization_params", help="More arguments for optimum-cli's export."),
    click.option("--ovms_graph", is_flag=True, help="Write a graph of one node, as OpenVINO Model Server has it."),
)


def with_pull_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, and to its argument ``make_pull`` what makes a `Pull` of a source and a name."""

    @wraps(command)
    def read(
        model_repository_path: Path | None,
        revision: str | None,
        overwrite_models: bool,
        weight_format: str | None,
        extra_quantization_params: str | None,
        **given: Any,
    ) -> None:
        quantization = None
        if weight_format or extra_quantization_params:
            quantization = Quantization(weight_format or "int8", extra_quantization_params or "")

        def make_pull(source: str, name: str | None) -> Pull:
            repository = model_repository_path or Path("models")
            return Pull(source, repository, name or source, revision, overwrite_models, quantization)

        command(make_pull=make_pull, **given)

    return with_options(read, _OPTIONS)


def prepare_aloud(pull: Pull, options: TaskOptions, *, one_node: bool) -> Path:
    """Bring a model and say, in OpenVINO Model Server's words, where it and its graph are."""
    interrupted = signal.signal(signal.SIGINT, _end_process)
    try:
        prepared = prepare(pull, options, one_node=one_node)
    finally:
        signal.signal(signal.SIGINT, interrupted)
    click.echo(f"Model: {pull.source} downloaded to: {prepared.folder}")
    if prepared.graph_kept:
        click.echo(prepared.notice, err=True)
    else:
        click.echo(f"Graph: graph.pbtxt created in: {prepared.folder}")
    return prepared.folder


def _end_process(number: int, frame: FrameType | None) -> None:
    """End at once: Python would wait for the files under way, and a pull may be killed at any moment."""
    click.echo("\nAborted! The next try goes on from the files that are here.", err=True)
    os._exit(130)
