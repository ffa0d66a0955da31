"""Resizing of images."""

from __future__ import annotations

import functools

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset11, opset13

from graphframe.inference import core


class Resizer:
    """Bicubic interpolation with antialiasing, like Pillow's, with exactly openvino_genai's pixels. It is thread-safe.

    NOTE: Pillow itself rounds 1 % of the values the other way, which would change the pixels of image-to-image. It
    takes no slot of a device, since it is short, and part of reading a file.
    """

    @functools.cached_property
    def _compiled(self) -> ov.CompiledModel:
        image, size = opset13.parameter([-1] * 4, np.uint8), opset13.parameter([2], np.int64)
        resized = opset11.interpolate(
            image,
            size,
            "bicubic_pillow",
            "sizes",
            axes=np.array([1, 2]),
            coordinate_transformation_mode="pytorch_half_pixel",
            nearest_mode="floor",
        )
        return core().compile_model(ov.Model([resized], [image, size]), "CPU")

    def resized(self, pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
        """Return uint8 pixels of shape (height, width, channels) in another size."""
        if pixels.shape[:2] == (height, width):
            return pixels
        columns = self._stretched(pixels, width).transpose(1, 0, 2)
        return np.ascontiguousarray(self._stretched(columns, height).transpose(1, 0, 2))

    def _stretched(self, rows: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
        # NOTE: each row as an image of its own in a batch. OpenVINO writes machine code for every shape, with a piece
        # for each pixel of one image: for a whole photo, that takes minutes, and gigabytes that stay.
        batch = np.ascontiguousarray(rows)[:, None]
        outputs = self._compiled.create_infer_request().infer([batch, np.array([1, length])])
        stretched: NDArray[np.uint8] = outputs[0][:, 0]
        return stretched
