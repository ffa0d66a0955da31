"""The options of ``serve`` alone: which models, and how they are loaded, served and protected."""

from __future__ import annotations

import click

from graphframe.cli.options.calculators import HELP as CALCULATORS_HELP
from graphframe.cli.options.option_group import OptionGroup
from graphframe.cli.options.pairs import SIDE_PACKET
from graphframe.cli.options.speed import SPEED_HELP
from graphframe.cli.options.task import TASKS
from graphframe.cli.options.text import TEXT

_LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR")

MODEL_OPTIONS = OptionGroup(
    "Model options",
    (
        click.Option(
            ["--model_path"],
            type=TEXT,
            metavar="DIRECTORY",
            help="Folder of the model to serve.  [default: pictograms, the small model that ships with graphframe]",
        ),
        click.Option(
            ["--task"],
            type=click.Choice(TASKS),
            help="Task of the model. If this or one of the task options below is set, the graph is created in memory,"
            " and the graph.pbtxt of --model_path is ignored.",
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
            help="Additional names for clients, each with the name of a served model, e.g. gpt-image-1=sd.",
        ),
        click.Option(
            ["--source_model"],
            type=TEXT,
            help="Hugging Face model ID. Missing files are downloaded to --model_repository_path before it is served.",
        ),
        click.Option(["--pull"], is_flag=True, allow_from_autoenv=False, help="Download --source_model, and exit."),
        click.Option(
            ["--config_path"],
            type=TEXT,
            metavar="FILE",
            help="A config.json that lists the models to serve, instead of --model_path.",
        ),
    ),
)
LOADING_OPTIONS = OptionGroup(
    "Loading options",
    (
        click.Option(
            ["--side_packet"],
            type=TEXT,
            multiple=True,
            metavar="NAME=VALUE",
            help=SIDE_PACKET,
        ),
        click.Option(
            ["--calculators"],
            type=TEXT,
            multiple=True,
            metavar="PATH",
            help=f"{CALCULATORS_HELP} A change reloads the models.",
        ),
        click.Option(
            ["--model_calculators"],
            is_flag=True,
            help="Also import the folder calculators of each model, which must be trusted for that.",
        ),
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
            help="Unload a model that was not used for this number of seconds.  [default: never]",
        ),
        click.Option(
            ["--memory_budget"],
            metavar="BYTES",
            help="Memory limit for loaded models, e.g. 16G; the least recently used is unloaded first."
            "  [default: no limit]",
        ),
        click.Option(
            ["--warm_up/--no_warm_up"],
            default=True,
            help="Generate an image in one denoising step before a model is served, so that its first request is as"
            " fast as the next ones.",
        ),
        click.Option(
            ["--speed"],
            type=click.Choice(["exact", "balanced"]),
            default="exact",
            help=SPEED_HELP,
        ),
        click.Option(
            ["--cache_dir"],
            metavar="DIRECTORY",
            help="Folder for compiled models; an empty value disables this cache.  [env: GRAPHFRAME_CACHE_DIR;"
            " default: graphframe/openvino in the user's cache folder]",
        ),
        click.Option(
            ["--cache_size"],
            metavar="BYTES",
            default="20G",
            help="Largest size of that folder. Models that are gone, and those least recently used, are removed from"
            " it; models in use are kept.",
        ),
    ),
)
SERVING_OPTIONS = OptionGroup(
    "Server options",
    (
        click.Option(["--rest_port"], type=click.IntRange(1, 65535), default=8000, help="Port to listen on."),
        click.Option(["--rest_bind_address"], default="0.0.0.0", help="Addresses to listen on, separated by commas."),
        click.Option(
            ["--root_path"],
            default="",
            show_default=False,
            metavar="PATH",
            help="Path below which a proxy serves it, e.g. /sd; needless if the proxy sends X-Forwarded-Prefix.",
        ),
        click.Option(
            ["--max_running"],
            type=click.IntRange(min=1),
            help="Maximum number of running requests.  [default: twice the inferences that the devices run at once; at"
            " least 16]",
        ),
        click.Option(
            ["--max_waiting"],
            type=click.IntRange(min=0),
            default=100,
            help="Maximum number of waiting requests; more are refused with status 429. Each API key has its share.",
        ),
        click.Option(
            ["--request_timeout"],
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Seconds after which a request fails with status 504, or at once if its wait would be longer."
            "  [default: the client's own, or no limit]",
        ),
        click.Option(
            ["--max_connections"],
            type=click.IntRange(min=1),
            default=1000,
            help="Maximum number of open connections; idle ones are closed to make room for new ones.",
        ),
        click.Option(
            ["--client_timeout"],
            type=click.FloatRange(min=1),
            default=30,
            metavar="SECONDS",
            help="Seconds in which a client must send its headers, and seconds for which it may be silent while it"
            " sends a body or reads an answer.",
        ),
        click.Option(
            ["--drain_delay"],
            type=click.FloatRange(min=0),
            default=0,
            metavar="SECONDS",
            help="Seconds after SIGTERM in which the server is not ready, but still takes requests, so that load"
            " balancers learn of its end.",
        ),
        click.Option(
            ["--graceful_timeout"],
            type=click.FloatRange(min=0),
            default=600,
            metavar="SECONDS",
            help="Seconds after that in which requests may finish, before they are answered with an error.",
        ),
        click.Option(
            ["--image_url_seconds"],
            type=click.IntRange(min=1),
            default=3600,
            help="Seconds for which images of response_format=url are stored.",
        ),
        click.Option(
            ["--image_url_bytes"],
            type=click.IntRange(min=1),
            default=2**28,
            help="Maximum total size of these images in bytes; the oldest are removed first.",
        ),
        click.Option(
            ["--image_url_folder"],
            type=TEXT,
            metavar="DIRECTORY",
            help="Folder for these images.  [default: none; they are stored in memory]",
        ),
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
            metavar="FILE",
            help="File of the API keys that requests must send, one a line, as KEY or NAME: KEY. A change is noticed"
            " at once.  [default: the environment's API_KEY, or no key]",
        ),
        click.Option(
            ["--public_routes"],
            default="",
            show_default=False,
            metavar="PATH,...",
            help="Paths that need no API key, with all below them, in addition to health and the URLs of images, e.g."
            " /metrics.",
        ),
        click.Option(
            ["--allowed_origins"],
            default="*",
            help="Origins of web pages that may use the server (CORS), separated by commas.",
        ),
        click.Option(
            ["--allow_credentials"],
            is_flag=True,
            help="Allow the web pages of --allowed_origins to send cookies; needs origins other than *.",
        ),
        click.Option(
            ["--allowed_hosts"],
            default="",
            show_default=False,
            metavar="NAME,...",
            help="Names by which clients may call the server (Host), e.g. images.example.com or *.example.com."
            "  [default: all, but not for web pages without TLS that --allowed_origins does not list]",
        ),
        click.Option(
            ["--public_url"],
            default="",
            show_default=False,
            metavar="URL",
            help="URL of the server for clients, e.g. https://images.example.com/sd; image URLs start with it."
            "  [default: the URL of each request]",
        ),
        click.Option(
            ["--forwarded_allow_ips"],
            default="",
            show_default=False,
            metavar="IP,...",
            help="Addresses or networks of proxies whose X-Forwarded- headers are trusted; * for all."
            "  [default: the environment's FORWARDED_ALLOW_IPS, or 127.0.0.1,::1]",
        ),
        click.Option(
            ["--log_level"],
            type=click.Choice(_LEVELS, case_sensitive=False),
            default="INFO",
            help="Least severe level of messages to log.",
        ),
        click.Option(
            ["--log_format"],
            type=click.Choice(("text", "json")),
            default="text",
            help="Format of the log, which has one line a request.",
        ),
    ),
)
