"""``graphframe serve``: a model behind OpenAI's Images API."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import click

from graphframe.cli.config_commands import with_modes
from graphframe.cli.failure import reported
from graphframe.cli.options.pull_options import TASKS, prepare_aloud, with_pull_options
from graphframe.cli.options.task_options import with_task_options
from graphframe.repository.default_model import DEFAULT_MODEL, NOTICE
from graphframe.repository.graph_writing.fastest_devices import AUTO
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pulling.pull import Pull
from graphframe.repository.pulling.pull_source import PullSource
from graphframe.serving.lifecycle.registry import FindSources
from graphframe.serving.options import ServerOptions
from graphframe.serving.server import Server, sources_of

_LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR")


@click.command(context_settings={"show_default": True})
@click.option(
    "--model_path",
    help="Folder of the model; if it has a graph.pbtxt, that is served.  [default: pictograms, which ships with it]",
)
@click.option(
    "--task",
    type=click.Choice(TASKS),
    help="What the model does. With it, or any of --target_device to --source_loras, its graph is made in memory.",
)
@click.option("--model_name", help="What clients call the model.  [default: the name of its folder, or --source_model]")
@click.option(
    "--model_alias",
    default="",
    show_default=False,
    metavar="NAME=MODEL,...",
    help="Other names that clients call models by.",
)
@click.option("--config_path", help="A config.json that names the models, instead of --model_path.")
@click.option(
    "--file_system_poll_wait_seconds",
    type=click.IntRange(min=0),
    default=1,
    help="How often to look whether graphs or models have changed; 0: never.",
)
@click.option("--lazy_load", is_flag=True, help="Load each model when it is asked for first.")
@click.option(
    "--idle_unload", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Unload what is idle so long."
)
@click.option("--memory_budget", metavar="BYTES", help="What loaded models may take, as in 16G; the idlest one goes.")
@click.option("--rest_port", type=click.IntRange(1, 65535), default=8000, help="Port to listen on.")
@click.option("--rest_bind_address", default="0.0.0.0", help="Addresses to listen on, separated by commas.")
@click.option("--max_running", type=click.IntRange(min=1), default=16, help="Requests that run at once.")
@click.option("--max_waiting", type=click.IntRange(min=0), default=100, help="Requests that wait for their turn.")
@click.option("--image_url_seconds", type=click.IntRange(min=1), default=3600, help="How long URLs of images work.")
@click.option("--image_url_bytes", type=click.IntRange(min=1), default=2**28, help="How much they keep; the oldest go.")
@click.option("--image_url_folder", help="Where they are kept.  [default: in memory]")
@click.option(
    "--png_metadata/--no_png_metadata", default=True, help="Whether PNG files hold the prompt, seed, ... of the image."
)
@click.option("--metrics_enable", is_flag=True, help="Tell Prometheus at /metrics what happens.")
@click.option("--page/--no_page", default=True, help="Whether there is a playground at /.")
@click.option("--api_key_file", help="File with the key that requests for images need.  [default: $API_KEY, or none]")
@click.option("--allowed_origins", default="*", help="Whose web pages may use the server, separated by commas.")
@click.option("--allow_credentials", is_flag=True, help="Whether these may send cookies.")
@click.option("--log_level", type=click.Choice(_LEVELS, case_sensitive=False), default="INFO", help="Least to log.")
@click.option("--cache_dir", help="Folder for compiled models.  [default: in the user's cache folder]")
@click.option("--source_model", help="Name at a Hugging Face hub: what is not here of it is brought, and it is served.")
@click.option("--pull", is_flag=True, help="Bring --source_model, and end.")
@with_task_options
@with_modes
@with_pull_options
def serve(
    model_path: str | None,
    cache_dir: str | None,
    task: str | None,
    source_model: str | None,
    pull: bool,
    make_pull: Callable[[str, str | None], Pull],
    ovms_graph: bool,
    task_options: TaskOptions,
    **given: Any,
) -> None:
    """Serve a model, or several, through OpenAI's Images API."""
    if given["config_path"] and (model_path or given["model_name"] or source_model):
        raise click.UsageError("--config_path names the models: leave out --model_path, --model_name, --source_model")
    if given["config_path"] and (task or task_options.given()):
        raise click.UsageError("the graphs of the models in --config_path say what such options say for one model")
    if source_model and model_path:
        raise click.UsageError("--source_model is brought to --model_repository_path: leave out --model_path")
    if pull:
        source_model = source_model or given["model_name"]
        if not source_model:
            raise click.UsageError("--pull needs --source_model")
        with reported():
            prepare_aloud(make_pull(source_model, None), task_options, one_node=ovms_graph)
        return
    if task_options.target_device == AUTO and not source_model:
        raise click.UsageError("--target_device auto measures and writes a graph: add --configure, then serve that")
    if not (model_path or source_model or given["config_path"]):
        click.echo(NOTICE, err=True)
    if cache_dir is not None:
        os.environ["GRAPHFRAME_CACHE_DIR"] = cache_dir
    try:
        options = ServerOptions(
            model_path=model_path or str(DEFAULT_MODEL),
            task_options=task_options if task or task_options.given() else None,
            **given,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if source_model:
        name = options.model_name or source_model
        source = PullSource(make_pull(source_model, None), task_options, ovms_graph)
        find_sources: FindSources = lambda: {name: source}  # noqa: E731
    else:
        with reported():
            find_sources = sources_of(options)
    for host in options.hosts:
        _check_can_listen(host, options.rest_port)
    Server(options, find_sources).run()


def _check_can_listen(host: str, port: int) -> None:
    # NOTE: gunicorn finds this out as well, but tries five times and then names no reason.
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
