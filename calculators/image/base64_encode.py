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
    IMAGE : EncodedImage, optional
        The files. The timestamp is the index of the image in the request.
    PREVIEW : EncodedImage, optional
        The files, if the images are previews of the first one.

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
    encoded_image = gf.Output("IMAGE", EncodedImage, optional=True)
    preview = gf.Output("PREVIEW", EncodedImage, optional=True)

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
        height, width, _ = pixels.shape
        for port, index in ((self.encoded_image, cc.timestamp), (self.preview, 0)):
            if cc.connected(port):
                has_own_seed = self.asked.seed_mode == "each" and self.asked.n > 1
                asked = self.asked.alone(index) if has_own_seed else self.asked
                file = encode(pixels, asked, index)
                seed = asked.seed if has_own_seed else None
                cc.send(port, EncodedImage(file, asked.output_format, width, height, seed))
