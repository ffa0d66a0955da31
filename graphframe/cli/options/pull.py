"""The options of where a model is pulled from and stored, for ``serve``, ``pull`` and ``export``."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

from graphframe.cli.options.option_group import OptionGroup
from graphframe.cli.options.text import FOLDER, TEXT
from graphframe.repository.pulling.pull_options import PullOptions

PULL_OPTIONS = OptionGroup(
    "Download and export options",
    (
        click.Option(
            ["--model_repository_path"],
            type=FOLDER,
            envvar=["GRAPHFRAME_MODEL_REPOSITORY_PATH", "OVMS_MODEL_REPOSITORY_PATH"],
            help="Folder that models are downloaded to, as ORGANISATION/NAME."
            "  [env: OVMS_MODEL_REPOSITORY_PATH; default for downloads: models]",
        ),
        click.Option(
            ["--revision"], type=TEXT, help="Branch, tag or commit to download.  [default: the hub's default branch]"
        ),
        click.Option(["--overwrite_models"], is_flag=True, help="Replace an existing model and its graph."),
        click.Option(
            ["--weight_format"],
            type=TEXT,
            help="Format of weights exported from PyTorch: fp32, fp16, int8 or int4.  [default: int8]",
        ),
        click.Option(
            ["--extra_quantization_params"],
            metavar="ARGUMENTS",
            help="Additional arguments for optimum-cli export openvino, e.g. '--group-size 64'.",
        ),
        click.Option(
            ["--source_config"],
            type=TEXT,
            metavar="MODEL",
            help="For a single-file checkpoint: Hugging Face model ID or folder with the configuration of its pipeline,"
            " and with the parts that the file lacks.  [default: the one that diffusers knows]",
        ),
        click.Option(
            ["--ovms_graph"],
            is_flag=True,
            help="Write OpenVINO Model Server's graph, which has one node, instead of a graph with all nodes. It"
            " contains --cache_dir.",
        ),
    ),
)


def take_pull_options(given: dict[str, Any]) -> PullOptions:
    """Remove the values of `PULL_OPTIONS` from `given` and return them."""
    return PullOptions(**{field.name: given.pop(field.name) for field in fields(PullOptions)})
