"""Resizing of images."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset11, opset13

from graphframe.inference import core

BAND = 64
"""The number of rows that are resized at once."""


def resized(bands: Iterable[NDArray[np.uint8]], before: tuple[int, int], after: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize an image by bicubic interpolation with antialiasing, like Pillow's, with exactly openvino_genai's pixels.

    NOTE: Pillow itself rounds 1 % of the values the other way, which would change the pixels of image-to-image. Rows
    come first, as in openvino_genai, since each pass rounds; so `before`'s height times `after`'s width pixels are in
    memory. It takes no slot of a device, since it is short, and part of reading a file.

    Parameters
    ----------
    bands : iterable of uint8 arrays, shape (rows, width, channels)
        All rows in order, at most `BAND` at once.
    before, after : tuple of int
        Width and height.

    Returns
    -------
    uint8, shape (height, width, channels)
    """
    (_, rows), (width, height) = before, after
    wide: NDArray[np.uint8] | None = None
    start = 0
    for band in bands:
        if wide is None:
            wide = np.empty((rows, width, band.shape[2]), np.uint8)
        wide[start : start + len(band)] = _stretched(band, width)
        start += len(band)
    assert wide is not None
    if rows == height:
        return wide
    small = np.empty((height, width, wide.shape[2]), np.uint8)
    for columns in in_bands(width):
        small[:, columns] = _stretched(wide[:, columns].transpose(1, 0, 2), height).transpose(1, 0, 2)
    return small


def in_bands(length: int) -> Iterator[slice]:
    """Yield the bands of a number of rows."""
    for start in range(0, length, BAND):
        yield slice(start, min(start + BAND, length))


def _stretched(rows: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
    """Return at most `BAND` rows in another length."""
    count, before, channels = rows.shape
    if before == length:
        return rows
    # NOTE: each row is an image of its own in a batch. OpenVINO writes machine code for every shape, with a piece for
    # each pixel of one image: for a whole photo, that takes minutes. Therefore the batch always has the same size.
    batch = np.zeros((BAND, 1, before, channels), np.uint8)
    batch[:count, 0] = rows
    outputs = _interpolation().create_infer_request().infer([batch, np.array([1, length])])
    stretched: NDArray[np.uint8] = outputs[0][:count, 0]
    return stretched


@functools.cache
def _interpolation() -> ov.CompiledModel:
    image, size = opset13.parameter([-1] * 4, np.uint8), opset13.parameter([2], np.int64)
    interpolated = opset11.interpolate(
        image,
        size,
        "bicubic_pillow",
        "sizes",
        axes=np.array([1, 2]),
        coordinate_transformation_mode="pytorch_half_pixel",
        nearest_mode="floor",
    )
    # NOTE: OpenVINO keeps machine code, up to a megabyte for each pair of lengths; by default that of 5,000.
    return core().compile_model(ov.Model([interpolated], [image, size]), "CPU", {"CPU_RUNTIME_CACHE_CAPACITY": 16})
