"""The options of ``serve`` alone: which models, and how they are loaded, served and protected."""

from __future__ import annotations

import click

from graphframe.cli.options.group import Group
from graphframe.cli.options.task import TASKS

_LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR")

MODEL_OPTIONS: Group = (
    click.option(
        "--model_path",
        help="Folder of the model to serve.  [default: pictograms, the small model that ships with graphframe]",
    ),
    click.option(
        "--task",
        type=click.Choice(TASKS),
        help="Task of the model. With --task, or an option from --target_device to --source_loras, the graph is made in"
        " memory, and a graph.pbtxt in the folder is ignored.",
    ),
    click.option(
        "--model_name", help="Name of the model for clients.  [default: the name of its folder, or --source_model]"
    ),
    click.option(
        "--model_alias",
        default="",
        show_default=False,
        metavar="NAME=MODEL,...",
        help="More names of models for clients.",
    ),
    click.option(
        "--source_model",
        help="Hugging Face model ID. Missing files are downloaded to --model_repository_path before it is served.",
    ),
    click.option("--pull", is_flag=True, help="Download --source_model, and exit."),
    click.option("--config_path", help="A config.json that lists the models to serve, instead of --model_path."),
)
LOADING_OPTIONS: Group = (
    click.option(
        "--file_system_poll_wait_seconds",
        type=click.IntRange(min=0),
        default=1,
        help="Seconds between checks for changed models, graphs and config.json; 0 disables them.",
    ),
    click.option("--lazy_load", is_flag=True, help="Load each model at its first request."),
    click.option(
        "--idle_unload",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Unload a model that was not used for this time.",
    ),
    click.option(
        "--memory_budget",
        metavar="BYTES",
        help="Memory limit for loaded models, e.g. 16G; the least recently used is unloaded first.",
    ),
    click.option("--cache_dir", help="Folder for compiled models.  [default: in the user's cache folder]"),
)
SERVING_OPTIONS: Group = (
    click.option("--rest_port", type=click.IntRange(1, 65535), default=8000, help="Port to listen on."),
    click.option("--rest_bind_address", default="0.0.0.0", help="Addresses to listen on, separated by commas."),
    click.option("--max_running", type=click.IntRange(min=1), default=16, help="Maximum number of running requests."),
    click.option(
        "--max_waiting",
        type=click.IntRange(min=0),
        default=100,
        help="Maximum number of waiting requests; more are refused with status 429.",
    ),
    click.option(
        "--image_url_seconds",
        type=click.IntRange(min=1),
        default=3600,
        help="Time for which images of response_format=url are stored.",
    ),
    click.option(
        "--image_url_bytes",
        type=click.IntRange(min=1),
        default=2**28,
        help="Maximum size of all stored images; the oldest are removed first.",
    ),
    click.option("--image_url_folder", help="Folder for stored images.  [default: in memory]"),
    click.option(
        "--png_metadata/--no_png_metadata",
        default=True,
        help="Write the prompt, seed and other parameters into PNG files.",
    ),
    click.option("--metrics_enable", is_flag=True, help="Expose Prometheus metrics at /metrics."),
    click.option("--page/--no_page", default=True, help="Serve a playground at /."),
    click.option(
        "--api_key_file",
        help="File with the API key that image requests need.  [default: the environment's API_KEY, or no key]",
    ),
    click.option(
        "--allowed_origins",
        default="*",
        help="Origins of web pages that may use the server (CORS), separated by commas.",
    ),
    click.option("--allow_credentials", is_flag=True, help="Allow these web pages to send cookies."),
    click.option(
        "--log_level", type=click.Choice(_LEVELS, case_sensitive=False), default="INFO", help="Lowest level to log."
    ),
)
