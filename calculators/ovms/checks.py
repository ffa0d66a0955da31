"""What OpenVINO Model Server refuses in the options of its node."""

from __future__ import annotations

from collections.abc import Iterator

import graphframe as gf
from graphframe.calculators.ovms.image_gen_pb2 import ImageGenCalculatorOptions
from graphframe.calculators.ovms.plugin_config import read_plugin_config
from graphframe.images import Size

_COUNTS = (
    "max_num_images_per_prompt",
    "default_num_inference_steps",
    "max_num_inference_steps",
    "num_images_per_prompt",
)


def problems(node: gf.SubgraphNode, options: ImageGenCalculatorOptions) -> Iterator[gf.Problem]:
    """All that is wrong with the options, each at its line."""
    yield from _devices(node, options)
    yield from _sizes(node, options)
    yield from _static(node, options)
    yield from _loras(node, options)
    for field, value in options.ListFields():
        if field.name in _COUNTS and value < 1:
            yield node.problem(f"{field.name} must be at least 1, not {value}", field.name)
    most = options.max_num_inference_steps
    if options.default_num_inference_steps > most:
        message = f"default_num_inference_steps {options.default_num_inference_steps} is above the maximum, {most}"
        yield node.problem(message, "default_num_inference_steps")


def _devices(node: gf.SubgraphNode, options: ImageGenCalculatorOptions) -> Iterator[gf.Problem]:
    count = len(options.device.split())
    if options.HasField("device") and count not in (1, 3):
        message = (
            f'device "{options.device}" names {count} devices; give one for all models, or three: of the text encoders,'
            ' the denoiser and the VAE, as in "CPU GPU NPU"'
        )
        yield node.problem(message, "device")
    try:
        read_plugin_config(options.plugin_config)
    except ValueError as error:
        yield node.problem(f"plugin_config: {error}", "plugin_config")


def _sizes(node: gf.SubgraphNode, options: ImageGenCalculatorOptions) -> Iterator[gf.Problem]:
    sizes = {}
    for field in ("default_resolution", "max_resolution"):
        try:
            if getattr(options, field):
                sizes[field] = Size.from_text(getattr(options, field))
        except ValueError as error:
            yield node.problem(f"{field} {error}", field)
    if "default_resolution" in sizes and not sizes["default_resolution"].fits_into(
        sizes.get("max_resolution", sizes["default_resolution"])
    ):
        message = f"default_resolution {options.default_resolution} exceeds max_resolution, {options.max_resolution}"
        yield node.problem(message, "default_resolution")


def _static(node: gf.SubgraphNode, options: ImageGenCalculatorOptions) -> Iterator[gf.Problem]:
    try:
        allowed = Size.several_from_text(options.resolution)
    except ValueError as error:
        yield node.problem(f"resolution {error}", "resolution")
        return
    if options.HasField("resolution") and not allowed:
        yield node.problem('resolution is empty; name sizes, as in "512x512 768x512", or leave it out', "resolution")
    found = f"there are {len(allowed)}" if allowed else "there is none"
    if "NPU" in options.device.upper() and len(allowed) != 1:
        message = f'an NPU takes only models of static shape: give one resolution, as in resolution: "512x512"; {found}'
        yield node.problem(message, "resolution" if allowed else "device")
    for field, _ in options.ListFields():
        if field.name in ("num_images_per_prompt", "guidance_scale") and len(allowed) != 1:
            message = f"{field.name} is what models of static shape are compiled for: give one resolution; {found}"
            yield node.problem(message, field.name)
    if allowed and options.HasField("max_resolution"):
        yield node.problem("max_resolution says nothing beside resolution, which lists all sizes", "max_resolution")
    if len(allowed) == 1 and options.HasField("max_num_images_per_prompt"):
        message = "max_num_images_per_prompt cannot be set beside one resolution: use num_images_per_prompt"
        yield node.problem(message, "max_num_images_per_prompt")
    if allowed and options.default_resolution and options.default_resolution not in map(str, allowed):
        sizes = ", ".join(map(str, allowed))
        message = f'default_resolution "{options.default_resolution}" is not one of resolution: {sizes}'
        yield node.problem(message, "default_resolution")


def _loras(node: gf.SubgraphNode, options: ImageGenCalculatorOptions) -> Iterator[gf.Problem]:
    adapters = [adapter.alias for adapter in options.lora_adapters]
    aliases = [*adapters, *(composite.alias for composite in options.composite_lora_adapters)]
    places = [("lora_adapters", index) for index in range(len(adapters))]
    places += [("composite_lora_adapters", index) for index in range(len(aliases) - len(adapters))]
    for alias, place in zip(aliases, places, strict=True):
        if not alias:
            yield node.problem(f"{place[0]} needs an alias, by which requests name it", *place)
        elif aliases.count(alias) > 1:
            yield node.problem(f'the alias "{alias}" is given twice', *place, "alias")
    for index, adapter in enumerate(options.lora_adapters):
        try:
            if not adapter.path:
                yield node.problem("lora_adapters needs a path, of a .safetensors file", "lora_adapters", index)
            elif not (path := node.path(adapter.path)).is_file():
                message = f'the adapter "{adapter.alias}": there is no file {path}'
                yield node.problem(message, "lora_adapters", index, "path")
        except ValueError as error:
            yield node.problem(f'the adapter "{adapter.alias}": {error}', "lora_adapters", index, "path")
    for index, composite in enumerate(options.composite_lora_adapters):
        parts = [component.adapter_alias for component in composite.components]
        if not parts or not set(parts) <= set(adapters):
            message = (
                f'"{composite.alias}" is made of {", ".join(parts) or "nothing"}; it must be made of adapters of the'
            )
            message += f" graph: {', '.join(adapters) or 'there is none'}"
            yield node.problem(message, "composite_lora_adapters", index)
    if "NPU" in options.device.upper() and len(adapters) > 1:
        composites = [
            {component.adapter_alias for component in composite.components}
            for composite in options.composite_lora_adapters
        ]
        if composites != [set(adapters)]:
            message = "on an NPU several adapters need one composite_lora_adapters that is made of all of them"
            yield node.problem(message, "lora_adapters", 0)
