"""The options of ``--task image_generation``, for ``serve``, ``pull`` and ``export``."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

from graphframe.cli.failure import named_options
from graphframe.cli.options.option_group import OptionGroup
from graphframe.repository.graph_writing.task_options import TaskOptions, TaskOptionsError

TASKS = ("image_generation",)
_POSITIVE = click.IntRange(min=1)
TASK_OPTIONS = OptionGroup(
    "Task options",
    (
        click.Option(
            ["--target_device"],
            metavar="DEVICES",
            help="Device of all models, e.g. GPU; three devices, for text encoders, denoiser and VAE, e.g. 'CPU GPU"
            " NPU'; NODE=DEVICE pairs, e.g. 'denoise=GPU vae_decode=NPU'; or auto, to measure the devices and write"
            " the fastest ones into the graph.  [default: a discrete GPU, else an integrated one, else the CPU; chosen"
            " whenever the model is loaded, also with a graph that is written]",
        ),
        click.Option(
            ["--resolution"],
            metavar="WIDTHxHEIGHT ...",
            help="The only allowed image sizes, separated by spaces. Models are compiled for these sizes; an NPU needs"
            " exactly one.  [default: any size]",
        ),
        click.Option(
            ["--max_resolution"],
            metavar="WIDTHxHEIGHT",
            help="Largest image size that a request may ask for.  [default: the graph's, e.g. 4096x4096]",
        ),
        click.Option(
            ["--default_resolution"],
            metavar="WIDTHxHEIGHT",
            help="Image size when a request names none.  [default: the model's]",
        ),
        click.Option(
            ["--num_images_per_prompt"],
            type=_POSITIVE,
            help="Batch size that models are compiled for; needs exactly one --resolution.  [default: 1]",
        ),
        click.Option(
            ["--guidance_scale"],
            type=float,
            help="Guidance scale when a request names none; needs exactly one --resolution.  [default: the model's]",
        ),
        click.Option(
            ["--max_num_images_per_prompt"],
            type=_POSITIVE,
            help="Largest number of images that a request may ask for.  [default: 10]",
        ),
        click.Option(
            ["--default_num_inference_steps"],
            type=_POSITIVE,
            help="Denoising steps when a request names none.  [default: the model's]",
        ),
        click.Option(
            ["--max_num_inference_steps"],
            type=_POSITIVE,
            help="Largest number of denoising steps that a request may ask for.  [default: 100]",
        ),
        click.Option(
            ["--num_streams"],
            type=_POSITIVE,
            help="Number of inferences that a device runs at once.  [default: OpenVINO's]",
        ),
        click.Option(
            ["--plugin_config"],
            metavar="JSON",
            help="OpenVINO properties as a JSON object, e.g. '{\"PERF_COUNT\": true}'.",
        ),
        click.Option(
            ["--source_loras"],
            metavar="ALIAS=SOURCE[:ALPHA],...",
            help="LoRA adapters. SOURCE is a Hugging Face ORG/NAME[@FILE], a URL or a path such as ./file.safetensors;"
            " ALPHA is 1 by default. MIX=@ALIAS[:ALPHA]+@ALIAS[:ALPHA] gives several adapters one name. A URL may end"
            " in #sha256=DIGEST.",
        ),
        click.Option(
            ["--source_embeddings"],
            metavar="[TOKEN=]SOURCE,...",
            help="Textual inversions that prompts use by TOKEN, by default the token in the file or its name. SOURCE is"
            " one as for --source_loras.",
        ),
    ),
)


def take_task_options(given: dict[str, Any]) -> TaskOptions:
    """Remove the values of `TASK_OPTIONS` from `given`, validate and return them."""
    values = {field.name: given.pop(field.name) for field in fields(TaskOptions)}
    try:
        return TaskOptions(**values)
    except TaskOptionsError as error:
        raise click.UsageError(named_options(error)) from error
