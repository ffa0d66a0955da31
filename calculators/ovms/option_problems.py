"""The rules for the options of OpenVINO Model Server's node, whether they come from a graph or a command line."""

from __future__ import annotations

from collections.abc import Iterator

from graphframe.calculators.lora.alias_problems import OptionProblem, alias_problems
from graphframe.calculators.ovms.image_gen_pb2 import ImageGenCalculatorOptions
from graphframe.calculators.ovms.plugin_config import read_plugin_config
from graphframe.images.size import Size

_COUNTS = (
    "max_num_images_per_prompt",
    "default_num_inference_steps",
    "max_num_inference_steps",
    "num_images_per_prompt",
)


def option_problems(options: ImageGenCalculatorOptions) -> Iterator[OptionProblem]:
    """Yield each problem with the options, as far as they can be validated without the model's files."""
    yield from _devices(options)
    yield from _sizes(options)
    yield from _static_shapes(options)
    yield from alias_problems(options.lora_adapters, options.composite_lora_adapters)
    yield from _loras_on_npu(options)
    for field, value in options.ListFields():
        if field.name in _COUNTS and value < 1:
            yield (field.name,), f"must be at least 1, not {value}"
    steps, most = options.default_num_inference_steps, options.max_num_inference_steps
    if steps > most:
        yield ("default_num_inference_steps",), f"is {steps}, more than max_num_inference_steps, {most}"


def _devices(options: ImageGenCalculatorOptions) -> Iterator[OptionProblem]:
    count = len(options.device.split())
    if options.device and count not in (1, 3):
        message = (
            f'names {count} devices in "{options.device}"; name one for all models, or three, for the text encoders,'
            ' the denoiser and the VAE, e.g. "CPU GPU NPU"'
        )
        yield ("device",), message
    try:
        read_plugin_config(options.plugin_config)
    except ValueError as error:
        yield ("plugin_config",), str(error)


def _sizes(options: ImageGenCalculatorOptions) -> Iterator[OptionProblem]:
    sizes = {}
    for field in ("default_resolution", "max_resolution"):
        try:
            if getattr(options, field):
                sizes[field] = Size.from_text(getattr(options, field))
        except ValueError as error:
            yield (field,), str(error)
    if "default_resolution" in sizes and not sizes["default_resolution"].fits_into(
        sizes.get("max_resolution", sizes["default_resolution"])
    ):
        yield (
            ("default_resolution",),
            f"is {options.default_resolution}, above max_resolution, {options.max_resolution}",
        )


def _static_shapes(options: ImageGenCalculatorOptions) -> Iterator[OptionProblem]:
    try:
        allowed = Size.several_from_text(options.resolution)
    except ValueError as error:
        yield ("resolution",), str(error)
        return
    if options.HasField("resolution") and not allowed:
        yield ("resolution",), 'is empty; give sizes, e.g. "512x512 768x512", or omit it'
    found = f"{len(allowed)} are given" if allowed else "none is given"
    if _uses_npu(options) and len(allowed) != 1:
        message = (
            f'needs exactly one resolution for an NPU, e.g. "512x512", because it runs only static shapes; {found}'
        )
        yield ("device",), message
    for field, _ in options.ListFields():
        if field.name in ("num_images_per_prompt", "guidance_scale") and len(allowed) != 1:
            message = f"needs exactly one resolution, because it is part of the static shape; {found}"
            yield (field.name,), message
    if allowed and options.HasField("max_resolution"):
        yield ("max_resolution",), "cannot be combined with resolution, which lists all allowed sizes"
    if len(allowed) == 1 and options.HasField("max_num_images_per_prompt"):
        message = "cannot be combined with exactly one resolution; use num_images_per_prompt"
        yield ("max_num_images_per_prompt",), message
    if allowed and options.default_resolution and options.default_resolution not in map(str, allowed):
        sizes = ", ".join(map(str, allowed))
        yield ("default_resolution",), f'is "{options.default_resolution}", which resolution does not list: {sizes}'


def _loras_on_npu(options: ImageGenCalculatorOptions) -> Iterator[OptionProblem]:
    adapters = {adapter.alias for adapter in options.lora_adapters}
    composites = [
        {component.adapter_alias for component in composite.components} for composite in options.composite_lora_adapters
    ]
    if _uses_npu(options) and len(adapters) > 1 and composites != [adapters]:
        yield ("lora_adapters", 0), "needs one composite of all adapters, because an NPU cannot switch between them"


def _uses_npu(options: ImageGenCalculatorOptions) -> bool:
    return "NPU" in options.device.upper()
