"""The options of ``serve`` alone: which models, and how they are loaded, served and protected."""

from __future__ import annotations

import click

from graphframe.cli.options.option_group import OptionGroup
from graphframe.cli.options.task import TASKS
from graphframe.cli.options.text import TEXT

_LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR")

MODEL_OPTIONS = OptionGroup(
    "Model options",
    (
        click.Option(
            ["--model_path"],
            type=TEXT,
            help="Folder of the model to serve.  [default: pictograms, the small model that ships with graphframe]",
        ),
        click.Option(
            ["--task"],
            type=click.Choice(TASKS),
            help="Task of the model. With it, or one of the task options below, the graph of --model_path"
            " is made in memory; its graph.pbtxt is ignored.",
        ),
        click.Option(
            ["--model_name"],
            type=TEXT,
            help="Name of the model for clients.  [default: the name of its folder, or --source_model]",
        ),
        click.Option(
            ["--model_alias"],
            default="",
            show_default=False,
            metavar="NAME=MODEL,...",
            help="Additional names of models for clients.",
        ),
        click.Option(
            ["--source_model"],
            type=TEXT,
            help="Hugging Face model ID. Missing files are downloaded to --model_repository_path before it is served.",
        ),
        click.Option(["--pull"], is_flag=True, help="Download --source_model, and exit."),
        click.Option(
            ["--config_path"],
            type=TEXT,
            help="A config.json that lists the models to serve, instead of --model_path.",
        ),
    ),
)
LOADING_OPTIONS = OptionGroup(
    "Loading options",
    (
        click.Option(
            ["--file_system_poll_wait_seconds"],
            type=click.IntRange(min=0),
            default=1,
            help="Seconds between checks for changed models, graphs and config.json; 0 disables them.",
        ),
        click.Option(["--lazy_load"], is_flag=True, help="Load each model at its first request."),
        click.Option(
            ["--idle_unload"],
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Unload a model that was not used for this time.",
        ),
        click.Option(
            ["--memory_budget"],
            metavar="BYTES",
            help="Memory limit for loaded models, e.g. 16G; the least recently used is unloaded first.",
        ),
        click.Option(
            ["--warm_up/--no_warm_up"],
            default=True,
            help="Generate an image in one step before a model is served, so that the first request is not slower.",
        ),
        click.Option(["--cache_dir"], help="Folder for compiled models.  [default: in the user's cache folder]"),
    ),
)
SERVING_OPTIONS = OptionGroup(
    "Server options",
    (
        click.Option(["--rest_port"], type=click.IntRange(1, 65535), default=8000, help="Port to listen on."),
        click.Option(["--rest_bind_address"], default="0.0.0.0", help="Addresses to listen on, separated by commas."),
        click.Option(
            ["--max_running"], type=click.IntRange(min=1), default=16, help="Maximum number of running requests."
        ),
        click.Option(
            ["--max_waiting"],
            type=click.IntRange(min=0),
            default=100,
            help="Maximum number of waiting requests; more are refused with status 429.",
        ),
        click.Option(
            ["--image_url_seconds"],
            type=click.IntRange(min=1),
            default=3600,
            help="Time for which images of response_format=url are stored.",
        ),
        click.Option(
            ["--image_url_bytes"],
            type=click.IntRange(min=1),
            default=2**28,
            help="Maximum size of all stored images; the oldest are removed first.",
        ),
        click.Option(["--image_url_folder"], type=TEXT, help="Folder for stored images.  [default: in memory]"),
        click.Option(
            ["--png_metadata/--no_png_metadata"],
            default=True,
            help="Write the prompt, seed and other parameters into PNG files.",
        ),
        click.Option(["--metrics_enable"], is_flag=True, help="Expose Prometheus metrics at /metrics."),
        click.Option(["--page/--no_page"], default=True, help="Serve a playground at /."),
        click.Option(
            ["--api_key_file"],
            type=TEXT,
            help="File with the API key that image requests need.  [default: the environment's API_KEY, or no key]",
        ),
        click.Option(
            ["--allowed_origins"],
            default="*",
            help="Origins of web pages that may use the server (CORS), separated by commas.",
        ),
        click.Option(["--allow_credentials"], is_flag=True, help="Allow these web pages to send cookies."),
        click.Option(
            ["--log_level"],
            type=click.Choice(_LEVELS, case_sensitive=False),
            default="INFO",
            help="Lowest level to log.",
        ),
        click.Option(
            ["--log_format"],
            type=click.Choice(("text", "json")),
            default="text",
            help="Format of the log, which has one line a request.",
        ),
    ),
)
