"""What ``graphframe serve`` does instead of serving, by OpenVINO Model Server's names."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from graphframe.cli.failure import reported
from graphframe.cli.options.with_options import with_options
from graphframe.repository.config_file import add_to_config_file, remove_from_config_file
from graphframe.repository.graph_writing.fastest_devices import with_devices
from graphframe.repository.graph_writing.graph_file import is_edited, write_graph
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.model_folder import GRAPH, models_in

_OPTIONS = (
    click.option("--list_models", is_flag=True, help="List the models in --model_repository_path, and end."),
    click.option("--add_to_config", is_flag=True, help="Add --model_name to --config_path, and end."),
    click.option("--remove_from_config", is_flag=True, help="Remove --model_name from --config_path, and end."),
    click.option("--configure", is_flag=True, help="Write the graph.pbtxt of --model_path, and end."),
)


def with_modes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; with one of them it is not called."""

    @wraps(command)
    def choose(
        list_models: bool,
        add_to_config: bool,
        remove_from_config: bool,
        configure: bool,
        model_repository_path: Path | None,
        model_path: str | None,
        model_name: str | None,
        config_path: str | None,
        task_options: TaskOptions,
        **given: Any,
    ) -> None:
        if list_models + add_to_config + remove_from_config + configure > 1:
            raise click.UsageError("choose one of --list_models, --add_to_config, --remove_from_config, --configure")
        with reported():
            if list_models:
                _list_models(_needed(model_repository_path, "--list_models", "--model_repository_path"))
            elif add_to_config or remove_from_config:
                mode = "--add_to_config" if add_to_config else "--remove_from_config"
                name = _needed(model_name, mode, "--model_name")
                default = model_repository_path and model_repository_path / "config.json"
                config = _needed(Path(config_path) if config_path else default, mode, "--config_path")
                if remove_from_config:
                    remove_from_config_file(config, name)
                else:
                    base = model_path or (model_repository_path and str(model_repository_path.resolve() / name))
                    add_to_config_file(config, name, _needed(base, mode, "--model_path or --model_repository_path"))
                click.echo(f"Config updated: {config}")
            elif configure:
                _configure(Path(_needed(model_path, "--configure", "--model_path")), task_options)
            else:
                paths = {"model_path": model_path, "model_name": model_name, "config_path": config_path}
                command(task_options=task_options, model_repository_path=model_repository_path, **paths, **given)

    return with_options(choose, _OPTIONS)


def _needed(value: Any, mode: str, option: str) -> Any:
    if value is None:
        raise click.UsageError(f"{mode} needs {option}")
    return value


def _list_models(repository: Path) -> None:
    click.echo("Listing models in repository...")
    click.echo(f"Model repository path: {repository}")
    for name in models_in(repository):
        click.echo(name)


def _configure(folder: Path, options: TaskOptions) -> None:
    if is_edited(folder):
        raise click.ClickException(f"{folder / GRAPH} was edited and is kept as it is; to write it anew, delete it")
    options, notes = with_devices(folder, options)
    write_graph(folder, options, notes)
    for note in notes:
        click.echo(note)
    click.echo(f"Graph: {GRAPH} created in: {folder}")
