"""Base64EncodeCalculator."""

from __future__ import annotations

import base64

import numpy as np

import graphframe as gf
from graphframe.calculators.image.encoding import encode
from graphframe.image import EncodedImage, ImageRequest


class Base64EncodeCalculator(gf.Calculator):
    """Turns images (arrays of uint8, shape (height, width, 3), RGB) into files in base64, one for one.

    What kind of files, and whether they tell how they were made, the packet on `REQUEST` says; without it they are PNG
    files that hold the pixels alone.

    Example::

        node {
          calculator: "Base64EncodeCalculator"
          input_stream: "REQUEST:request"
          input_stream: "IMAGE:image"
          output_stream: "IMAGE:encoded_image"
        }
    """

    request = gf.Input("REQUEST", ImageRequest, optional=True)
    image = gf.Input("IMAGE", np.ndarray)
    encoded_image = gf.Output("IMAGE", EncodedImage)

    def open(self, cc: gf.Context) -> None:
        self.asked = ImageRequest("")

    def process(self, cc: gf.Context) -> None:
        self.asked = cc.get(self.request, self.asked)
        if not cc.has(self.image):
            return
        pixels = cc[self.image]
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
            raise ValueError(
                f"uint8 of shape (height, width, 3) is expected, not {pixels.dtype} of shape {pixels.shape}"
            )
        file = encode(pixels, self.asked, cc.timestamp)
        height, width, _ = pixels.shape
        b64 = base64.b64encode(file).decode()
        cc.send(self.encoded_image, EncodedImage(b64, self.asked.output_format, width, height))
