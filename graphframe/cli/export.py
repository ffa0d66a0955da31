"""``graphframe export``: exports PyTorch models to OpenVINO."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from graphframe.cli.failure import reported
from graphframe.cli.options.option_group import GroupedCommand, with_options
from graphframe.cli.options.pull import PULL_OPTIONS, take_pull_options
from graphframe.cli.options.task import TASK_OPTIONS, take_task_options
from graphframe.cli.pull import pull_and_print
from graphframe.repository.config_file import add_to_config_file
from graphframe.repository.export import check_can_export


@click.group()
def export() -> None:
    """Export PyTorch models to OpenVINO.

    Command and options have the names of OpenVINO Model Server's export_model.py. Needs graphframe[export].
    """


@with_options(PULL_OPTIONS, TASK_OPTIONS)
@click.command("image_generation", cls=GroupedCommand)
@click.option(
    "--source_model",
    required=True,
    help="Hugging Face model ID, folder of a PyTorch pipeline, or single-file checkpoint.",
)
@click.option(
    "--model_name",
    help="Name of the exported model, in --model_repository_path and in --config_file_path.  [default: --source_model,"
    " or the name of its folder or file]",
)
@click.option(
    "--config_file_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A config.json to add the model to.",
)
def image_generation(source_model: str, model_name: str | None, config_file_path: Path | None, **given: Any) -> None:
    """Export an image-generation pipeline and write its graph.

    The model is written to the model repository and, with --config_file_path, added to a config.json.
    """
    options, task_options = take_pull_options(given), take_task_options(given)
    source = Path(source_model)
    name = model_name or (source.name if source.is_dir() else source.stem if source.is_file() else source_model)
    with reported():
        check_can_export()
        folder = pull_and_print(options.pull(source_model, name), task_options, one_node=options.ovms_graph)
        if config_file_path:
            add_to_config_file(config_file_path, name, os.path.relpath(folder, config_file_path.parent))
            click.echo(f"Config updated: {config_file_path}")


export.add_command(image_generation)
