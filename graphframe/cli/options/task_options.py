"""The options of ``--task image_generation``, which several commands take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any

import click

from graphframe.cli.failure import named_options
from graphframe.cli.options.with_options import with_options
from graphframe.repository.graph_writing.task_options import TaskOptions, TaskOptionsError

_POSITIVE = click.IntRange(min=1)
_OPTIONS = (
    click.option(
        "--target_device",
        help="Device of all models; or, separated by spaces, three, of text encoders, denoiser and VAE, or NODE=DEVICE"
        " pairs; auto measures.",
    ),
    click.option("--resolution", help="WIDTHxHEIGHT, perhaps several: the only ones; models are compiled for them."),
    click.option("--max_resolution", help="The largest that a request may ask for."),
    click.option("--default_resolution", help="Of requests that ask for none."),
    click.option("--num_images_per_prompt", type=_POSITIVE, help="With one --resolution: so many images, always."),
    click.option("--guidance_scale", type=float, help="With one --resolution: the only guidance scale."),
    click.option("--max_num_images_per_prompt", type=_POSITIVE, help="The most that a request may ask for."),
    click.option("--default_num_inference_steps", type=_POSITIVE, help="Of requests that ask for none."),
    click.option("--max_num_inference_steps", type=_POSITIVE, help="The most that a request may ask for."),
    click.option("--num_streams", type=_POSITIVE, help="How many inferences a device runs at once."),
    click.option("--plugin_config", help="A JSON object of OpenVINO properties."),
    click.option("--source_loras", help="ALIAS=SOURCE[:ALPHA],...,MIX=@ALIAS[:ALPHA]+@ALIAS,...: LoRA adapters."),
)


def with_task_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, and their values to its argument ``task_options``, a `TaskOptions`."""

    @wraps(command)
    def read(**given: Any) -> None:
        values = {field.name: given.pop(field.name) for field in fields(TaskOptions)}
        try:
            task_options = TaskOptions(**values)
        except TaskOptionsError as error:
            raise click.UsageError(named_options(error)) from error
        command(task_options=task_options, **given)

    return with_options(read, _OPTIONS)
