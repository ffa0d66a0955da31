"""``graphframe serve``: models behind OpenAI's Images API."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

from graphframe.cli.config_commands import CONFIG_COMMANDS, run_config_command
from graphframe.cli.failure import reported
from graphframe.cli.options.option_group import GroupedCommand, with_options
from graphframe.cli.options.ovms_flags import add_ovms_flags
from graphframe.cli.options.pull import PULL_OPTIONS, take_pull_options
from graphframe.cli.options.serve import LOADING_OPTIONS, MODEL_OPTIONS, SERVING_OPTIONS
from graphframe.cli.options.task import TASK_OPTIONS, take_task_options
from graphframe.cli.pull import pull_and_print
from graphframe.cli.version import print_versions
from graphframe.repository.default_model import DEFAULT_MODEL, NOTICE
from graphframe.repository.graph_writing.fastest_devices import AUTO
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pulling.pull_options import PullOptions
from graphframe.serving.environment import PREFIX, options_in_environment, variable
from graphframe.serving.modes import COMMANDS, MODES, find_mode
from graphframe.serving.options import ServerOptions
from graphframe.serving.server import Server, more_workers, sources_of


def _refuse_workers(ctx: click.Context, option: click.Parameter, number: int) -> None:
    if number != 1:
        raise click.UsageError(more_workers(number), ctx)


def _print_versions(ctx: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        print_versions()
        ctx.exit()


@add_ovms_flags
@with_options(MODEL_OPTIONS, LOADING_OPTIONS, SERVING_OPTIONS, TASK_OPTIONS, PULL_OPTIONS, CONFIG_COMMANDS)
@click.command(cls=GroupedCommand, context_settings={"show_default": True, "auto_envvar_prefix": PREFIX})
@click.option(
    "--version",
    allow_from_autoenv=False,
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_versions,
    help="Print the versions of graphframe, Python and OpenVINO's packages, and exit.",
)
@click.option(
    "--workers",
    type=int,
    default=1,
    hidden=True,
    allow_from_autoenv=False,
    expose_value=False,
    callback=_refuse_workers,
)
def serve(**given: Any) -> None:
    """Serve one or more models through OpenAI's Images API.

    Without --model_path, --source_model and --config_path, the small model that ships with graphframe is served.
    Environment variables such as GRAPHFRAME_MODEL_PATH set options that the command line does not.
    """
    mode = _take_mode(given)
    task_options, pull_options = take_task_options(given), take_pull_options(given)
    if mode == "pull":
        if pull_options.ovms_graph:
            _use_cache_dir(given["cache_dir"])
        _pull(given["source_model"], given["model_name"], pull_options, task_options)
    elif mode in COMMANDS:
        paths = {name: given[name] for name in ("model_name", "model_path", "config_path")}
        with reported():
            run_config_command(mode, task_options, pull_options.repository, **paths)
    else:
        _serve(given, task_options, pull_options)


def _serve(given: dict[str, Any], task_options: TaskOptions, pull_options: PullOptions) -> None:
    if task_options.target_device == AUTO and not given["source_model"]:
        raise click.UsageError(
            "--target_device auto measures devices for a graph to write: add --configure, then serve without either"
        )
    _use_cache_dir(given.pop("cache_dir"))
    if not (given["model_path"] or given["source_model"] or given["config_path"]):
        click.echo(NOTICE, err=True)
    given["model_path"] = given["model_path"] or str(DEFAULT_MODEL)
    try:
        options = ServerOptions(**given, task_options=task_options, pull_options=pull_options)
    except ValueError as error:
        raise click.UsageError(f"--{error}") from error
    with reported():
        find_sources = sources_of(options)
    os.environ[variable("cache_size")] = options.cache_size
    os.environ[variable("speed")] = options.speed
    for host in options.hosts:
        _check_can_listen(host, options.rest_port)
    Server(options, find_sources).run()


def _take_mode(given: dict[str, Any]) -> str:
    """Remove the flags of commands from `given`, check that all options belong together, and return the mode.

    If the command line selects the mode, options from the environment that do not belong to it are removed, too.
    """
    ctx = click.get_current_context()
    off = {name for name in COMMANDS if not given.pop(name)}
    names = [name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    names = [name for name in names if name not in off]
    try:
        others = [name for name in options_in_environment() if name not in names]
        if not any(name in COMMANDS or name in MODES for name in names):
            names, others = names + others, []
        mode, ignored = find_mode(names, _spelling(ctx))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    for name in ignored:
        click.echo(f"Warning: --{name} is ignored: --{mode} ends without serving", err=True)
    used = {mode} | (COMMANDS | MODES)[mode].options
    given.update((name, False if given[name] is True else None) for name in others if name not in used)
    return mode


def _spelling(ctx: click.Context) -> Callable[[str], str]:
    def spell(name: str) -> str:
        by_variable = ctx.get_parameter_source(name) is ParameterSource.ENVIRONMENT
        return variable(name) if by_variable else f"--{name}"

    return spell


def _pull(source_model: str | None, model_name: str | None, options: PullOptions, task_options: TaskOptions) -> None:
    if not (source := source_model or model_name):
        raise click.UsageError("--pull needs --source_model")
    if source_model and model_name:
        click.echo("Warning: --model_name is ignored: give it to the command that serves the model", err=True)
    with reported():
        pull_and_print(options.pull(source), task_options, one_node=options.ovms_graph)


def _use_cache_dir(folder: str | None) -> None:
    if folder is not None:
        os.environ["GRAPHFRAME_CACHE_DIR"] = folder


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
