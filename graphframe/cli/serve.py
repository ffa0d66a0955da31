"""``graphframe serve``: models behind OpenAI's Images API."""

from __future__ import annotations

import os
import socket
from typing import Any

import click
from click.core import ParameterSource

from graphframe.cli.config_commands import CONFIG_COMMANDS, run_config_command
from graphframe.cli.failure import reported
from graphframe.cli.options.option_group import GroupedCommand, with_options
from graphframe.cli.options.ovms_flags import add_ovms_flags
from graphframe.cli.options.pull import PULL_OPTIONS, PullOptions, take_pull_options
from graphframe.cli.options.serve import LOADING_OPTIONS, MODEL_OPTIONS, SERVING_OPTIONS
from graphframe.cli.options.task import TASK_OPTIONS, take_task_options
from graphframe.cli.pull import pull_and_print
from graphframe.cli.version import print_versions
from graphframe.repository.default_model import DEFAULT_MODEL, NOTICE
from graphframe.repository.graph_writing.fastest_devices import AUTO
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pull_source import PullSource
from graphframe.serving.lifecycle.source import FindSources
from graphframe.serving.modes import COMMANDS, find_mode
from graphframe.serving.options import ServerOptions
from graphframe.serving.server import Server, sources_of


def _print_versions(ctx: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        print_versions()
        ctx.exit()


@add_ovms_flags
@with_options(MODEL_OPTIONS, LOADING_OPTIONS, SERVING_OPTIONS, TASK_OPTIONS, PULL_OPTIONS, CONFIG_COMMANDS)
@click.command(cls=GroupedCommand, context_settings={"show_default": True})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_versions,
    help="Print the versions of graphframe, Python and OpenVINO's packages, and exit.",
)
def serve(model_path: str | None, model_name: str | None, config_path: str | None, **given: Any) -> None:
    """Serve one or more models through OpenAI's Images API.

    Without --model_path, --source_model and --config_path, the small model that ships with graphframe is served.
    """
    mode = _take_mode(given)
    task_options, pull_options = take_task_options(given), take_pull_options(given)
    source_model, task = given.pop("source_model"), given.pop("task")
    if mode == "pull":
        _pull(source_model, model_name, pull_options, task_options)
        return
    if mode in COMMANDS:
        paths = {"model_name": model_name, "model_path": model_path, "config_path": config_path}
        with reported():
            run_config_command(mode, task_options, pull_options.repository, **paths)
        return
    if task_options.target_device == AUTO and not source_model:
        raise click.UsageError(
            "--target_device auto measures devices for a graph to write: add --configure, then serve without either"
        )
    cache_dir = given.pop("cache_dir")
    if cache_dir is not None:
        os.environ["GRAPHFRAME_CACHE_DIR"] = cache_dir
    try:
        options = ServerOptions(
            model_path=model_path or str(DEFAULT_MODEL),
            model_name=model_name,
            config_path=config_path,
            task_options=task_options if task or task_options.given() else None,
            **given,
        )
    except ValueError as error:
        raise click.UsageError(f"--{error}") from error
    if not (model_path or source_model or config_path):
        click.echo(NOTICE, err=True)
    find_sources = _find_sources(options, source_model, pull_options, task_options)
    for host in options.hosts:
        _check_can_listen(host, options.rest_port)
    Server(options, find_sources).run()


def _take_mode(given: dict[str, Any]) -> str:
    """Remove the flags of commands from `given`, check that all options belong together, and return the mode."""
    ctx = click.get_current_context()
    names = [name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    off = {name for name in COMMANDS if not given.pop(name)}
    try:
        mode, ignored = find_mode(name for name in names if name not in off)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    for name in ignored:
        click.echo(f"Warning: --{name} is ignored: --{mode} ends without serving", err=True)
    return mode


def _pull(source_model: str | None, model_name: str | None, options: PullOptions, task_options: TaskOptions) -> None:
    if not (source := source_model or model_name):
        raise click.UsageError("--pull needs --source_model")
    if source_model and model_name:
        click.echo("Warning: --model_name is ignored: give it to the command that serves the model", err=True)
    with reported():
        pull_and_print(options.pull(source), task_options, one_node=options.one_node)


def _find_sources(
    options: ServerOptions, source_model: str | None, pull_options: PullOptions, task_options: TaskOptions
) -> FindSources:
    if source_model is None:
        with reported():
            return sources_of(options)
    source = PullSource(pull_options.pull(source_model), task_options, one_node=pull_options.one_node)
    name = options.model_name or source_model
    return lambda: {name: source}


def _check_can_listen(host: str, port: int) -> None:
    # NOTE: gunicorn detects this too, but only after five attempts, and without the reason.
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(address)
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host}, port {port}: {error.strerror}; choose others with --rest_bind_address and"
            " --rest_port"
        ) from error
