"""The commands of ``graphframe serve`` that end without serving, under OpenVINO Model Server's names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphframe.cli.options.option_group import OptionGroup
from graphframe.repository.config_file import add_to_config_file, remove_from_config_file
from graphframe.repository.graph_writing.fastest_devices import with_devices
from graphframe.repository.graph_writing.graph_file import is_edited, write_graph
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.model_folder import GRAPH, models_in

CONFIG_COMMANDS = OptionGroup(
    "Commands that exit",
    (
        click.Option(
            ["--list_models"],
            is_flag=True,
            allow_from_autoenv=False,
            help="List the models in --model_repository_path, and exit.",
        ),
        click.Option(
            ["--add_to_config"],
            is_flag=True,
            allow_from_autoenv=False,
            help="Add --model_name, whose folder is --model_path, to --config_path, and exit.",
        ),
        click.Option(
            ["--remove_from_config"],
            is_flag=True,
            allow_from_autoenv=False,
            help="Remove --model_name from --config_path, and exit.",
        ),
        click.Option(
            ["--configure"],
            is_flag=True,
            allow_from_autoenv=False,
            help="Write the graph.pbtxt of --model_path for the task options, and exit.",
        ),
    ),
)


def run_config_command(
    command: str,
    options: TaskOptions,
    repository: Path | None,
    *,
    model_name: str | None,
    model_path: str | None,
    config_path: str | None,
) -> None:
    """Run one of `CONFIG_COMMANDS` with the options of ``serve``."""
    if command == "list_models":
        _list_models(_needed(repository, command, "--model_repository_path"))
    elif command == "configure":
        _configure(Path(_needed(model_path, command, "--model_path")), options)
    else:
        name = _needed(model_name, command, "--model_name")
        default = repository and repository / "config.json"
        config = _needed(Path(config_path) if config_path else default, command, "--config_path")
        if command == "remove_from_config":
            remove_from_config_file(config, name)
        else:
            folder = model_path or (repository and str(repository.resolve() / name))
            base_path = _needed(folder, command, "--model_path or --model_repository_path")
            add_to_config_file(config, name, base_path, options)
        click.echo(f"Config updated: {config}")


def _needed(value: Any, command: str, option: str) -> Any:
    if value is None:
        raise click.UsageError(f"--{command} needs {option}")
    return value


def _list_models(repository: Path) -> None:
    click.echo("Listing models in repository...")
    click.echo(f"Model repository path: {repository}")
    for name in models_in(repository):
        click.echo(name)


def _configure(folder: Path, options: TaskOptions) -> None:
    if is_edited(folder):
        raise click.ClickException(
            f"{folder / GRAPH} was edited, or not generated, and is kept; delete it to write it again"
        )
    options, notes = with_devices(folder, options)
    write_graph(folder, options, notes)
    for note in notes:
        click.echo(note)
    click.echo(f"Graph: {GRAPH} created in: {folder}")
