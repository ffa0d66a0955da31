"""What models of static shape are compiled for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import graphframe as gf
from graphframe.calculators.diffusion.static_shapes_pb2 import StaticShapes
from graphframe.images import Size

_GRAPH_OPTIONS = '[type.googleapis.com/graphframe.StaticShapes] { resolution: "512x512" }'


def resolutions(options: StaticShapes) -> list[Size]:
    """The sizes of images that models are compiled for; none if they take all.

    Raises
    ------
    ValueError
        If they cannot be read.
    """
    try:
        return Size.several_from_text(options.resolution)
    except ValueError as error:
        raise ValueError(f"resolution {error}") from error


def is_static_only(device: str) -> bool:
    """Whether a device takes only models of static shape."""
    return "NPU" in device.upper()


def static_shape_problems(node: gf.NodeInfo, type_: type[Any]) -> Iterator[str]:
    """What is wrong with the static shapes in the options, of that type, of a node whose shapes follow from them."""
    device = node.device
    options: StaticShapes = node.options.get(type_, type_()).static_shapes
    try:
        count = len(resolutions(options))
    except ValueError as error:
        yield f"static_shapes: {error}"
        return
    if is_static_only(device) and count != 1:
        found = f"there are {count}" if count else "there is none"
        yield (
            f'device "{device}" takes only models of static shape, so it needs one resolution; {found}. Say it once, in'
            f" the graph: graph_options {{ {_GRAPH_OPTIONS} }}"
        )
    if not count and (options.HasField("num_images_per_prompt") or options.HasField("guidance_scale")):
        yield "static_shapes: num_images_per_prompt and guidance_scale mean nothing without a resolution"
    if options.num_images_per_prompt < 1:
        yield "static_shapes: num_images_per_prompt must be at least 1"
