"""Base64EncodeCalculator."""

from __future__ import annotations

import numpy as np

import graphframe as gf
from graphframe.calculators.image.encoding import encode
from graphframe.images import EncodedImage, ImageRequest


class Base64EncodeCalculator(gf.Calculator):
    """An encoder that writes each image as a file, which its reader gets as bytes or in base64.

    Input streams
    -------------
    REQUEST : ImageRequest, optional
        The request, which sets the file format, and whether the file has the parameters of the image. The default is
        PNG without parameters.
    IMAGE : ndarray
        The images: arrays of uint8, shape (height, width, 3), RGB.

    Output streams
    --------------
    IMAGE : EncodedImage
        The files.

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
        cc.send(self.encoded_image, EncodedImage(file, self.asked.output_format, width, height))
