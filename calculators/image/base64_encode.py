"""Base64EncodeCalculator."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

import graphframe as gf
from graphframe.image import EncodedImage


class Base64EncodeCalculator(gf.Calculator):
    """Turns images (arrays of uint8, shape (height, width, 3), RGB) into PNG files in base64, one for one.

    Example::

        node {
          calculator: "Base64EncodeCalculator"
          input_stream: "IMAGE:image"
          output_stream: "IMAGE:encoded_image"
        }
    """

    image = gf.Input("IMAGE", np.ndarray)
    encoded_image = gf.Output("IMAGE", EncodedImage)

    def process(self, cc: gf.Context) -> None:
        pixels = cc[self.image]
        file = io.BytesIO()
        # NOTE: level 1 takes a quarter of the time of the default, and the file grows by a fifth.
        Image.fromarray(pixels).save(file, "png", compress_level=1)
        height, width, _ = pixels.shape
        cc.send(self.encoded_image, EncodedImage(base64.b64encode(file.getvalue()).decode(), "png", width, height))
