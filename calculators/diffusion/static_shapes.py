"""The options for models of static shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import graphframe as gf
from graphframe.calculators.diffusion.static_shapes_pb2 import StaticShapes
from graphframe.images import Size

_GRAPH_OPTIONS = '[type.googleapis.com/graphframe.StaticShapes] { resolution: "512x512" }'


def resolutions(options: StaticShapes) -> list[Size]:
    """Return the image sizes that models are compiled for; an empty list if they take all sizes.

    Raises
    ------
    ValueError
        If `options` has an invalid size.
    """
    try:
        return Size.several_from_text(options.resolution)
    except ValueError as error:
        raise ValueError(f"resolution {error}") from error


def is_static_only(device: str) -> bool:
    """Return whether a device runs only models of static shape."""
    return "NPU" in device.upper()


def static_shape_problems(node: gf.NodeInfo, type_: type[Any]) -> Iterator[str]:
    """Yield the problems of the static shapes in a node's options, which have the type `type_`."""
    device = node.device
    options: StaticShapes = node.options.get(type_, type_()).static_shapes
    try:
        count = len(resolutions(options))
    except ValueError as error:
        yield f"static_shapes: {error}"
        return
    if is_static_only(device) and count != 1:
        found = f"it has {count}" if count else "it has none"
        yield (
            f'device "{device}" runs only models of static shape, so the graph needs one resolution; {found}. '
            f"Add to the graph: graph_options {{ {_GRAPH_OPTIONS} }}"
        )
    if not count and any(
        (options.HasField("num_images_per_prompt"), options.HasField("guidance_scale"), options.max_input_images)
    ):
        yield "static_shapes: num_images_per_prompt, guidance_scale and max_input_images need a resolution"
    if options.num_images_per_prompt < 1:
        yield "static_shapes: num_images_per_prompt must be at least 1"
