"""Colours of decoded images."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Convert: TypeAlias = Callable[[Image.Image], Image.Image]
"""Converts an image of a mode to RGB."""

_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
_ROUNDING = 2
"""The largest difference of a profile that means sRGB."""


def plain(image: Image.Image) -> Image.Image:
    """Return an image without its alpha channel, in a mode that profiles describe: L, RGB or CMYK."""
    if image.mode.startswith("I"):  # gray of 16 bits
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in _SPACES:
        return image
    if image.mode == "P" and image.has_transparency_data:
        image = image.convert("RGBA")
    if image.mode == "La":
        image = image.convert("LA")
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")


def from_profile(profile: bytes | None, mode: str) -> Convert | None:
    """Return the conversion of images in a mode to sRGB; None if they are in it.

    A profile that cannot be used is ignored: if it is damaged, or describes another mode. Pixels in sRGB stay exactly
    the same.

    Parameters
    ----------
    profile : bytes or None
        An ICC profile; None for sRGB.
    mode : str
        L, RGB or CMYK.
    """
    if profile is None:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACES[mode]:
            return None
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
        sample = _sample(mode)
        converted = ImageCms.applyTransform(sample, transform)
    except Exception:  # its errors are of several kinds
        return None
    assert converted is not None
    if mode != "CMYK" and _difference(sample.convert("RGB"), converted) <= _ROUNDING:
        return None
    return functools.partial(_applied, transform=transform)


def _applied(image: Image.Image, transform: Any) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted


def _sample(mode: str) -> Image.Image:
    """Return an image with colours of the whole space."""
    levels = np.linspace(0, 255, 17).astype(np.uint8)
    cube: NDArray[np.uint8] = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    return Image.fromarray(cube).convert(mode)


def _difference(first: Image.Image, second: Image.Image) -> int:
    return int(np.abs(np.asarray(first).astype(int) - np.asarray(second)).max())
