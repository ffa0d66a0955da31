"""``graphframe export``: makes a model of PyTorch one of OpenVINO."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from graphframe.cli.failure import reported
from graphframe.cli.options.pull_options import prepare_aloud, with_pull_options
from graphframe.cli.options.task_options import with_task_options
from graphframe.repository.config_file import add_to_config_file
from graphframe.repository.export import check_can_export
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pulling.pull import Pull


@click.group()
def export() -> None:
    """Make a model of PyTorch one of OpenVINO, as OpenVINO Model Server's export_model.py does."""


@export.command("image_generation")
@click.option("--source_model", required=True, help="Name at a Hugging Face hub, or folder.")
@click.option("--model_name", help="What clients call the model.  [default: --source_model]")
@click.option(
    "--config_file_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A config.json to add the model to.",
)
@with_pull_options
@with_task_options
def image_generation(
    source_model: str,
    model_name: str | None,
    config_file_path: Path | None,
    make_pull: Callable[[str, str | None], Pull],
    task_options: TaskOptions,
    ovms_graph: bool,
) -> None:
    """Export a pipeline that makes images, write its graph, and add it to a config.json."""
    with reported():
        check_can_export()
        name = model_name or (Path(source_model).name if Path(source_model).is_dir() else source_model)
        folder = prepare_aloud(make_pull(source_model, name), task_options, one_node=ovms_graph)
        if config_file_path:
            add_to_config_file(config_file_path, name, os.path.relpath(folder, config_file_path.parent))
            click.echo(f"Config updated: {config_file_path}")
