"""The options of where a model is pulled from and stored, for ``serve``, ``pull`` and ``export``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from graphframe.cli.options.option_group import OptionGroup
from graphframe.cli.options.text import FOLDER, TEXT
from graphframe.repository.export import Quantization
from graphframe.repository.pulling.pull import Pull

PULL_OPTIONS = OptionGroup(
    "Download and export options",
    (
        click.Option(
            ["--model_repository_path"],
            type=FOLDER,
            envvar="OVMS_MODEL_REPOSITORY_PATH",
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
            ["--ovms_graph"],
            is_flag=True,
            help="Write OpenVINO Model Server's graph, which has one node, instead of a graph with all nodes.",
        ),
    ),
)


@dataclass(frozen=True)
class PullOptions:
    """The values of `PULL_OPTIONS`.

    Attributes
    ----------
    repository : Path or None
    revision : str or None
    overwrite : bool
    quantization : Quantization or None
    one_node : bool
        Whether to write OpenVINO Model Server's graph.
    """

    repository: Path | None
    revision: str | None
    overwrite: bool
    quantization: Quantization | None
    one_node: bool

    def pull(self, source: str, name: str = "") -> Pull:
        """Return the pull of a model with these options; `name` is by default the same as `source`."""
        repository = self.repository or Path("models")
        return Pull(source, repository, name, self.revision, self.overwrite, self.quantization)


def take_pull_options(given: dict[str, Any]) -> PullOptions:
    """Remove the values of `PULL_OPTIONS` from `given` and return them."""
    weight_format, more = given.pop("weight_format"), given.pop("extra_quantization_params")
    quantization = Quantization(weight_format or "int8", more or "") if weight_format or more else None
    return PullOptions(
        given.pop("model_repository_path"),
        given.pop("revision"),
        given.pop("overwrite_models"),
        quantization,
        given.pop("ovms_graph"),
    )
